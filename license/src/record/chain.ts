import { createHash } from 'node:crypto'
import type { Chain } from '../document/index.ts'
import { readJson, sortedJson } from './json.ts'

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

/** Lines of this kind name a proof of a backup: its number and its digest, and what came of it. */
export const BACKUP_PROOF = 'backup-proof'

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
  for (const written of whole.split('\n').slice(0, -1)) {
    const read = followingLine(written, lines.at(-1) ?? null)
    if ('problem' in read) return { lines, problem: read.problem, wholeBytes }
    lines.push(read.line)
  }
  return { lines, problem: null, wholeBytes }
}

/** Reads one line of the file as it should follow the one before; `problem`: why it does not, in words. */
export function followingLine(
  written: string,
  before: Pick<RecordLine, 'n' | 'hash'> | null,
): { readonly line: RecordLine } | { readonly problem: string } {
  const line = parse(written)
  const problem = line ? problemOf(line, before) : 'it is not a line of a record'
  if (!line || problem) return { problem: `line ${(before?.n ?? 0) + 1}: ${problem}` }
  return { line }
}

/** @throws RangeError when there is no line yet */
export function chainOf(lines: readonly RecordLine[]): Chain {
  const chain = lines.reduce<Chain | null>(chainAfter, null)
  if (!chain) throw new RangeError('An empty record has no chain.')
  return chain
}

/** The chain with one line more; null before the first. */
export function chainAfter(chain: Chain | null, { n, hash, kind }: RecordLine): Chain {
  const before = chain?.checkpoints ?? []
  const checkpoints = kind === EXCHANGE ? atMost([...before, { length: n, hash }]) : before
  return { genesis: chain?.genesis ?? hash, length: n, head: hash, checkpoints }
}

const atMost = (checkpoints: Chain['checkpoints']) =>
  checkpoints.length > MOST_CHECKPOINTS ? checkpoints.toSpliced(1, 1) : checkpoints

function problemOf(line: RecordLine, before: Pick<RecordLine, 'n' | 'hash'> | null): string | null {
  if (line.n !== (before?.n ?? 0) + 1) return `its number is ${line.n}`
  if (line.previous !== (before?.hash ?? GENESIS)) return 'it does not follow the line before'
  const { hash, ...rest } = line
  return hash === hashOf(rest) ? null : 'its content does not fit its hash'
}

function parse(text: string): RecordLine | null {
  const value = readJson(text) as RecordLine | null
  return isLine(value) ? value : null
}

const isLine = (value: RecordLine | null): value is RecordLine =>
  [value?.kind, value?.hash].every((field) => typeof field === 'string') &&
  [value?.at, value?.wall].every((field) => typeof field === 'string' && !Number.isNaN(Date.parse(field))) &&
  typeof value?.data === 'object' &&
  value.data !== null

const hashOf = (line: Omit<RecordLine, 'hash'>): string => createHash('sha256').update(sortedJson(line)).digest('hex')
