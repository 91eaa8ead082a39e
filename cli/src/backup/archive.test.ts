import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Archive } from './archive.ts'
import type { Room } from './room.ts'

const [GONE, KEPT] = ['a'.repeat(64), 'b'.repeat(64)]

let repository: string
let asked: string[]
beforeEach(async () => {
  repository = mkdtempSync(join(tmpdir(), 'archive-'))
  asked = []
  await mkdir(join(repository, 'snapshots'))
  for (const id of [GONE, KEPT]) writeFileSync(join(repository, 'snapshots', id), '')
})
afterEach(() => rmSync(repository, { recursive: true }))

/** A room whose engine says that all is well, does what `forget` does, and lists `listed`. */
const room = (forget: () => void, listed: readonly string[] = []): Room => ({
  container: 'none',
  user: '0',
  async exec([program = '', ...words]) {
    asked.push(program === 'restic' ? (words.find((word) => ['forget', 'snapshots'].includes(word)) ?? '') : program)
    if (program !== 'restic') {
      const { exitCode = 1, stdout, stderr } = await execa(program, words, { reject: false })
      return { exitCode, stdout, stderr }
    }
    if (words.includes('forget')) forget()
    const snapshots = listed.map((id) => ({ id, short_id: id.slice(0, 8), time: '2026-11-22T01:30:00Z', tags: [] }))
    return { exitCode: 0, stdout: words.includes('snapshots') ? JSON.stringify(snapshots) : '', stderr: '' }
  },
})
const remove = () => rmSync(join(repository, 'snapshots', GONE))
const archive = (room: Room, at = repository) =>
  new Archive(room, { repository: at, passwordFile: '/key', cache: '/cache' })

test('what was removed from a folder is looked for there, without the engine', async () => {
  await archive(room(remove)).forget([GONE])

  expect(asked).toEqual(['forget', 'ls'])
})

test('what is still there was not removed, whatever the engine says', async () => {
  const nothing = archive(room(() => undefined))

  await expect(nothing.forget([GONE])).rejects.toMatchObject({ code: 'FORGET_REFUSED' })
})

test.each(['sftp://backup@nas.example.com:22/srv/erp', '/nowhere'])('of %s the engine is asked', async (place) => {
  await expect(archive(room(remove, [KEPT]), place).forget([GONE])).resolves.toBeUndefined()
  await expect(
    archive(
      room(() => undefined, [GONE]),
      place,
    ).forget([GONE]),
  ).rejects.toMatchObject({
    code: 'FORGET_REFUSED',
  })
  expect(asked.filter((word) => word === 'snapshots')).toHaveLength(2)
})
