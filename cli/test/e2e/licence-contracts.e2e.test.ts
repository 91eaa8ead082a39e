import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SimulatedClock } from '../support/clock.ts'
import type { Customer } from '../support/customer.ts'
import {
  createParty,
  createUser,
  logIn,
  openPage,
  pageThatSays,
  partyNames,
  query,
  refusalOf,
  rightsOf,
  type Session,
  simulatedErp,
  waitUntilRefused,
  waitUntilWorks,
} from '../support/erp.ts'
import { applyDocument, type Contract, contractOf, vendorLicense, waitForStanding } from '../support/licences.ts'
import { plantEntries } from '../support/planting.ts'
import { waitUntil } from '../support/waiting.ts'
import type { Site } from '../support/web.ts'

const PACKAGE = `
vendor: Vendor
contract: M-1/2029
seq: 1
customer: { name: Customer d.o.o., taxNumber: SI12345678 }
term: { from: 2029-08-01, until: 2030-01-31 }
limits: {}
maintenanceUntil: null
paidThrough: null
contact: licences@vendor.example
`

/** Four contracts, one after the other, on one appliance: the licence of each takes the place of the one before. */
let customer: Customer & AsyncDisposable
let site: Site
let clock: SimulatedClock
let contract: Contract
let admin: Session
let password: string
let rights: string

beforeAll(async () => {
  ;({ customer, site, clock, password } = await simulatedErp('licence-contracts', '2028-02-10T08:00:00Z'))
  rights = await rightsOf(customer)
  admin = await logIn(site, 'admin', password)
})
afterAll(() => customer[Symbol.asyncDispose]())

const show = () => customer.must(['license', 'show'])
const state = async () => (await show()).standing.state
const noticeIds = async () => (await show()).standing.effects.notices.map(({ id }: { id: string }) => id)
const replaceBy = (licence: Promise<string>) => applyDocument(customer, licence, '--replace')

describe('hrm-subscription: twenty co-workers, until the leap day', () => {
  const LIMITS = { users: { max: 20, behaviour: 'refuse' } } as const

  test('2.10: the twenty-first is refused, everybody’s access stays', async () => {
    contract = await contractOf('hrm-subscription', 'H-1/2028')
    const term = { from: '2028-02-01', until: '2028-02-29' }
    await applyDocument(customer, contract.licence(clock.now(), { term, limits: LIMITS }))
    for (let number = 2; number <= 20; number++) await createUser(admin, `user${number}`)

    expect(await refusalOf(createUser(admin, 'user21'))).toContain('20 of 20 named users are active')
    await createParty(admin, 'Made while the licence ran')
  })

  test('10.1: with the last day’s end it is read-only within the minute', async () => {
    await clock.moveTo('2028-02-29T22:59:50Z')
    expect(await state()).toBe('good')

    const { standing } = await waitForStanding(customer, 'read-only')

    expect(standing.since).toBe('2028-02-29T23:00:00.000Z')
    await waitUntilRefused('read-only under its licence', () => createParty(admin, 'Made too late'))
    expect(clock.now().getTime()).toBeLessThan(Date.parse('2028-02-29T23:01:00Z'))
  })

  test('people log in and read; what they write says why it fails', async () => {
    const user = await logIn(site, 'user2', 'correct horse battery', 'sl')

    expect(await partyNames(user)).toContain('Made while the licence ran')
    expect(await refusalOf(createParty(user, 'Napisano prepozno'))).toContain('na voljo samo za branje')
    await user.logOut()
  })

  test('a renewal makes it writable, with every right as it was', async () => {
    await applyDocument(customer, contract.renewal(clock.now(), { until: '2028-03-31' }))

    expect(await state()).toBe('good')
    await createParty(admin, 'Made after the renewal')
    expect(await rightsOf(customer)).toBe(rights)
  })

  test('it lapses again; 30 days later access ends, a day after that the data may be deleted', async () => {
    await clock.moveTo('2028-04-01T08:00:00Z')
    await waitForStanding(customer, 'read-only')
    await pageThatSays(site, 'The licence ran until 31 March 2028')

    await clock.moveTo('2028-04-30T21:30:00Z')
    expect(await state()).toBe('read-only')
    await clock.moveTo('2028-04-30T22:01:00Z')
    await waitForStanding(customer, 'ended')
    expect((await pageThatSays(site, 'has ended')).status).toBe(403)

    await clock.moveTo('2028-05-01T22:01:00Z')
    expect((await show()).standing.effects.purgeFrom).toBe('2028-05-01T22:00:00.000Z')
    expect((await customer.domicile(['license', 'show'])).stdout).toContain('Deletion: allowed from 2028-05-01')
  })

  test('even then a new licence is imported and opens it', async () => {
    const term = { from: '2028-05-01', until: '2028-05-31' }
    await applyDocument(customer, contract.licence(clock.now(), { term, limits: LIMITS }))

    expect(await state()).toBe('good')
    await waitUntilWorks('people write again', () => createParty(admin, 'Made under the new licence'))
    expect(await rightsOf(customer)).toBe(rights)
  })
})

describe('hrm-subscription: fair use', () => {
  test('6.4: more e-mails than 40 a licence in a month are let through, and said, by how many', async () => {
    await plantEntries(customer, 'ir_email', 20 * 40 + 1, '2028-05-10T08:30:00Z')
    await clock.moveTo('2028-05-11T08:00:00Z')

    const shown = await waitForStanding(customer, 'notice', { deadlineMs: 180_000 })
    expect(shown.standing.reasons.map(({ text }: { text: string }) => text).join()).toMatch(/801.*800/)
    await createParty(admin, 'Made while over fair use')
  })

  test('the next month begins anew', async () => {
    await applyDocument(customer, contract.renewal(clock.now(), { until: '2028-06-30' }))
    await clock.moveTo('2028-06-01T08:00:00Z')

    await waitForStanding(customer, 'good', { deadlineMs: 180_000 })
  })
})

describe('invoicing-prepaid: paid through June', () => {
  test('5 (3): more than 2 days late, the reminder is there; never shown, nobody is ever blocked', async () => {
    contract = await contractOf('invoicing-prepaid', 'I-1/2028')
    await replaceBy(contract.licence(clock.now(), { paidThrough: '2028-06-30' }))
    await clock.moveTo('2028-07-02T21:59:00Z')
    expect(await state()).toBe('good')
    await clock.moveTo('2028-07-02T22:01:00Z')
    expect(await state()).toBe('notice')

    await clock.moveTo('2029-06-30T08:00:00Z')
    expect(await state()).toBe('notice')
    await partyNames(admin)
  })

  test('10 days after the first showing all are blocked', async () => {
    const page = await pageThatSays(site, 'The subscription is paid through 30 June 2028')
    const cookie = String(page.headers['set-cookie']).split(';')[0] ?? ''
    expect((await openPage(site, { cookie })).body).not.toContain('paid through')

    await clock.moveTo('2029-07-09T20:00:00Z')
    expect(await state()).toBe('notice')
    await clock.moveTo('2029-07-11T08:00:00Z')
    await waitForStanding(customer, 'suspended')
    expect((await pageThatSays(site, 'closed for now')).body).toContain('paid through 30 June 2028')
    await waitUntilRefused('closed for now', () => partyNames(admin))
  })

  test('5 (5): payment opens at once', async () => {
    await applyDocument(customer, contract.receipt(clock.now(), '2029-12-31'))

    expect(await state()).toBe('good')
    await waitUntilWorks('work goes on', () => partyNames(admin))
  })

  test('6 (1): a trial is closed when its days are over, without a notice', async () => {
    contract = await contractOf('invoicing-prepaid', 'I-2/2029')
    const term = { from: '2029-07-11', until: '2029-07-31' }
    await replaceBy(contract.licence(clock.now(), { trial: true, term }))
    await clock.moveTo('2029-07-31T21:59:00Z')
    expect(await state()).toBe('good')
    await clock.moveTo('2029-07-31T22:01:00Z')

    await waitForStanding(customer, 'suspended')
    expect((await pageThatSays(site, 'The trial of Tryton ERP is over')).status).toBe(402)
  })
})

describe('managed-hosting: a package that expires', () => {
  let licence: string

  test('issued with the vendor’s command for this installation', async () => {
    await customer.must(['license', 'request', '--out', '/root/request.lic'])
    const request = await customer.host.readFile('/root/request.lic')
    const args = ['issue', '--spec', 'spec.yaml', '--terms', 'managed-hosting', '--request', 'request.lic']
    licence = await vendorLicense(clock.now(), args, { 'spec.yaml': PACKAGE, 'request.lic': request })

    await applyDocument(customer, licence, '--replace')
    expect(await show()).toMatchObject({ standing: { state: 'good' }, licence: { contract: 'M-1/2029' } })
  })

  test('4 b: notices 14, 7 and 1 days before', async () => {
    for (const [instant, id] of [
      ['2030-01-18T08:00:00Z', 'expires-14'],
      ['2030-01-25T08:00:00Z', 'expires-7'],
      ['2030-01-31T08:00:00Z', 'expires-1'],
    ] as const) {
      await clock.moveTo(instant)

      expect(await noticeIds()).toEqual([id])
      // An administrator who reads it has been told.
      expect((await customer.domicile(['license', 'show'])).stdout).toContain('paid until 31 January 2030')
      await partyNames(admin)
    }
  })

  test('expired: switched off with a page that says so, and the data kept', async () => {
    const before = await query(customer, 'select count(*) from party_party')
    await clock.moveTo('2030-02-01T08:00:00Z')
    await waitForStanding(customer, 'suspended')

    expect((await pageThatSays(site, 'Tryton ERP is switched off')).status).toBe(402)
    expect((await pageThatSays(site, 'izklopljen', 'sl')).body).toContain('31. 1. 2030')
    expect(await query(customer, 'select count(*) from party_party')).toBe(before)
  })

  test('renewed with the vendor’s command: on', async () => {
    const args = ['renew', '--licence', 'issued.lic', '--seq', '2', '--until', '2030-12-31']
    await applyDocument(customer, await vendorLicense(clock.now(), args, { 'issued.lic': licence }))

    expect(await state()).toBe('good')
    await waitUntilWorks('work goes on', () => partyNames(admin))
  })
})

describe('active-users-tiered: who is active is counted, not refused', () => {
  test('5.1: one more user than agreed is made, and counted', async () => {
    contract = await contractOf('active-users-tiered', 'T-1/2030')
    const tiers = {
      meter: 'sale.transactions',
      current: 'S',
      steps: [
        { name: 'S', upTo: 50 },
        { name: 'M', upTo: null },
      ],
    }
    const limits = { users: { max: 5, behaviour: 'count' } } as const
    await replaceBy(contract.licence(clock.now(), { limits, tiers }))
    await createUser(admin, 'one more')

    expect(await state()).toBe('good')
    expect((await show()).standing.effects.tier).toBe('S')
    expect(Number(await query(customer, 'select count(*) from res_user where active and id > 0'))).toBeGreaterThan(20)
  })

  test('5.1: sales pass the amount on the 17th: the next tier counts from the 1st, and stays when sales fall', async () => {
    const tier = async () => (await show()).standing.effects.tier
    await plantEntries(customer, 'sale_sale', 51, '2030-02-17T09:30:00Z')
    await clock.moveTo('2030-02-18T08:00:00Z')
    await waitUntil(
      'the year’s sales were seen',
      async () => {
        const { events } = await show()
        const metered = events.filter(({ kind }: { kind: string }) => kind === 'metered')
        return metered.length > 0 ? undefined : 'nothing was metered'
      },
      { deadlineMs: 180_000 },
    )
    expect(await tier()).toBe('S')

    await clock.moveTo('2030-02-28T22:59:00Z')
    expect(await tier()).toBe('S')
    await clock.moveTo('2030-02-28T23:01:00Z')
    expect(await tier()).toBe('M')

    await query(customer, 'delete from sale_sale')
    await clock.moveTo('2030-04-02T08:00:00Z')
    expect(await tier()).toBe('M')
  })

  test('14: warned of a breach, in writing, people see it and work', async () => {
    const reason = 'Real data was copied to a test system.'
    await applyDocument(customer, contract.order(clock.now(), { action: 'warn', clause: '14 (5)', reason }))

    expect(await state()).toBe('notice')
    await pageThatSays(site, reason)
    await createParty(admin, 'Made while warned')
  })

  test('ended by the vendor with notice: on that day read-only, and never a date for deletion', async () => {
    const given = clock.now().toISOString()
    const order = { action: 'terminate', clause: '14 (6)', effective: '2030-06-30T22:00:00Z' } as const
    const notice = { given, text: 'By registered letter.' }
    await applyDocument(customer, contract.order(clock.now(), { ...order, notice, reason: 'The breach goes on.' }))
    expect(await state()).toBe('notice')
    await clock.moveTo('2030-06-30T22:01:00Z')

    const { standing } = await waitForStanding(customer, 'terminated')
    expect(standing.effects).toMatchObject({ readOnly: true, blocked: null })
    await waitUntilRefused('read-only under its licence', () => createParty(admin, 'Made too late'))
    await pageThatSays(site, 'The contract has ended')
    await clock.moveTo('2031-06-30T08:00:00Z')
    // 17 (3): only the confirmed handover allows it.
    expect((await show()).standing).toMatchObject({ state: 'terminated', effects: { purgeFrom: null } })
  })
})
