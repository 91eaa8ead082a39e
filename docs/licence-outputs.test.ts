import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TestInstallation } from '@domicile/license/testing/audit/audit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as outputs from './generator/outputs.ts'

/** What the program prints is what the schemas say, with nothing beside it. Here: what needs no appliance. */

const PROGRAM = join(import.meta.dirname, '../cli/bin/domicile.ts')
const REQUEST = join(import.meta.dirname, '../license/src/document/golden/request.lic')
const INSTALLATION = '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f'
const SPEC = `
vendor: Vendor d.o.o.
contract: K-17/2026
seq: 1
product: erp
purpose: production
customer: { name: Naročnik d.o.o., taxNumber: SI12345678 }
limits:
  users: { max: 10, behaviour: refuse }
  sessions: { max: 4, behaviour: refuse }
  meters: { invoices: { max: 1000, behaviour: warn, per: month } }
modules: { sale: { users: { max: 5, behaviour: refuse }, from: 2026-01-01 } }
term: { from: 2026-01-01, until: 2026-12-31 }
maintenanceUntil: 2026-12-31
paidThrough: 2026-03-31
`

/** A report of twenty days, and an earlier one of the first ten. */
async function writeReports(): Promise<void> {
  const one = TestInstallation.licensed('2026-01-01T08:00Z').live('2026-01-01', '2026-01-10')
  const january = await one.report({ from: '2026-01-01', to: '2026-01-10' }, '2026-01-11T09:00:00Z')
  one.live('2026-01-11', '2026-01-20')
  const later = await one.report({ from: '2026-01-11', to: '2026-01-20' }, '2026-01-21T09:00:00Z')
  writeFileSync(join(folder, 'earlier.jsonl'), january)
  writeFileSync(join(folder, 'report.jsonl'), later)
  writeFileSync(join(folder, 'prices.yaml'), 'currency: EUR\nusers: { licence: 120.00 }\n')
}

const folder = mkdtempSync(join(tmpdir(), 'licence-outputs-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function printed(...argv: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...argv, '--json'], { cwd: folder })
  return JSON.parse(stdout)
}

const vendor = (...argv: string[]) => printed('vendor', 'license', ...argv)
const audit = (...argv: string[]) => printed('vendor', 'audit', ...argv)
const signed = (...argv: string[]) => vendor(...argv, '--key', 'vendor.key')
const inContract = ['--contract', 'K-17/2026', '--seq', '2']

let licence: unknown
beforeAll(async () => {
  writeFileSync(join(folder, 'k-17.yaml'), SPEC)
  writeFileSync(join(folder, 'k-18.yaml'), SPEC.replaceAll('K-17', 'K-18'))
  await writeReports()
  await printed('vendor', 'keygen')
  licence = await signed('issue', '--spec', 'k-17.yaml', '--terms', 'erp-on-premises', '--out', 'k-17.lic')
}, 30_000)

test.each([
  ['licence', async () => licence],
  ['renewal', () => signed('renew', '--licence', 'k-17.lic', '--seq', '2', '--users', '12')],
  ['licence', () => signed('issue', '-s', 'k-18.yaml', '-t', 'erp-on-premises', '-r', REQUEST, '-o', 'k-18.lic')],
  ['receipt', () => signed('receipt', ...inContract, '--paid-through', '2026-06-30')],
  ['order', () => signed('order', 'suspend', ...inContract, '--clause', '4.7', '--reason', 'Danger.', '--urgent')],
  ['unlock', () => signed('unlock', '--installation', INSTALLATION, '--at', '2026-03-01T12:00Z', '--reason', 'Clock.')],
  ['anchor', () => audit('countersign', REQUEST, '--key', 'vendor.key')],
  ['keys', () => signed('keys', 'rotate', '--version', '1')],
])('a signed document: %s', { timeout: 30_000 }, async (kind, run) => {
  const output = await run()

  expect(outputs.vendorLicenseDocument.parse(output)).toEqual(output)
  expect(output).toMatchObject({ kind })
})

test.each([
  ['vendor license show', outputs.vendorLicenseShow, () => vendor('show', 'k-17.lic', '--vendor-key', 'vendor.pub')],
  ['vendor license compare', outputs.vendorLicenseCompare, () => vendor('compare', REQUEST, REQUEST)],
  [
    'vendor audit verify',
    outputs.vendorAuditVerify,
    () => audit('verify', 'report.jsonl', '--installation-key', REQUEST, '--since', 'earlier.jsonl'),
  ],
  [
    'vendor audit reconcile',
    outputs.vendorAuditReconcile,
    () => audit('reconcile', 'earlier.jsonl', 'report.jsonl', '--licence', 'k-17.lic', '--prices', 'prices.yaml'),
  ],
  ['vendor audit compare', outputs.vendorAuditCompare, () => audit('compare', 'earlier.jsonl', 'report.jsonl')],
  [
    'license simulate',
    outputs.licenseSimulate,
    () => printed('license', 'simulate', '--licence', 'k-17.lic', '--from', '2026-01-01', '--never-pay'),
  ],
])('%s', { timeout: 30_000 }, async (_, schema, run) => {
  const output = await run()

  expect(schema.parse(output)).toEqual(output)
})

test('another form is noticed', () => {
  expect(() => outputs.licenseRequest.parse({ changed: true, file: 'request.lic', request: '' })).toThrow()
  expect(() => outputs.vendorLicenseDocument.parse({ ...(licence as object), kind: 'order' })).toThrow()
})
