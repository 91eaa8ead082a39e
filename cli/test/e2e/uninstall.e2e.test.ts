import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Customer, newCustomer } from '../support/customer.ts'
import { installGuestbook, page, sign, siteOf } from '../support/guestbook.ts'
import { changesSince, type Inventory, inventory } from '../support/inventory.ts'

let customer: Customer & AsyncDisposable
let before: Inventory

beforeAll(async () => {
  customer = await newCustomer('uninstall')
  before = await inventory(customer.host)
})
afterAll(() => customer[Symbol.asyncDispose]())

test('the inventory of a host sees what an installation brings', async () => {
  await installGuestbook(customer)

  const installed = await inventory(customer.host)

  for (const part of ['files', 'containers', 'networks', 'volumes', 'images', 'firewall', 'interfaces'] as const)
    expect(installed[part].length, part).toBeGreaterThan(before[part].length)
})

test('uninstall asks for the name, and without an answer changes nothing', async () => {
  const installed = await inventory(customer.host)

  const { exitCode, document } = await customer.json(['uninstall'])

  expect(exitCode).toBe(2)
  expect(document.error).toMatchObject({ code: 'NO_TERMINAL', hint: expect.stringContaining('--yes') })
  expect(await changesSince(customer.host, installed)).toEqual([])
})

test('after uninstall the host is as it was before install', async () => {
  await customer.must(['uninstall', '--yes'])

  expect(await changesSince(customer.host, before)).toEqual([])
})

test('a second uninstall says that there is nothing', async () => {
  const { exitCode, document } = await customer.json(['uninstall', '--yes'])

  expect(exitCode).toBe(7)
  expect(document.error.code).toBe('NO_APPLIANCE')
})

test('data that was kept is there after the next install', async () => {
  const site = await installGuestbook(customer)
  await sign(site, 'kept over an uninstall')

  await customer.must(['uninstall', '--keep-data', '--yes'])
  expect((await inventory(customer.host)).containers).toEqual(before.containers)

  await installGuestbook(customer)
  expect(await page(await siteOf(customer))).toContain('kept over an uninstall')
})

test('kept data can still be removed', async () => {
  await customer.must(['uninstall', '--keep-data', '--yes'])
  await customer.must(['uninstall', '--yes'])

  expect(await changesSince(customer.host, before)).toEqual([])
})

test('a damaged record does not keep an appliance on the host', async () => {
  await installGuestbook(customer)
  await customer.host.must('sh', ['-c', 'echo "{" > /var/lib/domicile/guestbook/state.json'])

  await customer.must(['uninstall', '--yes'])

  const { files, containers, networks, volumes } = await inventory(customer.host)
  expect({ containers, networks, volumes }).toEqual({
    containers: before.containers,
    networks: before.networks,
    volumes: before.volumes,
  })
  expect(files).toEqual(before.files)
})
