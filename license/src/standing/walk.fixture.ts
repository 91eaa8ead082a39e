import { expect } from 'vitest'
import { plusDays } from '../terms/index.ts'
import type { History } from './history.fixture.ts'
import type { Standing } from './types.ts'

const kept = ({ effects }: Standing) => effects.blocked?.page ?? (effects.readOnly ? 'read-only' : 'open')
const mayPurge = (now: number, { effects }: Standing) =>
  effects.purgeFrom !== null && Date.parse(effects.purgeFrom) <= now

/** [first day of this (counted from the day after the anchor), state, what people find] */
export type Expected = readonly (readonly [number, string, string])[]

/** Follows a contract from 20 days before its anchor, each day looked at when it begins and before it ends. */
export function walk(
  history: History,
  anchor: string,
  days: number,
  expected: Expected,
  { purgeOn = Number.POSITIVE_INFINITY } = {},
) {
  for (let day = -20; day <= days; day += 1) {
    const date = plusDays(anchor, 1 + day)
    history.tell(date)
    const [, state, found] = expected.findLast(([from]) => from <= day) ?? [0, 'good', 'open']
    for (const hours of [0, 22.9]) {
      const stands = history.standing(date, hours)
      expect([day, hours, stands.state, kept(stands)]).toEqual([day, hours, state, found])
      expect([day, mayPurge(history.at(date, hours), stands)]).toEqual([day, day >= purgeOn])
    }
  }
}
