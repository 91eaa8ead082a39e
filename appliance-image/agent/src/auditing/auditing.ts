import { createPrivateKey, createPublicKey, hash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { composeReport, evidenceDays, licencesIn, timezoneOf } from '@domicile/license/audit'
import { type Claims, signDocument } from '@domicile/license/document'
import { type DayHours, verifyLedger } from '@domicile/license/ledger'
import { readRecord } from '@domicile/license/record'
import { dayAt } from '@domicile/license/terms'
import { Refusal } from '../refusal.ts'
import type { Audited, Auditor, AuditRequest } from './auditor.ts'
import { LedgerReader } from './ledger-reader.ts'
import { periodOf } from './period.ts'

const REPORT = /^audit-[0-9a-f-]{36}\.jsonl$/
const LEFT_AFTER_MS = 10 * 60_000

/** In the process that asks; `forkedAuditor` has it done in another. */
export const auditing: Auditor = {
  audit: async (request) => {
    try {
      return await audit(request)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { code, message, hint } = error
      return { refused: { code, message, hint } }
    }
  },
}

async function audit(request: AuditRequest): Promise<Audited> {
  const { reporter, now, into, contract, seq, usage } = request
  const ledger = new LedgerReader(join(request.folder, 'ledger'))
  const { lines, first, findings } = verified(request, ledger)
  const { licences } = licencesIn(lines, null, reporter)
  const zoneOn = (day: string) => timezoneOf(licences, { from: day, to: day })
  const dayOf = (instant: string) => dayAt(Date.parse(instant), zoneOn(now.slice(0, 10)))
  const period = periodOf(request.period, { first: dayOf(first.at), today: dayOf(now) })
  const timezone = zoneOn(period.to)
  const evidence = { lines, days: daysOf(ledger, evidenceDays(period, timezone)) }
  const parts = { reporter, period, timezone, madeAt: now, evidence, contract, seq, usage, vendorKeys: null }
  return { ...written(into, await composeReport(parts, signerOf(request))), period, findings }
}

const signerOf =
  ({ reporter, privateKey }: AuditRequest) =>
  async (claims: Claims<'usage'>) =>
    signDocument('usage', claims, { kid: reporter.installation.id, privateKey: createPrivateKey(privateKey) })

/** The record, as far as it holds, and everything that is wrong with it and with the days that it seals. */
function verified({ folder, reporter, now }: AuditRequest, ledger: LedgerReader) {
  const text = readFileSync(join(folder, 'record.jsonl'), 'utf8')
  // The agent may be writing the next line.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const { lines, problem } = readRecord(whole)
  const [first] = lines
  if (!first) throw unreadable(problem)
  const findings = verifyLedger({
    record: problem === null ? lines : whole,
    filesOf: (day) => ({ samples: ledger.text('samples', day), hours: ledger.text('hours', day) }),
    filedDays: ledger.filedDays(),
    publicKey: createPublicKey({
      format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: reporter.installation.publicKey },
    }),
    today: now.slice(0, 10),
  })
  return { lines, first, findings }
}

/** Days by the hour between two UTC days. */
function daysOf(ledger: LedgerReader, { from, to }: { from: string; to: string }): DayHours[] {
  const days = ledger.filedDays().filter((day) => day >= from && day <= to)
  return days.flatMap((day) => ledger.hours(day) ?? [])
}

/** Writes the report, for who asked to read and to take away; what nobody took is removed. */
function written(into: string, text: string): Pick<Audited, 'file' | 'bytes' | 'sha256'> {
  for (const name of readdirSync(into).filter((name) => REPORT.test(name))) {
    const path = join(into, name)
    if (Date.now() - statSync(path).mtimeMs > LEFT_AFTER_MS) rmSync(path, { force: true })
  }
  const file = `audit-${randomUUID()}.jsonl`
  const path = join(into, file)
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
  return { file, bytes: Buffer.byteLength(text), sha256: hash('sha256', text) }
}

const unreadable = (problem: string | null) =>
  new Refusal({
    code: 'RECORD_UNREADABLE',
    message: `The record can not be read (${problem ?? 'it is empty'}): there is nothing that a report could be made of.`,
    hint: 'Start the agent anew: it keeps what is there beside, and writes down what happened: domicile restart agent',
  })
