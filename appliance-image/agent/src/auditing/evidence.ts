import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reporter } from '@domicile/license/audit'
import { type DayHours, type Finding, verifyLedger } from '@domicile/license/ledger'
import { type RecordLine, readRecord } from '@domicile/license/record'
import { Refusal } from '../refusal.ts'
import type { DayFile, LedgerReader } from './ledger-reader.ts'

/** UTC days, both inclusive. */
export interface Days {
  readonly from: string
  readonly to: string
}

interface ReadRecord {
  /** As far as they hold. */
  readonly lines: readonly RecordLine[]
  readonly first: RecordLine
  /** The text of the file when it does not hold. */
  readonly broken: string | null
}

/**
 * Reads the record of a licence folder.
 * @throws Refusal RECORD_UNREADABLE when not even its first line holds
 */
export function recordIn(folder: string): ReadRecord {
  const text = readFileSync(join(folder, 'record.jsonl'), 'utf8')
  // The agent may be writing the next line.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const { lines, problem } = readRecord(whole)
  const [first] = lines
  if (!first) throw unreadable(problem)
  return { lines, first, broken: problem === null ? null : whole }
}

export interface Verification {
  readonly record: ReadRecord
  /** Where it ended for the agent. */
  readonly head: Pick<RecordLine, 'n' | 'hash'>
  readonly ledger: LedgerReader
  /** Days of which the files are read; of the others it is enough that they are there. */
  readonly within: Days
  readonly installation: Reporter['installation']
  /** Licence time, ISO 8601. */
  readonly now: string
}

/** Everything that is wrong with the record, with every seal in it, and with the days that a report is made of. */
export function verified({ record, head, ledger, within, installation, now }: Verification): Finding[] {
  const textOf = (file: DayFile, day: string) => {
    if (day >= within.from && day <= within.to) return ledger.text(file, day)
    return ledger.has(file, day) ? undefined : null
  }
  const shortened = record.broken === null && record.lines[head.n - 1]?.hash !== head.hash
  const findings = verifyLedger({
    record: record.broken ?? record.lines,
    filesOf: (day) => ({ samples: textOf('samples', day), hours: textOf('hours', day) }),
    filedDays: ledger.filedDays(),
    publicKey: createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: installation.publicKey } }),
    today: now.slice(0, 10),
  })
  return shortened ? [putBack(head.n), ...findings] : findings
}

const putBack = (n: number): Finding => ({
  code: 'RECORD_PUT_BACK',
  day: null,
  message: `Line ${n}, with which the agent ended the record, is not in the file any more: it was shortened or put back while the agent ran.`,
})

/**
 * Days by the hour, each read when it is its turn, as often as that comes: years of them do not fit into the memory of the
 * agent's container. Those that cannot be read are left out, and found by `verified`.
 */
export function daysOf(ledger: LedgerReader, { from, to }: Days): Iterable<DayHours> {
  return {
    *[Symbol.iterator]() {
      for (const hours of ledger.since(from)) if (hours.day <= to) yield hours
    },
  }
}

const unreadable = (problem: string | null) =>
  new Refusal({
    code: 'RECORD_UNREADABLE',
    message: `The record can not be read (${problem ?? 'it is empty'}): there is nothing that a report could be made of.`,
    hint: 'Start the agent anew: it keeps what is there beside, and writes down what happened: domicile restart agent',
  })
