import { existsSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withArchive } from '../archive-room.ts'
import { backupFolder } from '../folder.ts'
import { Archived } from '../targets/second-copy.fixture.ts'
import { ROTATION_STEPS, type RotationStep, rotateKey } from './rotate.ts'
import { archiveRotated } from './rotated.ts'

const NAME = `t-rotate-${process.pid}`
const archived = new Archived(NAME)
const { archiveKey } = backupFolder(NAME)

beforeAll(async () => {
  await archived.start()
  await archived.snapshot('20261120T010000Z-000001', new Date('2026-11-20T01:00:00Z'))
})
afterAll(() => archived[Symbol.asyncDispose]())

const key = () => readFile(archiveKey, 'utf8')
const rotate = (reached?: (step: RotationStep) => Promise<void>) =>
  rotateKey(archiveRotated(archived.appliance, archived.tools), reached)

/** How many snapshots a password opens, read with it alone; null: it opens nothing. */
const opensWith = (password: string) =>
  withArchive(archived.appliance, { service: 'look' }, archived.tools, async (_, room) => {
    await room.exec(['sh', '-c', 'cat > /tmp/password'], { stdin: password })
    const words = ['--repo', '/repository', '--no-cache', '--password-file', '/tmp/password']
    const { exitCode, stdout } = await room.exec(['restic', ...words, 'snapshots', '--json', '--no-lock'])
    return exitCode === 0 ? (JSON.parse(stdout) as unknown[]).length : null
  })

test('the new key opens everything and the old one nothing', async () => {
  const old = await key()

  expect(await rotate()).toEqual({ removed: true })

  expect(await key()).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{43}$/)
  expect(await opensWith(await key())).toBe(3)
  expect(await opensWith(old)).toBeNull()
  expect((await stat(archiveKey)).mode & 0o777).toBe(0o400)
  for (const left of ['next', 'rotation', 'new']) expect(existsSync(`${archiveKey}.${left}`)).toBe(false)
})

test.each(ROTATION_STEPS)('killed after “%s” one of two known keys opens it, and the next call ends it', async (at) => {
  const old = await key()
  const killed = rotate(async (step) => {
    if (step === at) throw new Error('killed')
  })
  await expect(killed).rejects.toThrow('killed')

  const next = await readFile(`${archiveKey}.next`, 'utf8').catch(() => '')
  const opened = [await opensWith(await key()), next && (await opensWith(next))]
  expect(opened).toContain(3)

  await rotate()
  expect(await key()).not.toBe(old)
  expect(await opensWith(await key())).toBe(3)
  expect(await opensWith(old)).toBeNull()
})

test('a key that does not open it is refused before anything is changed', async () => {
  const right = await key()
  await rm(archiveKey)
  await writeFile(
    archiveKey,
    right.replace(/^./, (first) => (first === 'a' ? 'b' : 'a')),
    { mode: 0o400 },
  )

  await expect(rotate()).rejects.toThrow(expect.objectContaining({ code: 'ARCHIVE_KEY_WRONG' }))

  for (const left of ['next', 'rotation']) expect(existsSync(`${archiveKey}.${left}`)).toBe(false)
  expect(await opensWith(right)).toBe(3)
})
