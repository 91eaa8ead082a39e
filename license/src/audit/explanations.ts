import type { RecordLine } from '../record/index.ts'
import { MINUTE_MS } from '../utc.ts'
import { mayLeave } from './record-kinds.ts'

/** A stretch of time, in milliseconds since 1970. */
interface Time {
  readonly from: number
  readonly until: number
}

interface Held extends Time {
  /** Of these meters alone; null: of all. */
  readonly meters: readonly string[] | null
}

/** Why something is not known. */
export type Cause = 'gap' | 'clock' | 'meters-unreachable' | 'seats-unreachable'

/** When each of them held, by what the record says. */
export type Causes = Readonly<Record<Cause, readonly Held[]>>

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
function pauses({ at, data }: RecordLine): Held[] {
  const [from, until, written] = [String(data['from']), String(data['until']), at].map((text) => Date.parse(text))
  return [
    { from: from as number, until: until as number, meters: null },
    { from: (written as number) - Number(data['seconds']) * 1000, until: written as number, meters: null },
  ]
}

const jumps = ({ data: { kind, at, byMs } }: RecordLine): Held[] =>
  kind === 'believed' ? [{ from: Number(at) - Number(byMs), until: Number(at), meters: null }] : []

/** Each line ends what the one before said; what has not ended goes on. */
function between(all: readonly RecordLine[], begin: string, end: string): Held[] {
  const lines = all.filter(({ kind }) => kind === begin || kind === end)
  return lines.flatMap(({ kind, at, data }, index) => {
    const until = lines[index + 1]?.at
    const meters = Array.isArray(data['meters']) ? data['meters'].map(String) : null
    const ends = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)
    return kind === begin ? [{ from: Date.parse(at), until: ends, meters }] : []
  })
}

/**
 * What the record says about a time, looking only at causes that matter there.
 * @param names of the meters in question
 */
export function explained(
  time: Time,
  causes: Causes,
  candidates: readonly Cause[],
  names: readonly string[] = [],
): Explanation {
  const holds = ({ meters }: Held) => meters === null || names.every((name) => meters.includes(name))
  const found = candidates
    .map((cause) => ({ cause, times: causes[cause].filter(holds).flatMap((other) => overlap(time, other)) }))
    .filter(({ times }) => times.length > 0)
  const times = found.flatMap(({ times }) => times)
  return {
    from: Math.min(...times.map(({ from }) => from)),
    until: Math.max(...times.map(({ until }) => until)),
    minutes: Math.round(lengthOf(times) / MINUTE_MS),
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
