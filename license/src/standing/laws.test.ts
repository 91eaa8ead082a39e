import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import { laterByDays, plusDays } from '../terms/index.ts'
import { History, licenceOf, USAGE } from './history.fixture.ts'
import { standing } from './standing.ts'
import { STATES, type StandingEvent } from './types.ts'

const PROFILES = ['erp-on-premises', 'hrm-subscription', 'invoicing-prepaid', 'active-users-tiered', 'managed-hosting']
const hardness = (state: string) => STATES.indexOf(state as never)

describe.each(PROFILES)('whatever happens, by the terms of %s', { timeout: 60_000 }, (name) => {
  const random = seeded(name.length * 7919)
  const histories = Array.from({ length: 15 }, () => randomHistory(name, random))

  test('nothing harder begins before the notice before it was shown for as long as the contract says', () => {
    for (const history of histories) {
      for (const day of daysOf(history)) {
        for (const [track, stage] of stagesOn(history, day)) expect(unfounded(history, day, track, stage)).toBeNull()
      }
    }
  })

  test('while nothing happens it never becomes milder, and the next change comes when it was foretold', () => {
    for (const history of histories) {
      const last = history.events.at(-1) as StandingEvent
      let now = Date.parse(last.at)
      let before = standing({ events: history.events, usage: USAGE, now, terms: history.terms })
      for (let step = 0; step < 30 && before.next && before.next.waitsFor === null; step += 1) {
        const then = Date.parse(before.next.at)
        expect(then).toBeGreaterThan(now)
        const justBefore = standing({ events: history.events, usage: USAGE, now: then - 1, terms: history.terms })
        const after = standing({ events: history.events, usage: USAGE, now: then, terms: history.terms })
        expect(justBefore.reasons.map(({ stage }) => stage)).toEqual(before.reasons.map(({ stage }) => stage))
        expect(after.state).toBe(before.next.state)
        if (before.next.stage !== 'lifted') expect(hardness(after.state)).toBeGreaterThanOrEqual(hardness(before.state))
        now = then
        before = after
      }
    }
  })

  test('a state says since when, and that is past', () => {
    for (const history of histories) {
      for (const day of daysOf(history)) {
        const { since, until, reasons } = history.standing(day)
        expect(Date.parse(since as string)).toBeLessThanOrEqual(history.at(day))
        if (until) expect(Date.parse(until)).toBeGreaterThan(history.at(day))
        expect(reasons.every(({ clause, text }) => clause !== '' && !/[{}]|undefined/.test(text))).toBe(true)
      }
    }
  })
})

/** A licence and a dozen things that people do, in any order, notices shown on some days and not on others. */
function randomHistory(name: string, random: () => number): History {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const day = (from: number, to: number) => plusDays('2026-01-01', Math.floor(from + random() * (to - from)))
  const trial = random() < 0.2
  const until = trial || random() < 0.5 ? day(20, 150) : null
  const history = new History(name, {
    trial,
    term: { from: '2026-01-01', until },
    paidThrough: random() < 0.5 ? day(10, 100) : null,
  })
  for (let count = 0; count < 12; count += 1) {
    const on = day(5, 300)
    pick([
      () => history.receipt(on, plusDays(on, Math.floor(random() * 60 - 20)), 10),
      () => history.renewal(on, { until: plusDays(on, Math.floor(random() * 90 - 10)) }, 11),
      () =>
        history.order(
          on,
          { action: pick(['suspend', 'warn', 'terminate'] as const), notice: null, urgent: random() < 0.3 },
          12,
        ),
      () => history.order(on, { action: 'lift' }, 13),
      () => history.terminated(on, plusDays(on, Math.floor(random() * 60))),
      () =>
        history.import(
          on,
          licenceOf(name, { term: { from: '2026-01-01', until: plusDays(on, 40) }, seq: 500 + count }),
          14,
        ),
      () => history.tell(on, 15),
      () => history.tell(on, 16),
      () => history.tell(on, 17),
    ])()
  }
  return history
}

const daysOf = (_: History) => Array.from({ length: 45 }, (_unused, index) => plusDays('2026-01-01', index * 9))

const stagesOn = (history: History, day: string) =>
  history.standing(day).reasons.map(({ track, stage }) => [track, stage] as const)

/** Why a stage should not have begun; null: it was right. Looked up in the profile and the events alone. */
function unfounded(history: History, day: string, trackName: string, stageId: string): string | null {
  const track = history.terms.tracks.find(({ name }) => name === trackName)
  const index = track?.stages.findIndex(({ id }) => id === stageId) ?? -1
  if (!track || index < 0) return 'there is no such stage'
  const now = history.at(day)
  for (const stage of track.stages.slice(0, index + 1)) {
    for (const { notices, days } of stage.after) {
      const asked = notices.includes('order')
      const orders = history.events.some(
        (event) =>
          event.kind === 'imported' && event.document === 'order' && (event.claims.urgent || event.claims.notice),
      )
      const told = history.events.some(
        (event) =>
          event.kind === 'notice-shown' &&
          notices.some((id) => event.key.startsWith(`${trackName}/${id}@`)) &&
          laterByDays(Date.parse(event.at), days, history.terms.timezone) <= now,
      )
      if (asked ? !orders : !told) return `${trackName}/${stage.id} on ${day} without ${notices.join()}`
    }
  }
  return null
}
