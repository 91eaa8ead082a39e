import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerFolder } from '../../../appliance-image/agent/src/metering/ledger-folder.ts'
import { auditFigures, evidenceDays, licencesIn } from '../../../license/src/audit/index.ts'
import { readHours, verifyLedger } from '../../../license/src/ledger/index.ts'
import { readRecord } from '../../../license/src/record/index.ts'

/**
 * Runs one piece of work in a process of its own, so that its memory is its own, and prints `{seconds, megabytes, …}`:
 * `verify FOLDER PUBLIC_KEY TODAY` or `audit FOLDER PUBLIC_KEY FROM TO`.
 */
const [what, folder = '', publicKey = '', ...rest] = process.argv.slice(2)
const ledger = new LedgerFolder(join(folder, 'ledger'))
const recordText = () => readFileSync(join(folder, 'record.jsonl'), 'utf8')
const textAt = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null)

function verify(today = ''): object {
  const days = ledger.days()
  const findings = verifyLedger({
    record: recordText(),
    filesOf: (day) => ({ samples: textAt(ledger.samplesPath(day)), hours: ledger.hoursText(day) }),
    filedDays: [...new Set([...days.samples, ...days.hours])],
    publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' }),
    today,
  })
  return { findings: findings.length }
}

/** From files to figures: what an appliance does for a report, but for composing it. */
function audit(from = '', to = ''): object {
  const timezone = 'Europe/Ljubljana'
  const wanted = evidenceDays({ from, to }, timezone)
  const { lines } = readRecord(recordText())
  const days = ledger
    .days()
    .hours.filter((day) => day >= wanted.from && day <= wanted.to)
    .flatMap((day) => readHours(ledger.hoursText(day) ?? '').hours ?? [])
  const installation = { id: '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f', publicKey }
  const reporter = { installation, product: 'erp', version: '6.0.29', purpose: 'production' } as const
  const { licences } = licencesIn(lines, null, reporter)
  const { covered, sessions } = auditFigures({
    ...{ reporter, timezone, licences },
    period: { from, to },
    evidence: { lines, days },
  })
  return { sampledMinutes: covered?.sampledMinutes, overMinutes: sessions?.overMinutes }
}

const began = performance.now()
const result = what === 'verify' ? verify(...rest) : audit(...rest)
const seconds = (performance.now() - began) / 1000
console.log(JSON.stringify({ seconds, megabytes: process.resourceUsage().maxRSS / 1024, ...result }))
