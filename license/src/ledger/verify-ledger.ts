import type { KeyObject } from 'node:crypto'
import { type RecordLine, readRecord } from '../record/index.ts'
import { plusDays } from '../utc.ts'
import { readSeal, sealHolds } from './seal.ts'
import { type DaySeal, type Finding, SEAL } from './types.ts'
import { unexplainedBetween, unwatchedIn } from './unwatched.ts'
import { type DayFiles, verifyOpenDay, verifySealedDay } from './verify-day.ts'

/** Everything that a ledger is, as it is found; nothing of it is believed. */
export interface LedgerEvidence {
  /** The record: the text of its file, or the lines that were read of it by `readRecord`. */
  readonly record: string | readonly RecordLine[]
  /** The files of a UTC day. Called once a day and in order, so that one day is in memory at a time. */
  readonly filesOf: (day: string) => DayFiles
  /** UTC days of which there is any file. */
  readonly filedDays: readonly string[]
  /** Of the installation; null: signatures are not looked at. */
  readonly publicKey: KeyObject | null
  /** UTC day of licence time: how much must still be kept. */
  readonly today: string
}

/**
 * Everything that is wrong with a ledger, in the order of its days. That the end of a record was cut off, or that it was put
 * back to an earlier state whole, cannot be seen from within: that is what the vendor's counter-signatures are for.
 */
export function verifyLedger({ record, filesOf, filedDays, publicKey, today }: LedgerEvidence): Finding[] {
  const { lines, problem } = typeof record === 'string' ? readWhole(record) : { lines: record, problem: null }
  const findings: Finding[] = problem ? [recordBroken(problem)] : []
  const order = new Order(lines)
  const sealedAt = new Map<string, number>()
  const seals = lines.flatMap((line) => (line.kind === SEAL ? { line, seal: readSeal(line.data) } : []))
  for (const { line, seal } of seals) if (seal) sealedAt.set(seal.day, line.n)
  for (const { line, seal } of seals) {
    if (!seal) {
      findings.push(unsigned(line, null, 'is no seal'))
      continue
    }
    findings.push(...order.next(seal, line))
    const before = { n: line.n - 1, hash: line.previous }
    if (publicKey && !sealHolds(seal, before, publicKey)) {
      findings.push(unsigned(line, seal.day, `is not signed by the installation’s key`))
    }
    if (sealedAt.get(seal.day) === line.n) findings.push(...verifySealedDay(seal, filesOf(seal.day), today))
  }
  return [...findings, ...verifyUnsealed({ filesOf, filedDays, today }, order)]
}

function readWhole(text: string): { lines: readonly RecordLine[]; problem: string | null } {
  const { lines, problem, wholeBytes } = readRecord(text)
  const cut = wholeBytes === Buffer.byteLength(text) ? null : `it ends in the middle of line ${lines.length + 1}`
  return { lines, problem: problem ?? cut }
}

/**
 * Seals follow each other day by day, each after its day was over; what is left out in between, the record explains. Where the
 * vendor's word set licence time back, days come again, and the last seal of a day counts.
 */
class Order {
  readonly #unwatched: ReturnType<typeof unwatchedIn>
  /** Numbers of the lines with which licence time was set. */
  readonly #turns: readonly number[]
  readonly days = new Set<string>()
  last: string | null = null
  #passed = 0

  constructor(lines: readonly RecordLine[]) {
    this.#unwatched = unwatchedIn(lines)
    this.#turns = lines
      .filter(({ kind, data }) => kind === 'imported' && data['document'] === 'unlock')
      .map(({ n }) => n)
  }

  next({ day }: DaySeal, { n, at }: RecordLine): Finding[] {
    const [before, again] = [this.last, this.days.has(day)]
    const turned = this.#turnedUntil(n)
    this.days.add(day)
    if (before !== null && day <= before && !turned) {
      const how = again ? 'a second time' : `after ${before}`
      return [contradicts(day, `line ${n} of the record seals it ${how}`)]
    }
    this.last = day
    const early =
      at.slice(0, 10) <= day ? [contradicts(day, `line ${n} of the record sealed it before it was over`)] : []
    const missed = before === null || turned ? [] : unexplainedBetween(before, day, this.#unwatched)
    return [...stretches(missed).map(sealMissing), ...early]
  }

  /** Whether licence time was set since the last seal. */
  #turnedUntil(line: number): boolean {
    const passed = this.#passed
    while ((this.#turns[this.#passed] ?? Number.POSITIVE_INFINITY) <= line) this.#passed++
    return this.#passed > passed
  }
}

/**
 * Files of days without a seal: yesterday’s may be sealed any minute, and so may the last samples before a time in which
 * nobody counted, however long it was. Any other day was sealed, or never counted.
 */
function verifyUnsealed(
  { filesOf, filedDays, today }: Pick<LedgerEvidence, 'filesOf' | 'filedDays' | 'today'>,
  { days, last }: Pick<Order, 'days' | 'last'>,
): Finding[] {
  const newest = filedDays.toSorted().at(-1)
  return filedDays
    .filter((day) => !days.has(day))
    .toSorted()
    .flatMap((day) => {
      const { samples, hours } = filesOf(day)
      const open = plusDays(day, 1) >= today || (day === newest && !hours)
      if ((last !== null && day <= last) || !open) return [sealMissingThoughFiled(day)]
      return samples ? verifyOpenDay(day, samples) : []
    })
}

/** Days one after the other are one finding. */
function stretches(days: readonly string[]): [first: string, last: string][] {
  const found: [string, string][] = []
  for (const day of days) {
    const open = found.at(-1)
    if (open && plusDays(open[1], 1) === day) open[1] = day
    else found.push([day, day])
  }
  return found
}

const recordBroken = (problem: string): Finding => ({
  code: 'RECORD_BROKEN',
  day: null,
  message: `The record does not hold: ${problem}. Nothing from there on is believed.`,
})

const unsigned = ({ n }: RecordLine, day: string | null, why: string): Finding => ({
  code: 'SEAL_UNSIGNED',
  day,
  message: `Line ${n} of the record, which should seal ${day ?? 'a day'}, ${why}.`,
})

const contradicts = (day: string, why: string): Finding => ({
  code: 'SEAL_CONTRADICTS',
  day,
  message: `The seal of ${day} contradicts the record: ${why}.`,
})

const sealMissing = ([first, last]: readonly [string, string]): Finding => ({
  code: 'SEAL_MISSING',
  day: first,
  message:
    first === last
      ? `${first} is not sealed, and nothing in the record says why nobody looked on that day.`
      : `${first} to ${last} are not sealed, and nothing in the record says why nobody looked on those days.`,
})

const sealMissingThoughFiled = (day: string): Finding => ({
  code: 'SEAL_MISSING',
  day,
  message: `There are files of ${day}, and the record does not seal that day: it is not the record they were made with.`,
})
