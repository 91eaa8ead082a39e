import type { LicenceClaims } from '../document/index.ts'
import { dayAt, plusDays, type Stage, type Terms } from '../terms/index.ts'
import { iso } from '../utc.ts'
import { type Course, courseOf, hardest, type Progress, progressOf } from './course.ts'
import { limitReasons } from './limits.ts'
import { nextChange } from './next-change.ts'
import type { Beginning, Occasion } from './occasion.ts'
import { tierChanges } from './tier.ts'
import {
  type Effects,
  type Notice,
  type Reason,
  STATES,
  type Standing,
  type StandingEvent,
  type State,
  type Usage,
} from './types.ts'
import { type At, filledIn, noticeOf, type Words, wordsOf } from './wording.ts'

export interface Facts {
  /** Everything that happened, oldest first; what is later than `now` does not count yet. */
  readonly events: readonly StandingEvent[]
  readonly usage: Usage
  /** Licence time, in milliseconds since 1970. */
  readonly now: number
  /** The parsed terms of the licence in force (`effectiveLicence(events)`); null before there is one. */
  readonly terms: Terms | null
}

/** A track that is under way: where it stands and what it says. */
interface Underway {
  readonly occasion: Occasion
  readonly stage: Stage
  /** When its state began, be it with an earlier stage. */
  readonly since: number
  /** When deletion was first allowed; null while it is not. */
  readonly purgeSince: number | null
  readonly words: Words
  readonly ahead: readonly Beginning[]
}

/**
 * How an appliance stands with its contract. The hardest stage of all tracks is the state; the effects of all tracks hold
 * together, so that none opens what another closes. The licence is the last one among the events; the first import of any
 * begins it. What was final stays until a new licence. Harder stages wait until the notices before them were shown.
 */
export function standing({ events, usage, now, terms }: Facts): Standing {
  const course = terms && courseOf(events, terms, now)
  if (!terms || !course?.licence) return UNLICENSED
  const progress = progressOf(course, terms, now)
  const tracks = underway(course.licence, progress, { now, zone: terms.timezone })
  const limits = limitReasons(course.licence, usage, terms, iso(now))
  const state = hardest([...tracks.map(({ stage }) => stage.state), ...limits.reasons.map((reason) => reason.state)])
  const { next, until } = nextChange(course, terms, now, progress)
  const reasons = [...tracks.map(reasonOf), ...limits.reasons]
  return {
    state,
    since: iso(sinceOf(course, reasons, state)),
    until,
    reasons: reasons.toSorted((a, b) => STATES.indexOf(b.state) - STATES.indexOf(a.state)),
    effects: effectsOf(course, terms, now, tracks, limits.notices),
    next,
  }
}

const UNLICENSED: Standing = {
  ...{ state: 'unlicensed', since: null, until: null, reasons: [], next: null },
  effects: {
    ...{ readOnly: false, blocked: null, notices: [], limits: {}, tier: null, upgradesThrough: null, purgeFrom: null },
  },
}

/** The tracks of which a stage has begun. */
function underway(licence: LicenceClaims, progress: readonly Progress[], at: At): Underway[] {
  return progress.flatMap(({ occasion, begun, ahead }) => {
    const stage = begun.at(-1)?.stage
    if (!stage) return []
    const since = begun.find((one) => one.stage.state === stage.state)?.at ?? at.now
    const purge = stage.effects.purge ? begun.find((one) => one.stage.effects.purge) : undefined
    return [
      {
        occasion,
        stage,
        since,
        purgeSince: purge?.at ?? null,
        words: wordsOf(licence, occasion, stage, ahead, at),
        ahead,
      },
    ]
  })
}

const reasonOf = ({ occasion, stage, since, words }: Underway): Reason => ({
  track: occasion.track.name,
  stage: stage.id,
  state: stage.state,
  since: iso(since),
  clause: stage.clause,
  text: filledIn(stage.text, words, 'en'),
})

/** When the state began: with its earliest reason, or later, when something harder was lifted. */
function sinceOf(course: Course, reasons: readonly Reason[], state: State): number {
  const began = reasons.filter((reason) => reason.state === state).map(({ since }) => Date.parse(since))
  const first = began.length > 0 ? Math.min(...began) : (course.licensedSince ?? 0)
  const relieved = course.relieved.filter((one) => STATES.indexOf(one.state) > STATES.indexOf(state))
  return Math.max(first, ...relieved.map(({ at }) => at))
}

function effectsOf(
  course: Course,
  terms: Terms,
  now: number,
  tracks: readonly Underway[],
  extra: readonly Notice[],
): Effects {
  const licence = course.licence as LicenceClaims
  const hardestFirst = tracks.toSorted((a, b) => STATES.indexOf(b.stage.state) - STATES.indexOf(a.stage.state))
  const closed = hardestFirst.find(({ stage }) => stage.effects.blocked)
  const tier = tierChanges(course, terms).findLast(({ at }) => at <= now)?.tier
  return {
    readOnly: tracks.some(({ stage }) => stage.effects.readOnly),
    blocked: closed?.stage.effects.blocked ? { page: closed.stage.effects.blocked, clause: closed.stage.clause } : null,
    notices: [...hardestFirst.flatMap((track) => noticesOf(terms, track)), ...extra],
    limits: licence.limits,
    tier: tier ?? licence.tiers?.current ?? null,
    upgradesThrough: upgradesThrough(licence, terms, tracks),
    purgeFrom: purgeFrom(tracks),
  }
}

function noticesOf(terms: Terms, { occasion, stage, words }: Underway): Notice[] {
  const notice = stage.notice === null ? null : noticeOf(terms, occasion, stage.notice, words)
  return notice ? [notice] : []
}

/** Purging is foreseen as soon as a track under way leads to it without waiting for anything. */
function purgeFrom(tracks: readonly Underway[]): string | null {
  const foreseen = tracks.flatMap(({ purgeSince, ahead }) => [
    ...(purgeSince === null ? [] : [purgeSince]),
    ...ahead.filter((one) => one.stage.effects.purge && one.waitsFor.length === 0).map(({ at }) => at),
  ])
  return foreseen.length > 0 ? iso(Math.min(...foreseen)) : null
}

function upgradesThrough(licence: LicenceClaims, terms: Terms, tracks: readonly Underway[]): string | null {
  const over = tracks
    .filter(({ stage }) => stage.effects.noUpgrades)
    .map(({ since }) => plusDays(dayAt(since, terms.timezone), -1))
  const bounds = [...over, covered(licence, terms)].filter((day) => day !== null)
  return bounds.toSorted()[0] ?? null
}

/** The last day of which releases are covered, while nothing has ended; null: no bound. */
function covered({ maintenanceUntil, term, paidThrough }: LicenceClaims, { maintenance }: Terms): string | null {
  switch (maintenance.upgrades) {
    case 'all':
      return null
    case 'term':
      return term.until
    case 'maintenance-or-term': {
      const rentedWithoutEnd = term.until === null && paidThrough !== null
      if (rentedWithoutEnd) return null
      // What was bought for good without maintenance is covered as it was on the first day.
      return [maintenanceUntil ?? term.from, term.until ?? term.from].toSorted().at(-1) ?? null
    }
  }
}
