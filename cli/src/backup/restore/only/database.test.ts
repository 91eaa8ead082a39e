import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exists, WRITE } from './database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dump-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
const write = (name: string, ...command: string[]) => spawnSync('sh', ['-c', WRITE, 'sh', at(name), ...command]).status

test('what a program prints becomes a file that nobody else reads', () => {
  expect(write('dump.sql', 'printf', 'CREATE')).toBe(0)
  expect(readFileSync(at('dump.sql'), 'utf8')).toBe('CREATE')
  expect(statSync(at('dump.sql')).mode & 0o777).toBe(0o600)
})

test('a link in its place is not followed, whether it leads somewhere or not', async () => {
  writeFileSync(at('config'), 'of the archive')
  symlinkSync(at('config'), at('one.sql'))
  symlinkSync(at('not there'), at('two.sql'))

  expect([write('one.sql', 'printf', 'CREATE'), write('two.sql', 'printf', 'CREATE')]).not.toContain(0)
  expect(readFileSync(at('config'), 'utf8')).toBe('of the archive')
  expect(existsSync(at('not there'))).toBe(false)
  expect(await exists(at('two.sql'))).toBe(true)
})

test('a program that fails leaves no half of a file, and its own exit code', () => {
  expect(write('dump.sql', 'sh', '-c', 'printf half; exit 12')).toBe(12)
  expect(existsSync(at('dump.sql'))).toBe(false)
})
