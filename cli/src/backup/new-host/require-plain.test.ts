import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PATHS } from '@domicile/backup/archive'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requirePlain } from './require-plain.ts'

const { settings, trail, secrets } = PATHS.state

let staging: string
const at = (path: string) => join(staging, path)
beforeEach(() => {
  staging = mkdtempSync(join(tmpdir(), 'arriving-'))
  mkdirSync(at(secrets), { recursive: true })
  writeFileSync(at(`${secrets}/owner`), 'o')
  writeFileSync(at(settings), 'name: erp')
  writeFileSync(at(trail), '')
})
afterEach(() => rmSync(staging, { recursive: true }))

test('files in folders are taken, and a trail need not be there', async () => {
  rmSync(at(trail))

  await expect(requirePlain(staging)).resolves.toEqual(['owner'])
})

test.each([settings, trail, `${secrets}/owner`])('a link in the place of %s is refused', async (path) => {
  rmSync(at(path))
  symlinkSync('/etc/passwd', at(path))

  await expect(requirePlain(staging)).rejects.toMatchObject({ code: 'RECORD_INVALID' })
})

test('a link that leads nowhere is refused, too', async () => {
  symlinkSync('/nowhere/at/all', at(`${secrets}/app`))

  await expect(requirePlain(staging)).rejects.toMatchObject({ code: 'RECORD_INVALID' })
})

test('a link in the place of the folder of secrets is refused', async () => {
  rmSync(at(secrets), { recursive: true })
  symlinkSync('/etc', at(secrets))

  await expect(requirePlain(staging)).rejects.toMatchObject({ code: 'RECORD_INVALID' })
})

test('a pipe, which would be waited for, is refused', async () => {
  rmSync(at(trail))
  execFileSync('mkfifo', [at(trail)])

  await expect(requirePlain(staging)).rejects.toMatchObject({ code: 'RECORD_INVALID' })
})
