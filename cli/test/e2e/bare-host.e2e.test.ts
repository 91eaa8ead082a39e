import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Customer, installation, newCustomer, RELEASE, VENDOR_KEY } from '../support/customer.ts'
import { HOSTNAME, installGuestbook, page } from '../support/guestbook.ts'

let customer: Customer & AsyncDisposable

beforeAll(async () => {
  customer = await newCustomer('bare', { bare: true })
})
afterAll(() => customer[Symbol.asyncDispose]())

test('preflight says that there is no engine and how to get one, and what else it found', async () => {
  const { exitCode, document } = await customer.json(['preflight', RELEASE('guestbook'), '--vendor-key', VENDOR_KEY])

  expect(exitCode).toBe(3)
  expect(document.ready).toBe(false)
  expect(document.checks).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        id: 'engine-present',
        verdict: 'fail',
        hint: expect.stringContaining('domicile host prepare'),
      }),
      expect.objectContaining({ id: 'memory', verdict: 'pass' }),
    ]),
  )
})

test('install is refused for the same reason, and leaves nothing', async () => {
  const { exitCode, document } = await customer.json(installation('guestbook', '--hostname', HOSTNAME))

  expect(exitCode).toBe(3)
  expect(document.error).toMatchObject({
    code: 'PREFLIGHT_FAILED',
    message: expect.stringContaining('domicile host prepare'),
  })
  expect((await customer.host.run('ls', ['/var/lib/domicile', '/etc/domicile'])).stdout).toBe('')
})

test('host prepare says what it will do, and asks first', async () => {
  const plan = await customer.must(['host', 'prepare', '--dry-run'])
  expect(plan.steps[0].title).toContain('docker.io')

  const { exitCode, document } = await customer.json(['host', 'prepare'])
  expect(exitCode).toBe(2)
  expect(document.error.hint).toContain('--yes')
  expect((await customer.host.run('sh', ['-c', 'command -v dockerd'])).exitCode).not.toBe(0)
})

test('host prepare brings the engine from the packages of the distribution', async () => {
  expect(await customer.must(['host', 'prepare', '--yes'])).toMatchObject({ changed: true })
  expect((await customer.host.run('systemctl', ['is-enabled', 'docker'])).stdout).toBe('enabled')

  expect(await customer.must(['host', 'prepare', '--yes'])).toMatchObject({ changed: false })
})

test('then the appliance can be installed', async () => {
  expect(await page(await installGuestbook(customer))).toContain('Welcome')
})
