import type { Terms } from '../terms/index.ts'
import { iso } from '../utc.ts'
import { standing } from './standing.ts'
import type { Effects, Reason, Standing, StandingEvent, State, Usage } from './types.ts'
import { dayInWords } from './wording.ts'

/** Something on the way: how things stand at the beginning, what happens, and what begins or is over because of it. */
export interface CalendarEntry {
  /** Instant; that of the first entry is the beginning of the calendar. */
  readonly at: string
  /** Of the appliance, all tracks together, from then on. */
  readonly state: State
  readonly kind: 'stands' | 'happens' | 'begins' | 'ends' | 'tier'
  readonly track: string
  readonly stage: string
  readonly clause: string
  readonly text: string
  /** Ids of the notices that are first shown then. */
  readonly notices: readonly string[]
}

/** From `from` until `until` the appliance is in one state with one set of effects. */
export interface Band {
  readonly from: string
  readonly until: string
  readonly state: State
  readonly readOnly: boolean
  readonly blocked: string | null
}

export interface Calendar {
  readonly entries: readonly CalendarEntry[]
  readonly bands: readonly Band[]
  /** What happened or was supposed, with every notice that was counted as shown. */
  readonly events: readonly StandingEvent[]
}

export interface Span {
  readonly events: readonly StandingEvent[]
  readonly usage: Usage
  readonly terms: Terms
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

/** More changes than this in one calendar are a profile that goes in circles. */
const MOST_CHANGES = 5000

/**
 * Everything that changes between two instants, if the events are all that happens and each notice is shown as soon as it
 * is due. Events may lie in the future; they take effect when they come.
 */
export function calendar({ events, usage, terms, from, to }: Span): Calendar {
  let known = [...events]
  const entries: CalendarEntry[] = []
  const bands: Band[] = []
  let before: Standing | null = null
  let now = from
  for (let count = 0; now <= to && count < MOST_CHANGES; count += 1) {
    const shown = withNoticesShown(known, usage, terms, now)
    const after = standing({ events: shown, usage, now, terms })
    const happened = before ? known.filter((event) => Date.parse(event.at) === now) : []
    entries.push(...happened.flatMap((event) => happening(event, after)))
    entries.push(...entriesBetween(before, after, terms, now, newlyShown(known, shown)))
    extend(bands, after, now, to)
    known = shown
    before = after
    const next = [nextEvent(known, now), after.next ? Date.parse(after.next.at) : null].filter((at) => at !== null)
    if (next.length === 0) break
    now = Math.max(Math.min(...next), now + 1)
  }
  return { entries, bands, events: known }
}

/** Showing one notice may let the next one begin at once: as often as there are stages, and no more. */
function withNoticesShown(events: StandingEvent[], usage: Usage, terms: Terms, now: number): StandingEvent[] {
  let known = events
  for (let round = 0; round < 20; round += 1) {
    const { notices } = standing({ events: known, usage, now, terms }).effects
    const told = new Set(known.flatMap((event) => (event.kind === 'notice-shown' ? [event.key] : [])))
    const fresh = notices.filter(({ key }) => !told.has(key))
    if (fresh.length === 0) return known
    const at = iso(now)
    const later = known.findIndex((event) => Date.parse(event.at) > now)
    const position = later < 0 ? known.length : later
    known = known.toSpliced(position, 0, ...fresh.map(({ key }) => ({ at, kind: 'notice-shown' as const, key })))
  }
  return known
}

const newlyShown = (before: readonly StandingEvent[], after: readonly StandingEvent[]) =>
  after.flatMap((event) => (event.kind === 'notice-shown' && !before.includes(event) ? [event.key] : []))

function nextEvent(events: readonly StandingEvent[], now: number): number | null {
  const later = events.map((event) => Date.parse(event.at)).filter((at) => at > now)
  return later.length > 0 ? Math.min(...later) : null
}

const sameReason = (a: Reason) => (b: Reason) =>
  a.track === b.track && a.stage === b.stage && (a.since === b.since || a.track === 'limits')

function entriesBetween(
  before: Standing | null,
  after: Standing,
  terms: Terms,
  now: number,
  keys: readonly string[],
): CalendarEntry[] {
  const at = iso(now)
  const entry = (kind: CalendarEntry['kind'], { track, stage, clause, text }: Omit<Reason, 'state' | 'since'>) => ({
    ...{ at, state: after.state, kind, track, stage, clause, text },
    notices: keys.filter((key) => key.startsWith(`${track}/`)).map(noticeOfKey),
  })
  const old = before?.reasons ?? []
  const begun = after.reasons.filter((reason) => !old.some(sameReason(reason)))
  const over = old.filter(
    (reason) => !after.reasons.some((one) => sameReason(reason)(one) || one.track === reason.track),
  )
  const tierChanged = before !== null && before.effects.tier !== after.effects.tier
  return [
    ...(before === null && begun.length === 0 ? [entry('stands', standsAs(after))] : []),
    ...over.map((reason) => entry('ends', { ...reason, text: `This is over: “${reason.stage}” of ${reason.track}.` })),
    ...begun.map((reason) => entry(before === null ? 'stands' : 'begins', reason)),
    ...(tierChanged ? [entry('tier', tierEntry(after.effects, terms))] : []),
  ]
}

const standsAs = ({ state }: Standing) => ({
  ...{ track: '', stage: '', clause: '' },
  text: state === 'unlicensed' ? 'No licence is in force.' : 'Nothing is due.',
})

const tierEntry = ({ tier }: Effects, { tiers }: Terms) => ({
  ...{ track: 'tier', stage: tier ?? '', clause: tiers?.clause ?? '' },
  text: `Tier ${tier ?? '–'} counts from now on.`,
})

/** What people or the vendor did; showing notices and counting are told with what they lead to. */
function happening(event: StandingEvent, { state }: Standing): CalendarEntry[] {
  const entry = (stage: string, clause: string, text: string): CalendarEntry[] => [
    { at: event.at, state, kind: 'happens', track: 'event', stage, clause, text, notices: [] },
  ]
  switch (event.kind) {
    case 'imported':
      return entry(event.document, clauseOf(event), importedText(event))
    case 'terminated':
      return entry('terminated', '', `Notice is given; the contract ends with ${day(event.effective)}. ${event.reason}`)
    case 'termination-withdrawn':
      return entry('termination-withdrawn', '', 'The notice that was given is withdrawn.')
    case 'metered':
      return entry('metered', '', `${event.meter} is ${event.value.toLocaleString('en-GB')}.`)
    case 'notice-shown':
      return []
  }
}

const day = (value: string) => dayInWords(value, 'en')

const clauseOf = (event: Extract<StandingEvent, { kind: 'imported' }>) =>
  event.document === 'order' ? event.claims.clause : ''

function importedText(event: Extract<StandingEvent, { kind: 'imported' }>): string {
  switch (event.document) {
    case 'licence':
      return `Licence ${event.claims.contract}, number ${event.claims.seq}, comes into force.`
    case 'renewal':
      return event.claims.until ? `The licence is renewed until ${day(event.claims.until)}.` : 'The licence is renewed.'
    case 'receipt':
      return `Payment through ${day(event.claims.paidThrough)} is received.`
    case 'order':
      return `An order to ${event.claims.action} arrives: ${event.claims.reason}`
  }
}

const noticeOfKey = (key: string) => key.slice(key.indexOf('/') + 1, key.lastIndexOf('@'))

function extend(bands: Band[], { state, effects }: Standing, now: number, to: number) {
  const last = bands.at(-1)
  const band = {
    ...{ from: iso(now), until: iso(to), state },
    ...{ readOnly: effects.readOnly, blocked: effects.blocked?.page ?? null },
  }
  if (last?.state === band.state && last.readOnly === band.readOnly && last.blocked === band.blocked) return
  if (last) bands[bands.length - 1] = { ...last, until: band.from }
  bands.push(band)
}
