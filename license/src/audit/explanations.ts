import type { RecordLine } from '../record/index.ts'
import { mayLeave } from './record-kinds.ts'

/** A stretch of time, in milliseconds since 1970. */
interface Time {
  readonly from: number
  readonly until: number
}

/** Why something is not known. */
export type Cause = 'gap' | 'clock' | 'meters-unreachable' | 'seats-unreachable'

/** When each of them held, by what the record says. */
export type Causes = Readonly<Record<Cause, readonly Time[]>>

export interface Explanation extends Time {
  /** So many of the time in question; 0: none. */
  readonly minutes: number
  readonly words: string
}

const WORDS: Readonly<Record<Cause, string>> = {
  gap: 'the agent did not run',
  clock: 'licence time was moved on when the clock was believed',
  'meters-unreachable': 'the database did not answer',
  'seats-unreachable': 'the table of seats did not answer',
}

export function causesIn(all: readonly RecordLine[]): Causes {
  const lines = all.filter((line) => RELEVANT.has(line.kind) && mayLeave(line))
  return {
    gap: lines.filter(({ kind }) => kind === 'gap').flatMap(pauses),
    clock: lines.filter(({ kind }) => kind === 'clock').flatMap(jumps),
    'meters-unreachable': between(lines, 'meters-unreachable', 'meters-reachable'),
    'seats-unreachable': between(lines, 'seats-unreachable', 'seats-reachable'),
  }
}

const RELEVANT = new Set([
  'gap',
  'clock',
  'meters-unreachable',
  'meters-reachable',
  'seats-unreachable',
  'seats-reachable',
])

/** What the wall said. Licence time may have been behind it; then the pause ended when the line was written. */
function pauses({ at, data }: RecordLine): Time[] {
  const [from, until, written] = [String(data['from']), String(data['until']), at].map((text) => Date.parse(text))
  return [
    { from: from as number, until: until as number },
    { from: (written as number) - Number(data['seconds']) * 1000, until: written as number },
  ]
}

const jumps = ({ data: { kind, at, byMs } }: RecordLine): Time[] =>
  kind === 'believed' ? [{ from: Number(at) - Number(byMs), until: Number(at) }] : []

/** From each time that it began until it ended; what has not ended goes on. */
function between(lines: readonly RecordLine[], begin: string, end: string): Time[] {
  const times: Time[] = []
  let from: number | null = null
  for (const { kind, at } of lines) {
    if (kind === begin) from ??= Date.parse(at)
    if (kind !== end || from === null) continue
    times.push({ from, until: Date.parse(at) })
    from = null
  }
  return from === null ? times : [...times, { from, until: Number.POSITIVE_INFINITY }]
}

/** What the record says about a time, looking only at causes that matter there. */
export function explained(time: Time, causes: Causes, candidates: readonly Cause[]): Explanation {
  const found = candidates
    .map((cause) => ({ cause, times: causes[cause].flatMap((other) => overlap(time, other)) }))
    .filter(({ times }) => times.length > 0)
  const times = found.flatMap(({ times }) => times)
  return {
    from: Math.min(...times.map(({ from }) => from)),
    until: Math.max(...times.map(({ until }) => until)),
    minutes: Math.round(lengthOf(times) / 60_000),
    words: found.map(({ cause }) => WORDS[cause]).join('; '),
  }
}

function overlap(a: Time, b: Time): Time[] {
  const [from, until] = [Math.max(a.from, b.from), Math.min(a.until, b.until)]
  return until > from ? [{ from, until }] : []
}

/** Of all together; what overlaps counts once. */
function lengthOf(times: readonly Time[]): number {
  let [length, reached] = [0, Number.NEGATIVE_INFINITY]
  for (const { from, until } of times.toSorted((a, b) => a.from - b.from)) {
    if (until <= reached) continue
    length += until - Math.max(from, reached)
    reached = until
  }
  return length
}
