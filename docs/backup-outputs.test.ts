import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chainOf, keys } from '@domicile/backup/testing/proof/proof'
import { afterAll, expect, test } from 'vitest'
import * as outputs from './generator/outputs.ts'

/** What the program prints is what the schemas say. Here: what needs no appliance; the compiler holds the rest against the commands. */

const PROGRAM = join(import.meta.dirname, '../cli/bin/domicile.ts')
const folder = mkdtempSync(join(tmpdir(), 'backup-outputs-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('backup report', { timeout: 30_000 }, async () => {
  const weekly = chainOf(4, (number) => ({ at: new Date(Date.UTC(2026, 9, 1 + 7 * number)).toISOString() }))
  writeFileSync(join(folder, 'proofs.txt'), weekly.map((text) => `${text}\n`).join(''))
  const { x = '' } = keys.publicKey.export({ format: 'jwk' })
  const argv = ['backup', 'report', '--verify', 'proofs.txt', '--installation-key', x, '--to', '2026-11-10', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...argv], { cwd: folder })
  const output: unknown = JSON.parse(stdout)

  expect(outputs.backupReport.parse(output)).toEqual(output)
  expect(output).toMatchObject({ findings: [], figures: { proven: 4, failed: 0 } })
})

test('another form is noticed', () => {
  const idle = { restore: null, atWork: null, side: null, idleBytes: null }

  expect(outputs.restoreStatus.parse(idle)).toEqual(idle)
  expect(() => outputs.restoreStatus.parse({ ...idle, side: 'left' })).toThrow()
  expect(() => outputs.backupPolicy.parse({ keep: { days: 7 } })).toThrow()
})

test('every command about backups and restores says what it prints', () => {
  const sections = readFileSync(join(import.meta.dirname, 'reference/commands.md'), 'utf8')
    .split(/^## /m)
    .filter((section) => /^domicile (backup|restore)\b/.test(section))

  expect(sections.length).toBeGreaterThan(20)
  expect(sections.filter((section) => !section.includes('.schema.json')).map((text) => text.split('\n')[0])).toEqual([])
})
