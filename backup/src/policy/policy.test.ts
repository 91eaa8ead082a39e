import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import { KINDS, type Kind, type Snapshot } from '../snapshot/index.ts'
import { snapshotAt } from '../snapshots.fixture.ts'
import { explain } from './explain.ts'
import { model } from './model.fixture.ts'
import { policy } from './policy.ts'

const TERMS = { days: 7, weeks: 4, months: 2, timeZone: 'Europe/Ljubljana' }
const DAY_MS = 86_400_000
const ZONES = [
  ...['Europe/Ljubljana', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Kiritimati'],
  ...['Africa/Casablanca', 'America/St_Johns', 'UTC'],
]

const staying = (snapshots: readonly Snapshot[], now: Date, terms = TERMS) =>
  new Set(policy(snapshots, now, terms).flatMap(({ run, keep }) => (keep ? [run] : [])))

/** Every night at half past one, UTC, the newest on `last`; the newest is proven. */
function nights(last: string, count: number): Snapshot[] {
  const end = Date.parse(`${last}T01:30:00Z`)
  const days = Array.from({ length: count }, (_, back) => new Date(end - (count - 1 - back) * DAY_MS))
  return days.map((at, index) => snapshotAt(at, { provenAt: index === count - 1 ? at.toISOString() : null }))
}

const days = (snapshots: readonly Snapshot[], runs: ReadonlySet<string>) =>
  snapshots.filter(({ run }) => runs.has(run)).map(({ at }) => at.slice(0, 10))

describe('what the contract says', () => {
  test('after many nights: the last seven days before today, the four weeks, the two months', () => {
    const all = nights('2026-11-21', 120)
    const kept = days(all, staying(all, new Date('2026-11-21T02:00:00Z')))

    const daily = ['11-14', '11-15', '11-16', '11-17', '11-18', '11-19', '11-20', '11-21']
    expect(kept).toEqual(['09-30', '10-25', '10-31', '11-01', '11-08', ...daily].map((day) => `2026-${day}`))
  })

  test.each([
    ['a daily copy', '2026-11-11', '2026-11-18'],
    ['a weekly copy, made on a Sunday', '2026-11-15', '2026-12-13'],
    ['a monthly copy', '2026-09-30', '2026-11-30'],
    ['a monthly copy of February', '2027-02-28', '2027-04-30'],
    ['a monthly copy over the end of a year', '2026-12-31', '2027-02-28'],
  ])('%s is there through its last day, and goes on the next', (_, made, last) => {
    const at = Date.parse(`${made}T01:30:00Z`)
    const upTo = (day: string) => nights(day, Math.round((Date.parse(`${day}T01:30:00Z`) - at) / DAY_MS) + 1)
    const after = new Date(Date.parse(last) + DAY_MS).toISOString().slice(0, 10)

    // Late on the last day, after one more that somebody made by hand.
    const evening = new Date(`${last}T21:59:00Z`)
    const during = [...upTo(last), snapshotAt(evening, { kind: 'manual', provenAt: evening.toISOString() })]
    expect(days(during, staying(during, evening))).toContain(made)
    const gone = upTo(after)
    expect(days(gone, staying(gone, new Date(`${after}T02:00:00Z`)))).not.toContain(made)
  })

  test('on the first of a month two monthly copies are two months before it', () => {
    const all = nights('2026-11-01', 120)

    const kept = days(all, staying(all, new Date('2026-11-01T02:00:00Z')))
    expect(kept).toEqual(expect.arrayContaining(['2026-10-31', '2026-09-30']))
    expect(kept).not.toContain('2026-08-31')
  })

  test('of several a day the newest stands for it, by the day of the zone', () => {
    const [late, early] = [snapshotAt('2026-11-19T23:30:00Z'), snapshotAt('2026-11-19T22:30:00Z')]
    const all = [late, early, ...nights('2026-11-21', 2)]

    const inZone = (timeZone: string) => {
      const kept = staying(all, new Date('2026-11-21T02:00:00Z'), { ...TERMS, timeZone })
      return { late: kept.has(late.run), early: kept.has(early.run) }
    }
    // There it is half past midnight of the 20th, which has a newer one, and half past eleven of the 19th.
    expect(inZone('Europe/Ljubljana')).toEqual({ late: false, early: true })
    expect(inZone('UTC')).toEqual({ late: true, early: false })
    // That of half past one is of the evening before.
    expect(inZone('America/New_York')).toEqual({ late: false, early: false })
  })
})

describe('what never goes', () => {
  test('nothing while nothing is proven', () => {
    const all = nights('2026-11-21', 300).map((one) => ({ ...one, provenAt: null }))

    expect(staying(all, new Date('2026-11-21T02:00:00Z')).size).toBe(300)
  })

  test('the newest that is proven and everything newer, refused or not', () => {
    const all = nights('2026-11-21', 60).map((one, index) => ({
      ...one,
      provenAt: index === 9 ? one.at : null,
      refused: index > 9 && index % 5 === 0 ? 'DUMP_TOO_SMALL' : null,
    }))

    const kept = staying(all, new Date('2026-11-21T02:00:00Z'))
    expect(all.slice(9).every(({ run }) => kept.has(run))).toBe(true)
    // And the last of September.
    expect(kept.size).toBe(52)
  })

  test('a proof of what does not count is none', () => {
    const all = nights('2026-11-21', 60).map((one, index) => (index === 59 ? { ...one, refused: 'SUSPECT' } : one))

    expect(staying(all, new Date('2026-11-21T02:00:00Z')).size).toBe(60)
  })

  test('what is held, and the final one; held ones stand for no day', () => {
    const all = nights('2026-11-21', 60)
    const held = snapshotAt('2026-01-05T01:30:00Z', { hold: 'the auditors asked for it' })
    const final = snapshotAt('2026-01-06T01:30:00Z', { kind: 'final' })
    const heldToday = snapshotAt('2026-11-20T20:00:00Z', { hold: 'before the fair' })

    const kept = staying([held, final, heldToday, ...all], new Date('2026-11-21T02:00:00Z'))
    expect([held, final, heldToday].every(({ run }) => kept.has(run))).toBe(true)
    expect(days(all, kept)).toContain('2026-11-20')
  })

  test('ways back stay fourteen days, refused ones seven', () => {
    const of = (day: string, change: Partial<Snapshot>) => snapshotAt(`2026-11-${day}T12:00:00Z`, change)
    const young = [
      of('07', { kind: 'pre-upgrade' }),
      of('07', { kind: 'pre-restore' }),
      of('14', { refused: 'DUMP_TOO_SMALL' }),
    ]
    const old = [
      of('06', { kind: 'pre-upgrade' }),
      of('06', { kind: 'pre-restore' }),
      of('13', { refused: 'DUMP_TOO_SMALL' }),
      of('13', { kind: 'pre-upgrade', refused: 'DUMP_TOO_SMALL' }),
    ]

    const kept = staying([...young, ...old, ...nights('2026-11-21', 60)], new Date('2026-11-21T02:00:00Z'))
    expect(young.map(({ run }) => kept.has(run))).toEqual([true, true, true])
    expect(old.map(({ run }) => kept.has(run))).toEqual([false, false, false, false])
  })
})

describe('clocks and pauses', () => {
  test('where no snapshots are made nothing grows old', () => {
    const all = nights('2026-11-21', 120)

    const kept = staying(all, new Date('2026-11-21T02:00:00Z'))
    expect(staying(all, new Date('2031-01-01T00:00:00Z'))).toEqual(kept)
  })

  test('after a month without snapshots the old ones stay until there are seven new daily copies', () => {
    const before = nights('2026-09-30', 120)
    const kept = staying(before, new Date('2026-09-30T02:00:00Z'))

    const with6 = [...before.filter(({ run }) => kept.has(run)), ...nights('2026-11-06', 6)]
    expect([...kept].every((run) => staying(with6, new Date('2026-11-06T02:00:00Z')).has(run))).toBe(true)
    const with7 = [...with6, ...nights('2026-11-07', 1)]
    const left = days(with7, staying(with7, new Date('2026-11-07T02:00:00Z'))).filter((day) => day < '2026-11')
    // Its month is not over, and neither is its week.
    expect(left).toEqual(['2026-09-30'])
  })

  test('a clock that leapt ahead for one night, with a proof, takes nothing away', () => {
    const before = nights('2026-11-20', 120)
    const kept = staying(before, new Date('2026-11-20T02:00:00Z'))
    const leap = nights('2031-03-03', 1)

    const after = staying([...before, ...leap], new Date('2031-03-03T02:00:00Z'))
    expect([...kept].every((run) => after.has(run))).toBe(true)
    // The clock is right again, and goes on.
    const right = [...before, ...leap, ...nights('2026-11-21', 1)]
    const verdicts = policy(right, new Date('2026-11-21T02:00:00Z'), TERMS)
    expect(verdicts.at(-1)).toMatchObject({ run: leap[0]?.run, keep: true, reasons: [{ code: 'OF_FUTURE' }] })
    expect(staying([...before, ...nights('2026-11-21', 1)], new Date('2026-11-21T02:00:00Z')).size).toBe(13)
    expect(verdicts.filter(({ keep }) => keep).length).toBe(14)
  })

  test('there is no such zone', () => {
    expect(() => policy([], new Date(0), { ...TERMS, timeZone: 'Europe/Nowhere' })).toThrow(RangeError)
  })
})

/** Any history: several a day, missed nights, long pauses, every kind, some held, refused, proven, some of the future. */
function anyHistory(random: () => number): { all: Snapshot[]; now: Date } {
  const upTo = (most: number) => Math.floor(random() * most)
  let at = Date.UTC(2025 + upTo(2), upTo(12), 1 + upTo(28), upTo(24), upTo(60))
  const missing = [0.02, 0.1, 0.4][upTo(3)] as number
  const all: Snapshot[] = []
  for (let count = 10 + upTo(200); count > 0; count -= 1) {
    at += random() < 0.15 ? upTo(DAY_MS) : DAY_MS + upTo(3_600_000) - 1_800_000
    while (random() < missing) at += DAY_MS * (random() < 0.1 ? upTo(40) : 1)
    const chance = (share: number) => random() < share
    const kind: Kind = chance(0.85) ? 'scheduled' : (KINDS[upTo(KINDS.length)] as Kind)
    const provenAt = chance(0.12) ? new Date(at + 3_600_000).toISOString() : null
    all.push(
      snapshotAt(new Date(at), {
        ...{ kind, provenAt },
        hold: chance(0.02) ? 'somebody wants it' : null,
        refused: chance(0.06) ? 'DUMP_TOO_SMALL' : null,
      }),
    )
  }
  const moved = [0, 60_000, -20 * DAY_MS, 400 * DAY_MS, -90_000][upTo(5)] as number
  const now = new Date(at + moved)
  return { all: all.sort(() => random() - 0.5), now }
}

test('over any history it says what the model says, and asked again it says no more', () => {
  const random = seeded(7)
  // Each zone with terms of its own and with those of the contract, ten times.
  for (let round = 0; round < 240; round += 1) {
    const { all, now } = anyHistory(random)
    const upTo = (most: number) => Math.floor(random() * most)
    const terms = {
      ...(round % 3 === 0 ? TERMS : { days: 1 + upTo(14), weeks: upTo(7), months: upTo(13) }),
      timeZone: ZONES[round % ZONES.length] as string,
    }
    const kept = staying(all, now, terms)
    expect([...kept].sort(), `round ${round}`).toEqual([...model(all, now, terms)].sort())

    const left = all.filter(({ run }) => kept.has(run))
    expect(staying(left, now, terms).size, `round ${round}`).toBe(left.length)
  }
})

test('every verdict has its reasons, in words', () => {
  const random = seeded(11)
  const { all, now } = anyHistory(random)
  for (const verdict of policy(all, now, TERMS)) {
    expect(verdict.reasons.length).toBeGreaterThan(0)
    expect(explain(verdict)).toMatch(/^(Stays|Goes): .+\.$/)
    expect(explain(verdict)).not.toMatch(/undefined|NaN|Invalid/)
  }
})
