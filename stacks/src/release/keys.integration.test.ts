import { execFileSync, spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from './fixtures/sample-release.ts'
import {
  formatSecretKey,
  generateKeyPair,
  isEncrypted,
  parsePublicKey,
  parseSecretKey,
  verifySignature,
} from './index.ts'

let folder: Folder
const at = (name: string): string => join(folder.path, name)
const text = (name: string): Promise<string> => readFile(at(name), 'utf8')

const minisign = (args: string[], input: string): number | null =>
  spawnSync('minisign', args, { cwd: folder.path, input }).status

beforeAll(async () => {
  folder = await temporaryFolder()
  if (spawnSync('minisign', ['-v']).error) execFileSync('apt-get', ['install', '-y', 'minisign'])
  await writeFile(at('message'), 'content\n')
})
afterAll(() => folder[Symbol.asyncDispose]())

/** Apart from the unit tests because stretching a passphrase takes seconds and 1 GiB each time. */
test('minisign opens a key that we sealed', async () => {
  const pair = generateKeyPair()
  await writeFile(at('our.key'), await formatSecretKey(pair, 'correct horse'))
  expect(isEncrypted(await text('our.key'))).toBe(true)
  expect(await text('our.key')).not.toContain(pair.publicKey.text.slice(20))

  expect(minisign(['-S', '-s', 'our.key', '-m', 'message', '-x', 'signature'], 'wrong\n')).not.toBe(0)
  expect(minisign(['-S', '-s', 'our.key', '-m', 'message', '-x', 'signature'], 'correct horse\n')).toBe(0)
  expect(verifySignature(Buffer.from('content\n'), await text('signature'), pair.publicKey)).toContain('file:message')
})

test('we open a key that minisign sealed, with the right passphrase only', async () => {
  expect(minisign(['-G', '-p', 'their.pub', '-s', 'their.key'], 'battery\nbattery\n')).toBe(0)
  const sealed = await text('their.key')

  expect((await parseSecretKey(sealed, 'battery')).publicKey.text).toBe(parsePublicKey(await text('their.pub')).text)
  await expect(parseSecretKey(sealed, 'staple')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG', exitCode: 2 })
  await expect(parseSecretKey(sealed)).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED', exitCode: 2 })
})
