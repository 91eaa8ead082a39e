import type { LicenceClaims } from '../document/index.ts'
import type { Terms } from '../terms/index.ts'
import { iso } from '../utc.ts'
import { type Course, hardest, type Progress, progressOf, stateOf } from './course.ts'
import { type Beginning, noticeKey, type Occasion } from './occasion.ts'
import { tierChanges } from './tier.ts'
import type { Change, State } from './types.ts'
import { filledIn, wordsOf } from './wording.ts'

/**
 * The earliest change that comes by itself, and the instant until which the state holds. A stage that waits for a notice
 * counts as if it were shown now, but does not bound the state: it may never come.
 */
export function nextChange(
  course: Course,
  terms: Terms,
  now: number,
  progress: readonly Progress[],
): { next: Change | null; until: string | null } {
  const state = stateOf(progress)
  const comes = [
    ...stagesAhead(course, terms, progress),
    ...tiersAhead(course, terms, now, state),
    ...liftsAhead(course, terms, now, progress),
  ].toSorted((a, b) => a.at.localeCompare(b.at))
  const until = comes.find((change) => change.waitsFor === null && change.state !== state)
  return { next: comes[0] ?? null, until: until?.at ?? null }
}

function stagesAhead(course: Course, terms: Terms, progress: readonly Progress[]): Change[] {
  return progress.flatMap((one) => {
    const [coming, ...later] = one.ahead
    if (!coming || coming.at >= (one.occasion.ends ?? Number.POSITIVE_INFINITY)) return []
    const state = hardest([coming.stage.state, stateOf(progress.filter((other) => other !== one))])
    return [changeOf(course.licence as LicenceClaims, terms, one.occasion, coming, later, state)]
  })
}

function changeOf(
  licence: LicenceClaims,
  terms: Terms,
  occasion: Occasion,
  { stage, at, waitsFor }: Beginning,
  ahead: readonly Beginning[],
  state: State,
): Change {
  const words = wordsOf(licence, occasion, stage, ahead, { now: at, zone: terms.timezone })
  const awaited = waitsFor[0]
  return {
    at: iso(at),
    state,
    track: occasion.track.name,
    stage: stage.id,
    clause: stage.clause,
    text: filledIn(stage.text, words, 'en'),
    waitsFor: awaited === undefined ? null : noticeKey(occasion, awaited),
  }
}

const tiersAhead = (course: Course, terms: Terms, now: number, state: State): Change[] =>
  tierChanges(course, terms)
    .filter(({ at }) => at > now)
    .map(({ at, tier }) => ({
      ...{ at: iso(at), state, track: 'tier', stage: tier, waitsFor: null },
      clause: terms.tiers?.clause ?? '',
      text: `Tier ${tier} counts from the first day of the month on. ${terms.tiers?.text ?? ''}`.trim(),
    }))

/** An order that is lifted later: what is left then is what the other tracks say. */
function liftsAhead(course: Course, terms: Terms, now: number, progress: readonly Progress[]): Change[] {
  return progress.flatMap(({ occasion: { ends, order, track } }) => {
    if (ends === null || ends <= now || !order) return []
    return [
      {
        ...{ at: iso(ends), track: track.name, stage: 'lifted', waitsFor: null },
        ...{ state: stateOf(progressOf(course, terms, ends)), clause: order.clause },
        text: `What was ordered is lifted: ${order.reason}`,
      },
    ]
  })
}
