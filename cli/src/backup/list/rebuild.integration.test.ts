import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { tagsOf } from '@domicile/backup/archive'
import type { Snapshot } from '@domicile/backup/snapshot'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue, writeCatalogue } from '../catalogue.ts'
import { backupFolder } from '../folder.ts'
import { Archived } from '../targets/second-copy.fixture.ts'
import { rebuildCatalogue } from './rebuild.ts'

const archived = new Archived('t-rebuild')
const { catalogue } = backupFolder(archived.name)
const [FIRST, SECOND] = ['20261120T013000Z-00000a', '20261121T013000Z-00000b'] as const
const proven = { provenAt: '2026-11-20T03:00:00.000Z', checkedAt: '2026-11-20T02:00:00.000Z' }
let made: Snapshot[] = []

const rebuild = (before?: (archive: Archive) => Promise<unknown>) =>
  withArchive(archived.appliance, { service: 'rebuild' }, archived.tools, async (archive) => {
    await before?.(archive)
    return rebuildCatalogue(archived.name, archive)
  })

beforeAll(async () => {
  await archived.start()
  const first = await archived.snapshot(FIRST, new Date('2026-11-20T01:30:00Z'))
  const second = await archived.snapshot(SECOND, new Date('2026-11-21T01:30:00Z'))
  made = [{ ...first, ...proven }, second]
})

afterAll(() => archived[Symbol.asyncDispose]())
beforeEach(() => writeCatalogue(archived.name, made))

test('a catalogue that says what is in the archive stays as it is', async () => {
  expect(await rebuild()).toMatchObject({ added: [], removed: [] })
  expect(await readCatalogue(archived.name)).toEqual(made)
})

test('one that was cut keeps what can be read of it, and what was proven', async () => {
  const lines = (await readFile(catalogue, 'utf8')).split('\n')
  await writeFile(catalogue, `${lines[0]}\n${lines[1]?.slice(0, 40)}`)
  await expect(readCatalogue(archived.name)).rejects.toMatchObject({ code: 'CATALOGUE_BROKEN' })

  expect(await rebuild()).toMatchObject({ added: [SECOND], removed: [] })
  const [first, second] = await readCatalogue(archived.name)
  expect(first).toEqual(made[0])
  // There is no manifest in it that could be read, so it does not count.
  expect(second).toMatchObject({ run: SECOND, parts: made[1]?.parts, refused: 'MANIFEST_BROKEN' })
})

test('what is in the archive no more goes out of it, and nothing half-made comes in', async () => {
  const [first] = made
  await writeCatalogue(archived.name, [...made, { ...(first as Snapshot), run: '20261119T013000Z-00000c' }])
  await appendFile(catalogue, 'not a line\n')
  const source = { host: archived.name, at: new Date('2026-11-22T01:30:00Z') }
  const half = { ...source, tags: tagsOf('20261122T013000Z-00000d', 'scheduled', 'database') }

  const rebuilt = await rebuild((archive) => archive.backupCommand(half, 'database.sql', ['echo', 'half']))
  expect(rebuilt).toMatchObject({ added: [], removed: ['20261119T013000Z-00000c'] })
  expect(await readCatalogue(archived.name)).toEqual(made)
})
