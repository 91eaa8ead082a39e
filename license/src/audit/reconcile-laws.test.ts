import { expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import { profile } from '../standing/history.fixture.ts'
import { meteredUsage } from '../standing/index.ts'
import { plusDays } from '../utc.ts'
import { level, type Special, TestInstallation } from './audit.fixture.ts'
import { erp, reportOf, statement } from './reconcile.fixture.ts'
import type { Reconciliation } from './reconcile-types.ts'

/** Laws of a statement, over made-up quarters that are the same in every run. */

const FIRST = '2026-01-01'
const LAST = '2026-03-31'

/** Whole numbers below some other. */
function chance(seed: number) {
  const random = seeded(seed)
  return (most: number) => Math.floor(random() * most)
}

/** Some hours with too many people or sessions, and with sales; others without a sample. Between 03:00 and 20:00 UTC. */
function happenings(seed: number): Special {
  const next = chance(seed)
  const special: Record<string, Special[string]> = {}
  for (let count = 0; count < 60; count += 1) {
    const hour = `${plusDays(FIRST, next(90))}T${String(3 + next(17)).padStart(2, '0')}`
    const users = 9 + next(5)
    const sessions = 3 + next(4)
    const over = 1 + next(60)
    special[hour] =
      next(8) === 0
        ? null
        : {
            levels: { users: level(users, users > 10 ? over : 0), sessions: level(sessions, sessions > 4 ? over : 0) },
            counts: { 'sale.transactions': next(3) },
          }
  }
  return special
}

/** What queries counted, some of it answered a day late. */
function answers(seed: number) {
  const next = chance(seed + 1000)
  const flows: Record<string, { hour: string; counts: Record<string, number> }[]> = {}
  for (let count = 0; count < 40; count += 1) {
    const day = plusDays(FIRST, next(89))
    const arrived = next(4) === 0 ? plusDays(day, 1) : day
    flows[arrived] = [
      ...(flows[arrived] ?? []),
      { hour: `${day}T${10 + next(9)}`, counts: { 'stock.transactions': next(9) } },
    ]
  }
  return flows
}

const licence = () => erp({ modules: { sale: { from: '2026-02-01', until: null } } })
const told = () => ({
  licences: [{ from: '2025-12-01T00:00:00.000Z', claims: licence() }],
  madeAt: `${plusDays(LAST, 1)}T08:00:00Z`,
})

const begun = () => {
  const installation = new TestInstallation()
  installation.write(`${FIRST}T00:00Z`, 'begun', { installation: '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f' })
  return installation
}

/** Everything but which files it was made of. */
const essence = ({ sources: _, notes: __, ...rest }: Reconciliation) => rest

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

test.each(SEEDS)('two reports that continue each other say what one says, in either order (%i)', (seed) => {
  const split = plusDays(FIRST, 1 + chance(seed + 7)(87))
  const [special, flows] = [happenings(seed), answers(seed)]
  const installation = begun().live(FIRST, plusDays(split, 1), special, flows)
  const early = reportOf(
    installation,
    { from: FIRST, to: split },
    { ...told(), madeAt: `${plusDays(split, 2)}T08:00:00Z` },
  )
  installation.live(plusDays(split, 2), plusDays(LAST, 1), special, flows)
  const late = reportOf(installation, { from: plusDays(split, 1), to: LAST }, told())
  const whole = reportOf(installation, { from: FIRST, to: LAST }, told())

  const expected = essence(statement([whole], licence()))
  expect(expected.excesses.length).toBeGreaterThan(0)
  expect(essence(statement([early, late], licence()))).toEqual(expected)
  expect(essence(statement([late, early], licence()))).toEqual(expected)
})

test.each(SEEDS)('reports that overlap count nothing twice (%i)', (seed) => {
  const installation = begun().live(FIRST, plusDays(LAST, 1), happenings(seed), answers(seed))
  const whole = reportOf(installation, { from: FIRST, to: LAST }, told())
  const part = reportOf(installation, { from: '2026-02-10', to: '2026-03-05' }, told())

  expect(essence(statement([part, whole, whole], licence()))).toEqual(essence(statement([whole], licence())))
})

test.each(
  SEEDS,
)('when hours are rolled up to days, extent, minutes, licences and penalty stay the same (%i)', (seed) => {
  const installation = begun().live(FIRST, plusDays(LAST, 1), happenings(seed), answers(seed))
  const period = { from: FIRST, to: LAST }
  const before = statement([reportOf(installation, period, told())], licence())
  installation.days = installation.days.filter(({ day }) => day > '2026-02-20')
  const after = statement([reportOf(installation, period, told())], licence())

  const numbers = ({ excesses }: Reconciliation) =>
    excesses.map(({ limit, licensed, peak, extent, minutes, time }) => [
      limit,
      licensed,
      peak,
      extent,
      minutes,
      time.firstDay,
      time.lastDay,
    ])
  const money = ({ charges, totals }: Reconciliation) => [
    charges.map(({ kind, limit, quantity, months }) => [kind, limit, quantity, months]),
    totals,
  ]
  expect(numbers(after)).toEqual(numbers(before))
  expect(money(after)).toEqual(money(before))
})

test('at the limit nothing is owed, one above it one licence, however short', () => {
  const charge = (users: number, minutes: number) => {
    const special = { '2026-02-03T08': { levels: { users: level(users, minutes) } } }
    const report = reportOf(begun().live(FIRST, plusDays(LAST, 1), special), { from: FIRST, to: LAST }, told())
    return (
      statement([report], licence()).charges.find(({ kind, limit }) => kind === 'licences' && limit === 'users')
        ?.quantity ?? 0
    )
  }
  expect([charge(9, 0), charge(10, 0), charge(11, 1), charge(12, 1), charge(12, 60)]).toEqual([0, 0, 1, 2, 2])
})

test.each(SEEDS)('what the appliance counts in a month is what the statement says of it (%i)', (seed) => {
  const meters = {
    'sale.transactions': { max: 0, behaviour: 'count', per: 'month' },
    'stock.transactions': { max: 0, behaviour: 'count', per: 'month' },
    'sale.users': { max: 0, behaviour: 'count', per: 'month' },
  } as const
  const contract = erp({ limits: { meters } })
  const installation = begun().live(FIRST, plusDays(LAST, 1), happenings(seed), answers(seed))
  const { billed } = statement([reportOf(installation, { from: FIRST, to: LAST }, told())], contract)
  const terms = profile('erp-on-premises')
  const endOfFebruary = Date.parse('2026-02-28T22:59:59Z')
  const usage = meteredUsage({ licence: contract, terms, levels: {}, hours: installation.days, now: endOfFebruary })

  const february = billed.filter((one) => one.in === '2026-02' && !one.limit.endsWith('.users'))
  expect(february.length).toBeGreaterThan(0)
  for (const { limit, used } of february) expect([limit, usage[`${limit}/month`]]).toEqual([limit, used])
  // Hours without a sample count as nothing here and are left out there.
  const average = billed.find((one) => one.in === '2026-02' && one.limit === 'sale.users')?.used ?? 0
  expect(usage['sale.users/month']).toBeLessThanOrEqual(average + 0.005)
  expect(usage['sale.users/month']).toBeGreaterThan(average * 0.9)
})
