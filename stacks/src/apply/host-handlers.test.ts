import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hostHandlers, writeDurably } from './host-handlers.ts'

const { uid = 0, gid = 0 } = { uid: process.getuid?.(), gid: process.getgid?.() }
const progress = { say: () => undefined, signal: new AbortController().signal }

let folder: string
let umask: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-'))
  umask = process.umask()
})
afterEach(async () => {
  process.umask(umask)
  await rm(folder, { recursive: true })
})

const file = (name: string, content: string) => ({ path: join(folder, name), content, mode: 0o644, uid, gid })

test('under any umask files have the mode they shall have, and nobody else writes into their folders', async () => {
  process.umask(0)

  await writeDurably(file('a/b/c', 'x'))

  expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o755)
  expect((await stat(join(folder, 'a/b'))).mode & 0o777).toBe(0o755)
  expect((await stat(join(folder, 'a/b/c'))).mode & 0o777).toBe(0o644)
})

test('a write that fails leaves the old content and nothing beside it', async () => {
  await writeFile(join(folder, 'a'), 'old')
  const unwritable = { ...file('a', ''), content: Symbol('no text') as unknown as string }

  await expect(writeDurably(unwritable)).rejects.toThrow()

  expect(await readdir(folder)).toEqual(['a'])
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old')
})

const secret = (name: string, sameAs?: string) => ({
  ...{ name, path: join(folder, name), length: 43, uid, gid, replaceable: true },
  ...(sameAs !== undefined && { sameAs: join(folder, sameAs) }),
})

test('a secret stays as it is; one that two users read is the same text in two files, also after one was lost', async () => {
  const { secrets } = hostHandlers()
  const make = () => secrets.run({ kind: 'secrets', secrets: [secret('token'), secret('copy', 'token')] }, progress)
  const read = () => Promise.all(['token', 'copy'].map((name) => readFile(join(folder, name), 'utf8')))
  await make()
  const [first, copy] = await read()
  expect(first).toMatch(/^\w{43}$/)
  expect(copy).toBe(first)

  await rm(join(folder, 'copy'))
  await make()
  expect(await read()).toEqual([first, first])

  await rm(join(folder, 'token'))
  await make()
  const [second, secondCopy] = await read()
  expect(second).not.toBe(first)
  expect(secondCopy).toBe(second)
  expect((await stat(join(folder, 'copy'))).mode & 0o777).toBe(0o400)
})

test('undoing brings back what was there and removes what was not', async () => {
  const { files } = hostHandlers()
  const action = { kind: 'files' as const, files: [file('old', 'changed'), file('new', 'x')] }
  await writeFile(join(folder, 'old'), 'as it was')
  const before = await files.look(action)

  await files.run(action, progress)
  await files.undo?.(action, before)

  expect(await readdir(folder)).toEqual(['old'])
  expect(await readFile(join(folder, 'old'), 'utf8')).toBe('as it was')
})

test('a copy of a secret in a program’s own form follows the secret', async () => {
  const { secrets } = hostHandlers()
  const inForm = { ...secret('conf', 'key'), before: '[global]\npass=' }
  const make = () => secrets.run({ kind: 'secrets', secrets: [secret('key'), inForm] }, progress)
  await make()
  await writeFile(join(folder, 'key'), 'from the sheet')
  await make()
  expect(await readFile(join(folder, 'conf'), 'utf8')).toBe('[global]\npass=from the sheet')
  expect((await stat(join(folder, 'conf'))).mode & 0o777).toBe(0o400)
})
