import { createHash } from 'node:crypto'
import type { Chain } from '../document/index.ts'

/**
 * What an appliance writes down about its licence, one line an event, each with the hash of the one before: nothing in the
 * middle can be changed or left out unseen. Two copies of an appliance have one beginning and, from the moment of copying,
 * different lines.
 */
export interface RecordLine {
  /** Counted from 1. */
  readonly n: number
  /** Licence time, ISO 8601. */
  readonly at: string
  /** What the wall clock said, ISO 8601. */
  readonly wall: string
  readonly kind: string
  readonly data: Readonly<Record<string, unknown>>
  /** Hash of the line before; 64 zeros in the first. */
  readonly previous: string
  /** SHA-256 of this line's other fields as JSON with sorted keys. */
  readonly hash: string
}

export type RecordEntry = Pick<RecordLine, 'at' | 'wall' | 'kind' | 'data'>

/** Lines of this kind are checkpoints: what a request or a usage report was made from. */
export const EXCHANGE = 'exchange'

const GENESIS = '0'.repeat(64)
/** As many as a request may carry; after that the oldest between first and last are left out. */
const MOST_CHECKPOINTS = 1000

export function lineAfter(last: Pick<RecordLine, 'n' | 'hash'> | null, entry: RecordEntry): RecordLine {
  const line = { n: (last?.n ?? 0) + 1, ...entry, previous: last?.hash ?? GENESIS }
  return { ...line, hash: hashOf(line) }
}

export interface ReadRecord {
  readonly lines: readonly RecordLine[]
  /** The first thing that is wrong with the chain, in words; null when it holds. Lines from there on are left out. */
  readonly problem: string | null
  /** Bytes up to the end of the last whole line: what follows was cut while it was written and never counted. */
  readonly wholeBytes: number
}

/** Reads the file's text; believes nothing of it. */
export function readRecord(text: string): ReadRecord {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const wholeBytes = Buffer.byteLength(whole)
  const lines: RecordLine[] = []
  for (const [index, written] of whole.split('\n').slice(0, -1).entries()) {
    const line = parse(written)
    const problem = line ? problemOf(line, lines.at(-1)) : 'it is not JSON'
    if (!line || problem) return { lines, problem: `line ${index + 1}: ${problem}`, wholeBytes }
    lines.push(line)
  }
  return { lines, problem: null, wholeBytes }
}

/** @throws RangeError when there is no line yet */
export function chainOf(lines: readonly RecordLine[]): Chain {
  const [first] = lines
  const last = lines.at(-1)
  if (!first || !last) throw new RangeError('An empty record has no chain.')
  const all = lines.filter(({ kind }) => kind === EXCHANGE).map(({ n, hash }) => ({ length: n, hash }))
  const checkpoints = all.length > MOST_CHECKPOINTS ? [...all.slice(0, 1), ...all.slice(1 - MOST_CHECKPOINTS)] : all
  return { genesis: first.hash, length: last.n, head: last.hash, checkpoints }
}

function problemOf(line: RecordLine, before: RecordLine | undefined): string | null {
  if (line.n !== (before?.n ?? 0) + 1) return `its number is ${line.n}`
  if (line.previous !== (before?.hash ?? GENESIS)) return 'it does not follow the line before'
  const { hash, ...rest } = line
  return hash === hashOf(rest) ? null : 'its content does not fit its hash'
}

function parse(text: string): RecordLine | null {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as RecordLine) : null
  } catch {
    return null
  }
}

const hashOf = (line: Omit<RecordLine, 'hash'>): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(line)))
    .digest('hex')

/** Keys in order at every depth, so that equal content has one text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]))
}
