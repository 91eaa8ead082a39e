import { expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import type { Snapshot } from '../snapshot/index.ts'
import { snapshotAt } from '../snapshots.fixture.ts'
import { policy } from './policy.ts'

/**
 * Four hundred nights, one after the other: each makes its snapshot, and what the policy lets go is gone. Both changes of
 * the clocks, a year with 53 weeks, nights that were missed, days with several, and a month with the server off are in it.
 */

const TERMS = { days: 7, weeks: 4, months: 2, timeZone: 'Europe/Ljubljana' }
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const FIRST = Date.parse('2026-06-01T00:00:00Z')
const NIGHTS = 400
/** The server was off: from the 6th of February to the 8th of March. */
const OFF = { from: 250, until: 281 }

const local = new Intl.DateTimeFormat('sv-SE', { timeZone: TERMS.timeZone, dateStyle: 'short' })
const days = new Map<string | number, string>()
const dayOf = (at: string | number) => {
  const day = days.get(at) ?? local.format(new Date(at))
  days.set(at, day)
  return day
}
const shift = (day: string, days: number) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)
const mondayOf = (day: string) => shift(day, -((new Date(day).getUTCDay() + 6) % 7))
const monthBefore = (month: string) => shift(`${month}-01`, -1).slice(0, 7)

class Appliance {
  /** Everything that was ever made, and what of it is there. */
  readonly made: Snapshot[] = []
  present: Snapshot[] = []

  snapshot(at: number, change: Partial<Snapshot> = {}): Snapshot {
    const one = snapshotAt(new Date(at), change)
    this.made.push(one)
    this.present.push(one)
    return one
  }

  /** Restored on trial, and found equal. */
  prove(run: string, at: number) {
    const proven = new Date(at).toISOString()
    this.present = this.present.map((one) => (one.run === run ? { ...one, provenAt: proven } : one))
  }

  retain(now: number) {
    const staying = new Set(policy(this.present, new Date(now), TERMS).flatMap(({ run, keep }) => (keep ? [run] : [])))
    this.present = this.present.filter(({ run }) => staying.has(run))
  }
}

/** The contract, word for word: what must be there of all that was made up to a day. */
function wanted(made: readonly Snapshot[], today: string): Set<string> {
  const days = Array.from({ length: 8 }, (_, back) => shift(today, -back))
  const weeks = Array.from({ length: 5 }, (_, back) => shift(mondayOf(today), -7 * back))
  const month = today.slice(0, 7)
  const months = [month, monthBefore(month), monthBefore(monthBefore(month))]
  const newest = new Map<string, Snapshot>()
  for (const one of made) {
    const day = dayOf(one.at)
    for (const name of [`d${day}`, `w${mondayOf(day)}`, `m${day.slice(0, 7)}`]) newest.set(name, one)
  }
  const names = [
    ...days.map((day) => `d${day}`),
    ...weeks.map((week) => `w${week}`),
    ...months.map((name) => `m${name}`),
  ]
  return new Set(names.flatMap((name) => newest.get(name)?.run ?? []))
}

test('every night exactly what the contract says is there, and what is newer than the last proof', () => {
  const random = seeded(3)
  const appliance = new Appliance()
  let proven = Number.NEGATIVE_INFINITY
  const weeks = new Set<string>()
  const sizes: number[] = []
  for (let night = 0; night < NIGHTS; night += 1) {
    if (night >= OFF.from && night < OFF.until) continue
    if (random() < 0.08) continue
    const at = FIRST + night * DAY_MS + Math.floor(random() * 4 * HOUR_MS)
    if (random() < 0.1) appliance.snapshot(at - 6 * HOUR_MS, { kind: 'manual' })
    const one = appliance.snapshot(at)
    if (at - proven > 6.5 * DAY_MS) {
      appliance.prove(one.run, at + HOUR_MS)
      proven = at
    }
    appliance.retain(at + 2 * HOUR_MS)
    const today = dayOf(at)
    weeks.add(mondayOf(today))
    const present = new Set(appliance.present.map(({ run }) => run))
    const must = wanted(appliance.made, today)
    expect(
      [...must].filter((run) => !present.has(run)),
      today,
    ).toEqual([])
    // For a week after the pause there is also what was kept before it.
    if (night >= OFF.until && night < OFF.until + 9) continue
    const more = appliance.present.filter((snapshot) => !must.has(snapshot.run) && Date.parse(snapshot.at) < proven)
    expect(more, today).toEqual([])
    sizes.push(present.size)
  }
  expect(weeks.has('2026-12-28')).toBe(true)
  expect(Math.max(...sizes.slice(100))).toBeLessThan(22)
})

test('while the server was off, and the week after, nothing of before is lost', () => {
  const appliance = new Appliance()
  const nightly = (from: number, count: number) => {
    for (let night = from; night < from + count; night += 1) {
      const at = FIRST + night * DAY_MS + HOUR_MS
      const { run } = appliance.snapshot(at)
      appliance.prove(run, at + HOUR_MS)
      appliance.retain(at + 2 * HOUR_MS)
    }
  }
  nightly(0, 200)
  const before = appliance.present.map(({ run }) => run)
  nightly(231, 6)

  const present = new Set(appliance.present.map(({ run }) => run))
  expect(before.filter((run) => !present.has(run))).toEqual([])
  nightly(237, 1)
  expect(appliance.present.length).toBeLessThan(before.length)
})

test('a clock that was wrong for some nights, years ahead or days behind, costs no copy that the contract wants', () => {
  const random = seeded(5)
  for (let round = 0; round < 16; round += 1) {
    const appliance = new Appliance()
    const right: Snapshot[] = []
    const wrongFrom = 120 + Math.floor(random() * 60)
    const wrongFor = 1 + Math.floor(random() * 4)
    const by = [3000, 400, 30, 9, -1, -3, -20, -400][round % 8] as number
    for (let night = 0; night < wrongFrom + 40; night += 1) {
      const isWrong = night >= wrongFrom && night < wrongFrom + wrongFor
      const at = FIRST + (night + (isWrong ? by : 0)) * DAY_MS + Math.floor(random() * 2 * HOUR_MS)
      const one = appliance.snapshot(at)
      if (!isWrong) right.push(one)
      // The worst case: each is proven at once, so nothing stays for want of a proof.
      appliance.prove(one.run, at + 1000)
      appliance.retain(at + 2000)
      // Before, it is as in the year above.
      if (isWrong || night < wrongFrom) continue
      const present = new Set(appliance.present.map(({ run }) => run))
      // Those of wrong nights stand for the days that they bear, once these are past.
      const past = appliance.made.filter((other) => Date.parse(other.at) <= at)
      const must = wanted(
        past.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)),
        dayOf(at),
      )
      const lost = right.filter(({ run }) => must.has(run) && !present.has(run)).map(({ run }) => run)
      expect(lost, `${by} days, night ${night}`).toEqual([])
    }
  }
})
