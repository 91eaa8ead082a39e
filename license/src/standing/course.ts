import type { Claims, LicenceClaims } from '../document/index.ts'
import { dayAt, endOf, type Terms, type Track } from '../terms/index.ts'
import { type Beginning, beginnings, type Occasion } from './occasion.ts'
import { STATES, type StandingEvent, type State } from './types.ts'

/** What a history of events has led to, as far as standing goes. */
export interface Course {
  /** With renewals and receipts applied; null: none was imported. */
  readonly licence: LicenceClaims | null
  readonly orders: readonly LiveOrder[]
  readonly termination: { readonly at: number; readonly day: string; readonly reason: string } | null
  /** First showing of each notice, by key. */
  readonly shown: ReadonlyMap<string, number>
  /** Occasions in which a final stage was reached: their dates move no more. */
  readonly final: readonly Occasion[]
  /** When something harder than what followed came to an end, and how hard it was. */
  readonly relieved: readonly { readonly at: number; readonly state: State }[]
  /** When the first licence was imported. */
  readonly licensedSince: number | null
  readonly metered: readonly Metered[]
}

type Metered = Extract<StandingEvent, { kind: 'metered' }>

interface LiveOrder {
  readonly at: number
  readonly claims: Claims<'order'>
  readonly liftedAt: number | null
}

const BEFORE_ANYTHING: Course = {
  ...{ licence: null, orders: [], termination: null, shown: new Map() },
  ...{ final: [], relieved: [], licensedSince: null, metered: [] },
}

/** Follows the events up to an instant. */
export function courseOf(events: readonly StandingEvent[], terms: Terms, now: number): Course {
  let course = BEFORE_ANYTHING
  for (const event of events) {
    const at = Date.parse(event.at)
    if (at > now) continue
    course = movesDates(event) ? moved(course, event, terms, at) : noted(course, event, at)
  }
  const relieved = [...course.relieved, ...liftedSince(course, terms, now)]
  return { ...course, relieved, metered: meteredSince(events, now) }
}

/** What was counted since the licence in force was imported: only that can move its tier. */
function meteredSince(events: readonly StandingEvent[], now: number): Metered[] {
  const past = events.filter(({ at }) => Date.parse(at) <= now)
  const licence = past.findLastIndex((event) => event.kind === 'imported' && event.document === 'licence')
  return past.slice(licence + 1).filter((event) => event.kind === 'metered')
}

/** Orders that ended by themselves, at the time that the one who lifted them had set. */
const liftedSince = (course: Course, terms: Terms, now: number) =>
  course.orders.flatMap(({ at, claims, liftedAt }) => {
    if (liftedAt === null || liftedAt > now) return []
    const still = { ...course, orders: [{ at, claims, liftedAt: null }] }
    const tracks = terms.tracks.filter(({ anchor }) => anchor === `order-${claims.action}`)
    return [{ at: liftedAt, state: stateOf(progressOf(still, { ...terms, tracks }, liftedAt)) }]
  })

/** The licence in force: the last one imported, with the renewals and receipts after it. */
export function effectiveLicence(events: readonly StandingEvent[]): LicenceClaims | null {
  let course = BEFORE_ANYTHING
  for (const event of events) {
    if (event.kind === 'imported') course = imported(course, event, Date.parse(event.at), 'UTC')
  }
  return course.licence
}

type Moving = Extract<StandingEvent, { kind: 'imported' | 'terminated' | 'termination-withdrawn' }>

const movesDates = (event: StandingEvent): event is Moving =>
  event.kind === 'imported' || event.kind === 'terminated' || event.kind === 'termination-withdrawn'

function noted(course: Course, event: Exclude<StandingEvent, Moving>, at: number): Course {
  if (event.kind === 'metered' || course.shown.has(event.key)) return course
  return { ...course, shown: new Map([...course.shown, [event.key, at]]) }
}

/** Before dates move, what was final by then is kept; after it, what has ended by it is written down. */
function moved(before: Course, event: Moving, terms: Terms, at: number): Course {
  const reached = reachedStages(before, terms, at)
  const kept = reached.filter(({ begun }) => begun.some(({ stage }) => stage.final)).map(({ occasion }) => occasion)
  const after = follow({ ...before, final: kept }, event, at, terms.timezone)
  const was = stateOf(reached)
  const is = stateOf(reachedStages(after, terms, at))
  const eased = STATES.indexOf(is) < STATES.indexOf(was)
  return eased ? { ...after, relieved: [...after.relieved, { at, state: was }] } : after
}

/** The hardest of the stages that the occasions are in. */
export const stateOf = (progress: readonly Progress[]): State =>
  hardest(progress.flatMap(({ begun }) => begun.at(-1)?.stage.state ?? []))

function follow(course: Course, event: Moving, at: number, zone: string): Course {
  switch (event.kind) {
    case 'imported':
      return imported(course, event, at, zone)
    case 'terminated':
      return { ...course, termination: { at, day: event.effective, reason: event.reason } }
    case 'termination-withdrawn':
      return { ...course, termination: null }
  }
}

type Imported = Extract<StandingEvent, { kind: 'imported' }>

function imported(course: Course, event: Imported, at: number, zone: string): Course {
  const { licence } = course
  if (event.document === 'licence') return licensed(course, event.claims, at, zone)
  if (!licence || event.claims.contract !== licence.contract) return course
  switch (event.document) {
    case 'renewal':
      return event.claims.licence === licence.jti ? { ...course, licence: renewed(licence, event.claims) } : course
    case 'receipt':
      return { ...course, licence: paid(licence, event.claims) }
    case 'order':
      return ordered(course, event.claims, at)
  }
}

/**
 * A new licence is a new beginning: it lifts what has taken effect, whoever ordered it. What is announced for later (an
 * order, the end that a party gave notice of) stays, when it is the same contract.
 */
function licensed(course: Course, claims: LicenceClaims, at: number, zone: string): Course {
  const same = course.licence?.contract === claims.contract
  const { termination } = course
  const pending = same && termination && dayAt(at, zone) <= termination.day
  return {
    ...course,
    ...{ licence: claims, final: [] },
    orders: same ? course.orders.filter((order) => Date.parse(order.claims.effective) > at) : [],
    termination: pending ? termination : null,
    licensedSince: course.licensedSince ?? at,
  }
}

function renewed(licence: LicenceClaims, renewal: Claims<'renewal'>): LicenceClaims {
  const { until, maintenanceUntil, paidThrough, limits } = renewal
  return {
    ...licence,
    term: until === undefined ? licence.term : { ...licence.term, until },
    maintenanceUntil: maintenanceUntil === undefined ? licence.maintenanceUntil : maintenanceUntil,
    paidThrough: paidThrough === undefined ? licence.paidThrough : paidThrough,
    limits: {
      ...licence.limits,
      ...limits,
      ...(limits?.meters && { meters: { ...licence.limits.meters, ...limits.meters } }),
    },
  }
}

/** A receipt never takes time away, and owes nothing to a licence for which nothing is owed. */
const paid = (licence: LicenceClaims, { paidThrough }: Claims<'receipt'>): LicenceClaims =>
  licence.paidThrough === null || licence.paidThrough >= paidThrough ? licence : { ...licence, paidThrough }

/** `lift` ends what was ordered or warned of before it; an end of the contract is not lifted by it. */
function ordered(course: Course, claims: Claims<'order'>, at: number): Course {
  if (claims.action !== 'lift') return { ...course, orders: [...course.orders, { at, claims, liftedAt: null }] }
  const liftedAt = Math.max(at, Date.parse(claims.effective))
  const orders = course.orders.map((order) =>
    order.claims.action === 'terminate' || order.liftedAt !== null ? order : { ...order, liftedAt },
  )
  return { ...course, orders }
}

/** Every run of every track that counts at an instant. */
export function occasionsOf(course: Course, terms: Terms, now: number): Occasion[] {
  if (!course.licence) return []
  const isFinal = ({ track, name }: Occasion) =>
    course.final.some((kept) => kept.track.name === track.name && kept.name === name)
  const first = [
    ...course.final,
    ...terms.tracks.flatMap((track) => occasionsOfTrack(track, course, terms)).filter((one) => !isFinal(one)),
  ].filter(
    (one) => one.track.anchor !== 'terminated' && (one.ends === null || one.ends > now || outlasts(one, course, terms)),
  )
  const ended = endOfContract(first, course, terms)
  if (ended === null) return first
  return [
    ...(ended <= now ? first.filter((one) => outlivesEnd(one, course, terms, now)) : first),
    ...terms.tracks.filter(({ anchor }) => anchor === 'terminated').map((track) => plain(track, ended, terms, ended)),
  ]
}

const DATES: readonly string[] = ['paidThrough', 'termUntil', 'trialUntil', 'expiry']

/** After the end nothing falls due any more, and nobody is kept from the data for it. Orders and what ended it stand. */
const outlivesEnd = (occasion: Occasion, course: Course, { timezone }: Terms, now: number) =>
  !DATES.includes(occasion.track.anchor) ||
  beginnings(occasion, course.shown, timezone).some(({ stage, at }) => stage.final && at <= now)

/** Whether something final had begun before an order was lifted. */
const outlasts = (occasion: Occasion, course: Course, { timezone }: Terms) =>
  beginnings(occasion, course.shown, timezone).some(({ stage, at }) => stage.final && at < (occasion.ends as number))

/** When the first final end of the contract begins, as far as is known without supposing that notices were shown. */
function endOfContract(occasions: readonly Occasion[], course: Course, terms: Terms): number | null {
  const ends = occasions.flatMap((occasion) =>
    beginnings(occasion, course.shown, terms.timezone)
      .filter(({ stage, at }) => stage.final && stage.state === 'terminated' && at < (occasion.ends ?? Infinity))
      .map(({ at }) => at),
  )
  return ends.length > 0 ? Math.min(...ends) : null
}

function occasionsOfTrack(track: Track, course: Course, terms: Terms): Occasion[] {
  const { licence, termination } = course
  const fromDay = (day: string | null | undefined, known?: number) =>
    day ? [plain(track, endOf(day, terms.timezone), terms, known, day)] : []
  const hasTrial = terms.tracks.some(({ anchor }) => anchor === 'trialUntil')
  const onTrial = licence?.trial === true && hasTrial
  switch (track.anchor) {
    case 'paidThrough':
      return fromDay(licence?.paidThrough)
    case 'termUntil':
      return onTrial ? [] : fromDay(licence?.term.until)
    case 'expiry':
      return fromDay([licence?.paidThrough, licence?.term.until].filter((day) => day != null).toSorted()[0])
    case 'trialUntil':
      return onTrial ? fromDay(licence?.term.until) : []
    case 'termination':
      return fromDay(termination?.day, termination?.at).map((occasion) => ({
        ...occasion,
        words: { reason: termination?.reason ?? '', effective: termination?.day ?? '' },
      }))
    case 'terminated':
      return []
    default:
      return course.orders
        .filter(({ claims }) => `order-${claims.action}` === track.anchor)
        .map((order) => ofOrder(track, order, terms))
  }
}

const plain = (track: Track, anchor: number, terms: Terms, known?: number, day?: string): Occasion => ({
  ...{ track, anchor, ends: null, order: null, words: { due: day ?? '' } },
  name: day ?? dayAt(anchor, terms.timezone),
  known: known ?? Number.NEGATIVE_INFINITY,
})

/** An order counts from the day it takes effect, and never from before it was received. */
function ofOrder(track: Track, { at, claims, liftedAt }: LiveOrder, { timezone }: Terms): Occasion {
  const anchor = Math.max(at, Date.parse(claims.effective))
  const effective = dayAt(anchor, timezone)
  return {
    ...{ track, anchor, known: at, ends: liftedAt, order: claims },
    name: `${effective}#${claims.seq}`,
    words: { reason: claims.reason, orderClause: claims.clause, effective },
  }
}

/** How far an occasion has come. */
export interface Progress {
  readonly occasion: Occasion
  readonly begun: readonly Beginning[]
  /** What is left, as if every notice that is waited for were shown now. */
  readonly ahead: readonly Beginning[]
}

export function progressOf(course: Course, terms: Terms, now: number): Progress[] {
  return occasionsOf(course, terms, now).map((occasion) => {
    const begun = beginnings(occasion, course.shown, terms.timezone).filter(({ at }) => at <= now)
    const ahead = beginnings(occasion, course.shown, terms.timezone, now).slice(begun.length)
    return { occasion, begun, ahead }
  })
}

/** The stages that have begun by an instant, by occasion; occasions without one are left out. */
function reachedStages(course: Course, terms: Terms, now: number) {
  return progressOf(course, terms, now).filter(({ begun }) => begun.length > 0)
}

export const hardest = (states: readonly State[]): State =>
  STATES[Math.max(0, ...states.map((state) => STATES.indexOf(state)))] as State
