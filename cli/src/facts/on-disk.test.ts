import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { missingDirectories, secretsAmiss } from './on-disk.ts'

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

const none = { missing: [], lost: [] }

test('a key is made anew while nothing is locked with it, and is lost afterwards', async () => {
  const key = secret({ encrypts: join(folder, 'archive') })
  expect(await secretsAmiss([key])).toEqual({ missing: [key.path], lost: [] })

  await mkdir(join(folder, 'archive'))
  expect(await secretsAmiss([key])).toEqual({ missing: [key.path], lost: [] })

  await writeFile(join(folder, 'archive/config'), '')
  expect(await secretsAmiss([key])).toEqual({ missing: [], lost: [key.path] })
})

test('a secret of the appliance is made anew, one of the stack is lost', async () => {
  expect(await secretsAmiss([secret({ replaceable: true })])).toEqual({ missing: [join(folder, 'key')], lost: [] })
  expect(await secretsAmiss([secret()])).toEqual({ missing: [], lost: [join(folder, 'key')] })
})

test('a copy that is no longer one is made anew, with what stands before it', async () => {
  const original = { ...secret(), path: join(folder, 'original') }
  const copy = { ...secret({ replaceable: true, sameAs: original.path }), before: 'pass=' }
  await writeFile(original.path, 'one')
  await writeFile(copy.path, 'one')
  expect(await secretsAmiss([original, copy])).toEqual({ missing: [copy.path], lost: [] })

  await writeFile(copy.path, 'pass=one')
  expect(await secretsAmiss([original, copy])).toEqual(none)
})

test('nothing can be copied from what is lost', async () => {
  const original = { ...secret(), path: join(folder, 'original') }
  const copy = secret({ replaceable: true, sameAs: original.path })

  expect(await secretsAmiss([original, copy])).toEqual({ missing: [], lost: [original.path] })
})
