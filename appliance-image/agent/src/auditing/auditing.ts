import { createPrivateKey, hash, randomUUID } from 'node:crypto'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { composeReport, evidenceDays, licencesIn, timezoneOf } from '@domicile/license/audit'
import { type Claims, signDocument } from '@domicile/license/document'
import { dayAt } from '@domicile/license/terms'
import { Refusal } from '../refusal.ts'
import type { Audited, Auditor, AuditRequest } from './auditor.ts'
import { daysOf, recordIn, verified } from './evidence.ts'
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
  const { reporter, now, head, folder, into, contract, seq, usage } = request
  const ledger = new LedgerReader(join(folder, 'ledger'))
  const record = recordIn(folder)
  const { licences } = licencesIn(record.lines, null, reporter)
  const zoneOn = (day: string) => timezoneOf(licences, { from: day, to: day })
  const dayOf = (instant: string) => dayAt(Date.parse(instant), zoneOn(now.slice(0, 10)))
  const period = periodOf(request.period, { first: dayOf(record.first.at), today: dayOf(now) })
  const timezone = zoneOn(period.to)
  const within = evidenceDays(period, timezone)
  const findings = verified({ record, head, ledger, within, installation: reporter.installation, now })
  const evidence = { lines: record.lines, days: daysOf(ledger, within) }
  const parts = { reporter, period, timezone, madeAt: now, evidence, contract, seq, usage, vendorKeys: null }
  return { ...written(into, await composeReport(parts, signerOf(request))), period, findings }
}

const signerOf =
  ({ reporter, privateKey }: AuditRequest) =>
  async (claims: Claims<'usage'>) =>
    signDocument('usage', claims, { kid: reporter.installation.id, privateKey: createPrivateKey(privateKey) })

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
