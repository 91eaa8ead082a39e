import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { missingDirectories, missingSecrets } from './on-disk.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'on-disk-'))
})
afterEach(() => rm(folder, { recursive: true }))

const root = { uid: 0, gid: 0 }
const secret = (changes: { replaceable?: boolean; encrypts?: string; sameAs?: string } = {}) => ({
  ...{ name: 'key', path: join(folder, 'key'), length: 43, replaceable: false, ...root },
  ...changes,
})

test('folders that nobody made are named', async () => {
  const directory = (name: string) => ({ path: join(folder, name), mode: 0o700, ...root })
  await mkdir(join(folder, 'there'))

  expect(await missingDirectories([directory('there'), directory('backup')])).toEqual([join(folder, 'backup')])
})

test('a key is made anew while nothing is locked with it, and never afterwards', async () => {
  const key = secret({ encrypts: join(folder, 'archive') })
  expect(await missingSecrets([key])).toEqual([key.path])

  await mkdir(join(folder, 'archive'))
  expect(await missingSecrets([key])).toEqual([key.path])

  await writeFile(join(folder, 'archive/config'), '')
  expect(await missingSecrets([key])).toEqual([])
})

test('a secret of the appliance is made anew, one of the stack is not', async () => {
  expect(await missingSecrets([secret({ replaceable: true })])).toHaveLength(1)
  expect(await missingSecrets([secret()])).toEqual([])
})

test('a copy that is no longer one is made anew', async () => {
  const [original, copy] = [join(folder, 'original'), secret({ replaceable: true, sameAs: join(folder, 'original') })]
  await writeFile(original, 'one')
  await writeFile(copy.path, 'another')
  expect(await missingSecrets([copy])).toEqual([copy.path])

  await writeFile(copy.path, 'one')
  expect(await missingSecrets([copy])).toEqual([])
})
