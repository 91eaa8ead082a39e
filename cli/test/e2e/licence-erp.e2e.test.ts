import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failingChecks, type SimulatedClock } from '../support/clock.ts'
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
  setActive,
  simulatedErp,
  USER_PASSWORD,
  waitUntilRefused,
  waitUntilWorks,
} from '../support/erp.ts'
import { applyDocument, CONTACT, type Contract, contractOf, waitForStanding } from '../support/licences.ts'
import { waitUntil } from '../support/waiting.ts'
import type { Site } from '../support/web.ts'

/** The timeline of the profile `erp-on-premises`: 10 users, 4 at a time, rented and paid through March 2027. */
const LIMITS = {
  users: { max: 10, behaviour: 'refuse' },
  sessions: { max: 4, behaviour: 'refuse', reserved: 0, services: 0, idleMinutes: 20 },
} as const

let customer: Customer & AsyncDisposable
let site: Site
let clock: SimulatedClock
let contract: Contract
let admin: Session
let password: string
let rights: string

beforeAll(async () => {
  ;({ customer, site, clock, password } = await simulatedErp('licence-erp', '2027-03-01T08:00:00Z'))
  rights = await rightsOf(customer)
  contract = await contractOf('erp-on-premises', 'K-17/2027')
})
afterAll(() => customer[Symbol.asyncDispose]())

const show = () => customer.must(['license', 'show'])
const logInAs = (user: string) => logIn(site, user, USER_PASSWORD)

test('without a licence nothing is limited', async () => {
  expect((await show()).standing.state).toBe('unlicensed')
  expect(await partyNames(await logIn(site, 'admin', password))).toEqual([])
})

test('a licence is in force as soon as it is applied', async () => {
  const licence = contract.licence(clock.now(), { paidThrough: '2027-03-31', limits: LIMITS })

  expect(await applyDocument(customer, licence)).toMatchObject({ changed: true, standing: { state: 'good' } })
  expect(await failingChecks(customer)).toEqual([])
})

describe('1.1 (4), 8.2: ten named users', () => {
  let users: number[]

  test('the administrator makes nine more; an eleventh is refused in words', async () => {
    admin = await logIn(site, 'admin', password)
    users = []
    for (let number = 2; number <= 10; number++) users.push(await createUser(admin, `user${number}`))

    const refusal = await refusalOf(createUser(admin, 'user11'))
    expect(refusal).toContain('10 of 10 named users are active')
    expect(refusal).toContain(CONTACT)
  })

  test('changing and deactivating users goes on, and makes room', async () => {
    const [second = 0] = users
    await admin.call('model.res.user.write', [second], { name: 'Second' })
    await setActive(admin, second, false)
    const eleventh = await createUser(admin, 'user11')

    expect(await refusalOf(setActive(admin, second, true))).toContain('10 of 10')
    await setActive(admin, eleventh, false)
    await setActive(admin, second, true)
  })

  test('in Slovenian too', async () => {
    const slovenian = await logIn(site, 'admin', password, 'sl')
    const refusal = await refusalOf(createUser(slovenian, 'user11a'))
    await slovenian.logOut()

    expect(refusal).toContain('Licenca dovoljuje toliko aktivnih uporabnikov: 10')
  })
})

describe('1.1 (26), 8.2: four at the same time', () => {
  let working: Session[]

  test('a fifth session is refused in words while four go on', async () => {
    working = [admin]
    for (const user of ['user2', 'user3', 'user4']) working.push(await logInAs(user))
    // The seat of who logged out just now may be free a few seconds later.
    for (const session of working) await waitUntilWorks('there is a seat', () => partyNames(session))

    const fifth = await logInAs('user5')
    expect(await refusalOf(partyNames(fifth))).toContain('(4 of 4)')
    for (const session of working) await createParty(session, 'Made while another was refused')
    expect((await show()).usage.sessions).toEqual({ used: 4, max: 4 })
  })

  test('who logs out makes room', async () => {
    await working[3]?.logOut()
    const fifth = await logInAs('user5')

    await waitUntilWorks('there is a seat', () => partyNames(fifth))
    await fifth.logOut()
  })

  test('`license show` counts users', async () => {
    await waitUntil('all users are counted', async () => {
      const { used } = (await show()).usage.users
      return used === 10 ? undefined : String(used)
    })
  })
})

describe('3.5, 5.6: overdue rent', () => {
  test('as long as nobody was shown the reminder, nothing harder follows', async () => {
    await clock.moveTo('2027-05-15T08:00:00Z')

    const { standing } = await waitForStanding(customer, 'notice')
    expect(standing).toMatchObject({ until: null, next: { state: 'suspended', waitsFor: expect.any(String) } })
    await partyNames(admin)
  })

  test('the reminder is shown once a session and lets through', async () => {
    const reminder = await pageThatSays(site, 'The rent is paid through 31 March 2027')
    const cookie = String(reminder.headers['set-cookie']).split(';')[0] ?? ''

    expect(reminder.status).toBe(200)
    expect(reminder.body).toContain(CONTACT)
    expect((await openPage(site, { cookie })).body).toContain('Tryton')
    expect((await openPage(site, { language: 'sl' })).body).toContain('Najemnina je plačana do 31. 3. 2027')
  })

  test('more than 30 days overdue and reminded: suspended, and every place says why', async () => {
    const { standing } = await waitForStanding(customer, 'suspended')
    expect(standing.reasons[0]).toMatchObject({ clause: '3.5, 5.6' })

    const page = await pageThatSays(site, 'Tryton ERP is closed for now')
    expect(page.status).toBe(403)
    expect(page.body).toContain('The rent is paid through 31 March 2027')
    expect(page.body).toContain(CONTACT)
    expect((await pageThatSays(site, 'Najemnina je plačana do 31. 3. 2027', 'sl')).status).toBe(403)
    expect(await refusalOf(partyNames(admin))).toContain('closed for now')

    expect((await customer.domicile(['status'])).stdout).toContain('suspended')
    const { exitCode, document } = await customer.json(['doctor'])
    expect(exitCode).toBe(1)
    expect(document.checks.find(({ id }: { id: string }) => id === 'licence').value).toContain('suspended')
    // The data is as it was: what is closed is the door.
    expect(await rightsOf(customer)).toBe(rights)
  })

  test('paid: open again at once', async () => {
    await applyDocument(customer, contract.receipt(clock.now(), '2027-04-30'))
    const began = performance.now()

    expect((await show()).standing.state).not.toBe('suspended')
    await waitUntilWorks('work goes on', () => partyNames(admin))
    expect(performance.now() - began).toBeLessThan(60_000)
    await applyDocument(customer, contract.receipt(clock.now(), '2027-05-31'))
    expect((await show()).standing.state).toBe('good')
  })
})

describe('3.4: overdue by more than 60 days', () => {
  test('the announcement, 7 days, and the contract is rescinded: read-only', async () => {
    await clock.moveTo('2027-06-02T08:00:00Z')
    await pageThatSays(site, 'The rent is paid through 31 May 2027')
    await clock.moveTo('2027-07-24T08:00:00Z')
    await waitForStanding(customer, 'suspended')
    await pageThatSays(site, 'the contract ends on 31 July 2027')
    // 60 days are over on the 30th; the 7 days since the announcement a day later.
    await clock.moveTo('2027-07-30T12:00:00Z')
    expect((await show()).standing.state).toBe('suspended')
    await clock.moveTo('2027-07-31T08:01:00Z')

    const { standing } = await waitForStanding(customer, 'terminated')
    expect(standing.effects).toMatchObject({ readOnly: true, blocked: null })
    expect(standing.reasons).toContainEqual(expect.objectContaining({ clause: '3.4' }))
  })

  test('people log in and read; writing fails and says why', async () => {
    await pageThatSays(site, 'The contract has ended')

    await waitUntilRefused('read-only under its licence', () => createParty(admin, 'Made too late'))
    expect(await partyNames(admin)).not.toContain('Made too late')
    expect(await partyNames(await logInAs('user7'))).toContain('Made while another was refused')
    const asApp = query(customer, `set role erp_app; update party_party set id = id where false`)
    await expect(asApp).rejects.toThrow(/permission denied for table party_party/)
    await query(customer, 'set role erp_app; select count(*) from party_party')
  })

  test('a payment does not lift it: the contract has ended', async () => {
    await applyDocument(customer, contract.receipt(clock.now(), '2027-12-31'))

    expect((await show()).standing.state).toBe('terminated')
  })

  test('30 days later access is over, and `license show` says since when the data may be deleted', async () => {
    await clock.moveTo('2027-08-31T08:00:00Z')

    const { standing } = await waitForStanding(customer, 'ended')
    expect(standing.effects.purgeFrom).toMatch(/^2027-08-/)
    expect((await customer.domicile(['license', 'show'])).stdout).toContain('Deletion: allowed from')
    expect((await pageThatSays(site, 'has ended')).status).toBe(403)
  })

  test('a new licence lifts it, and every right is as it was', async () => {
    await applyDocument(customer, contract.licence(clock.now(), { paidThrough: '2027-12-31', limits: LIMITS }))

    expect((await show()).standing.state).toBe('good')
    await waitUntil('the rights are back', async () => ((await rightsOf(customer)) === rights ? undefined : 'not yet'))
    await createParty(admin, 'Made under the new contract')
    expect(await failingChecks(customer)).toEqual([])
  })
})
