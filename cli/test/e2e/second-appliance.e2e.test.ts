import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Customer, newCustomer } from '../support/customer.ts'
import { installGuestbook, page, sign, siteOf } from '../support/guestbook.ts'
import { changesSince, type Inventory, inventory } from '../support/inventory.ts'

let customer: Customer & AsyncDisposable
let before: Inventory

beforeAll(async () => {
  customer = await newCustomer('second')
  before = await inventory(customer.host)
  await installGuestbook(customer)
})
afterAll(() => customer[Symbol.asyncDispose]())

const SECOND = { name: 'second', port: 8443 }
const installSecond = () =>
  installGuestbook(customer, '--name', 'second', '--http-port', '8080', '--https-port', '8443')

test('the ports of the first appliance are taken for a second one', async () => {
  const { exitCode, document } = await customer.json([
    'install',
    '/root/guestbook.domicile',
    '--vendor-key',
    '/root/vendor.pub',
    '--yes',
    '--name',
    'second',
    '--hostname',
    'second.localhost',
  ])

  expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 3, code: 'PREFLIGHT_FAILED' })
  expect(document.error.message).toContain('guestbook-gateway-1')
  expect(document.error.hint).toContain('--https-port')
})

test('two appliances run on one host, each with its own data and its own authority', async () => {
  await installSecond()
  const [first, second] = [await siteOf(customer), await siteOf(customer, SECOND)]
  await sign(first, 'for the first')
  await sign(second, 'for the second')

  expect(await page(first)).toContain('for the first')
  expect(await page(first)).not.toContain('for the second')
  expect(await page(second)).toContain('for the second')
  await expect(page({ ...second, root: first.root })).rejects.toThrow(/certificate/)
})

test('with two appliances a command wants to know which', async () => {
  const { exitCode, document } = await customer.json(['status'])

  expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 2, code: 'WHICH_APPLIANCE' })
  expect(document.error.message).toContain('guestbook, second')
})

test('uninstalling the one that brought the images leaves the other working', async () => {
  await customer.must(['uninstall', '--name', 'guestbook', '--yes'])

  await customer.must(['restart', '--name', 'second'])
  expect(await page(await siteOf(customer, SECOND))).toContain('for the second')
  expect((await customer.must(['status'])).healthy).toBe(true)
})

test('uninstalling the last one removes what both shared', async () => {
  await customer.must(['uninstall', '--name', 'second', '--yes', '--remove-backups'])
  // Until now only the backups of the first one were left, and nobody took them for an appliance.
  await customer.must(['uninstall', '--yes', '--remove-backups'])

  expect(await changesSince(customer.host, before)).toEqual([])
})
