import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Customer, newCustomer } from '../support/customer.ts'
import {
  bringKiller,
  disturbedInstallation,
  guestbookInstallation,
  killInstallation,
  killUninstall,
  type Moment,
  momentsOf,
  readJournal,
} from '../support/faults.ts'
import { page, siteOf } from '../support/guestbook.ts'
import { changesSince, type Inventory, inventory } from '../support/inventory.ts'

/** With DOMICILE_FAULTS=all every moment; otherwise one of so many. */
const EVERY = process.env['DOMICILE_FAULTS'] === 'all' ? 1 : 6
const HOUR_MS = 3_600_000

let customer: Customer & AsyncDisposable
let before: Inventory
let moments: Moment[]
let uninstallMs: number

beforeAll(async () => {
  customer = await newCustomer('faults')
  await bringKiller(customer)
  before = await inventory(customer.host)
  await customer.must(guestbookInstallation)
  moments = momentsOf(await readJournal(customer))
  const began = performance.now()
  await customer.must(['uninstall', '--yes', '--remove-backups'])
  uninstallMs = performance.now() - began
})
afterAll(() => customer[Symbol.asyncDispose]())

const chosen = (first: number) => moments.filter((_, index) => index % EVERY === first % EVERY)

async function expectThatItWorks() {
  expect(await page(await siteOf(customer))).toContain('Welcome')
  expect((await customer.json(['status'])).document).toMatchObject({ healthy: true })
  expect((await customer.json(['audit-trail', 'verify'])).exitCode).toBe(0)
}

async function expectThatNothingIsLeft(when = '') {
  expect(await customer.json(['uninstall', '--yes', '--remove-backups']), when).toMatchObject({ exitCode: 0 })
  expect(await changesSince(customer.host, before), when).toEqual([])
}

test('killed at any moment, an installation that is run again ends well', { timeout: HOUR_MS }, async () => {
  for (const moment of chosen(5)) {
    await killInstallation(customer, moment)

    expect(await customer.json(guestbookInstallation), moment.title).toMatchObject({ exitCode: 0 })
    await expectThatItWorks()
    await expectThatNothingIsLeft(moment.title)
  }
})

test('killed at any moment, an installation can be taken away without a trace', { timeout: HOUR_MS }, async () => {
  for (const moment of chosen(2)) {
    await killInstallation(customer, moment)

    await expectThatNothingIsLeft(moment.title)
  }
})

test('killed at any moment, an uninstall that is run again leaves nothing', { timeout: HOUR_MS }, async () => {
  for (const part of EVERY === 1 ? [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8] : [0.2, 0.5]) {
    await customer.must(guestbookInstallation)
    await killUninstall(customer, uninstallMs * part)

    // 7 when it was quicker this time and nothing is there any more.
    expect([0, 7], `after ${part} of its time`).toContain(
      (await customer.json(['uninstall', '--yes', '--remove-backups'])).exitCode,
    )
    expect(await changesSince(customer.host, before), `after ${part} of its time`).toEqual([])
  }
})

describe('what happens to the host in the middle of an installation', () => {
  const middle = { line: '"event":"start","step":"initialize"' }

  test('a dead dockerd: run again, it ends well', async () => {
    const exitCode = await disturbedInstallation(customer, middle, () =>
      customer.host.must('systemctl', ['kill', '--signal=KILL', 'docker']),
    )
    expect(exitCode).not.toBe(0)
    await customer.host.waitForEngine()

    expect(await customer.json(guestbookInstallation)).toMatchObject({ exitCode: 0 })
    await expectThatItWorks()
    await expectThatNothingIsLeft()
  })

  test('a power cut: run again, it ends well', async () => {
    await disturbedInstallation(customer, middle, () => customer.host.powerCut())

    expect(await customer.json(guestbookInstallation)).toMatchObject({ exitCode: 0 })
    await expectThatItWorks()
    await expectThatNothingIsLeft()
  })

  test('Ctrl-C: nothing is lost, and run again, it ends well', async () => {
    const exitCode = await disturbedInstallation(customer, middle, () =>
      customer.host.must('pkill', ['--signal', 'INT', '--full', '^domicile install']),
    )
    expect(exitCode).toBe(130)

    expect(await customer.json(guestbookInstallation)).toMatchObject({ exitCode: 0 })
    await expectThatItWorks()
    await expectThatNothingIsLeft()
  })
})
