import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pricesSchema } from '@domicile/license/audit'
import { signDocument } from '@domicile/license/document'
import { level, TestInstallation } from '@domicile/license/testing/audit/audit'
import { erp, hourly } from '@domicile/license/testing/audit/reconcile'
import { vendor } from '@domicile/license/testing/document/testing'
import { afterAll, expect, test } from 'vitest'

const PROGRAM = join(import.meta.dirname, '../cli/bin/domicile.ts')
const PAGE = readFileSync(join(import.meta.dirname, 'vendor/reconciliation.md'), 'utf8')
const block = (language: string) => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(PAGE)?.[1] ?? ''

const folder = mkdtempSync(join(tmpdir(), 'reconciliation-page-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** As the page tells it. */
const EXAMPLE = {
  '2026-01-15T10': { levels: { sessions: level(6, 12) } },
  ...hourly('2026-01-31T08', '2026-01-31T09', { levels: { users: level(13, 60) } }),
  '2026-03-01T22': { levels: { users: level(12, 60) } },
}

test('the example comes to what the page prints', { timeout: 30_000 }, async () => {
  const claims = erp()
  const installation = TestInstallation.licensed('2026-01-01T00:00Z', claims).live('2026-01-01', '2026-04-01', EXAMPLE)
  const report = await installation.report({ from: '2026-01-01', to: '2026-03-31' }, '2026-04-02T09:00:00Z')
  writeFileSync(join(folder, 'audit.jsonl'), report)
  writeFileSync(join(folder, 'k-17.lic'), signDocument('licence', claims, vendor))
  writeFileSync(join(folder, 'prices.yaml'), block('yaml'))
  const argv = ['vendor', 'audit', 'reconcile', 'audit.jsonl', '--licence', 'k-17.lic', '--prices', 'prices.yaml']
  const printed = execFileSync(process.execPath, [PROGRAM, ...argv], { cwd: folder, encoding: 'utf8' })

  expect(printed).toContain(block('text'))
})

test('the page names every key of a price list', () => {
  const inner = (part: unknown): string[] => {
    const { def } = part as { def: Record<string, unknown> & { shape?: Record<string, unknown> } }
    const own = Object.entries(def.shape ?? {}).flatMap(([key, value]) => [key, ...inner(value)])
    const below = ['innerType', 'valueType'].flatMap((name) => (def[name] ? inner(def[name]) : []))
    return [...own, ...below]
  }
  const [, table = ''] = /## The price list\n(.*)$/s.exec(PAGE) ?? []
  const keys = [...new Set(inner(pricesSchema))]

  expect(keys).toEqual(expect.arrayContaining(['currency', 'services', 'per', 'maintenance']))
  expect(keys.filter((key) => !table.includes(`\`${key}\``))).toEqual([])
})
