import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blake2b256 } from './blake2b.ts'
import { type Folder, temporaryFolder } from './fixtures/sample-release.ts'
import {
  formatPublicKey,
  formatSecretKey,
  generateKeyPair,
  keyFingerprint,
  parsePublicKey,
  parseSecretKey,
  sign,
  verifySignature,
} from './index.ts'

let folder: Folder
const at = (name: string): string => join(folder.path, name)
const text = (name: string): Promise<string> => readFile(at(name), 'utf8')

const minisign = (args: string[], input = ''): { status: number | null; out: string } => {
  const { status, stdout, stderr } = spawnSync('minisign', args, { cwd: folder.path, input, encoding: 'utf8' })
  return { status, out: stdout + stderr }
}

/** The real program is the measure; it comes with Debian. */
beforeAll(async () => {
  folder = await temporaryFolder()
  if (spawnSync('minisign', ['-v']).error) execFileSync('apt-get', ['install', '-y', 'minisign'])
  await writeFile(at('message'), 'content\n')
})
afterAll(() => folder[Symbol.asyncDispose]())

const MESSAGE = Buffer.from('content\n')

describe('keys and signatures of minisign', () => {
  test('minisign accepts what we sign with our key, and shows the trusted comment', async () => {
    const pair = generateKeyPair()
    await writeFile(at('our.pub'), formatPublicKey(pair.publicKey))
    await writeFile(at('message.minisig'), sign(MESSAGE, pair, 'domicile release erp 7.0.30 sequence 12'))

    const { status, out } = minisign(['-V', '-m', 'message', '-p', 'our.pub'])

    expect(out).toContain('Trusted comment: domicile release erp 7.0.30 sequence 12')
    expect(status).toBe(0)
    expect(minisign(['-V', '-m', 'message', '-P', pair.publicKey.text]).status).toBe(0)
  })

  test('minisign signs with a secret key file of ours', async () => {
    const pair = generateKeyPair()
    await writeFile(at('our.key'), await formatSecretKey(pair))
    expect(minisign(['-S', '-s', 'our.key', '-m', 'message', '-x', 'by-minisign', '-t', 'words']).status).toBe(0)
    expect(verifySignature(MESSAGE, await text('by-minisign'), pair.publicKey)).toBe('words')
  })

  test('we sign with a key pair of minisign, byte for byte as it does', async () => {
    expect(minisign(['-G', '-W', '-p', 'their.pub', '-s', 'their.key']).status).toBe(0)
    minisign(['-S', '-s', 'their.key', '-m', 'message', '-x', 'by-minisign', '-t', 'words'])

    const pair = await parseSecretKey(await text('their.key'))

    expect(pair.publicKey.text).toBe(parsePublicKey(await text('their.pub')).text)
    expect((await text('their.pub')).replace(/key 0*/, 'key ')).toBe(
      formatPublicKey(pair.publicKey).replace(/key 0*/, 'key '),
    )
    expect(await formatSecretKey(pair)).toBe(await text('their.key'))
    expect(sign(MESSAGE, pair, 'words')).toBe(await text('by-minisign'))
  })

  test('the old kind of signature is refused by name', async () => {
    minisign(['-G', '-W', '-f', '-p', 'their.pub', '-s', 'their.key'])
    minisign(['-S', '-l', '-s', 'their.key', '-m', 'message', '-x', 'legacy'])
    const key = parsePublicKey(await text('their.pub'))
    const legacy = await text('legacy')
    expect(() => verifySignature(MESSAGE, legacy, key)).toThrow(expect.objectContaining({ code: 'SIGNATURE_LEGACY' }))
  })

  test('content, comment, key and shape are all bound', () => {
    const pair = generateKeyPair()
    const good = sign(MESSAGE, pair, 'sequence 12')
    const refusal = (content: Buffer, signature: string, key = pair.publicKey) => {
      try {
        return verifySignature(content, signature, key)
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(refusal(MESSAGE, good)).toBe('sequence 12')
    expect(refusal(Buffer.from('other'), good)).toBe('SIGNATURE_WRONG')
    expect(refusal(MESSAGE, good.replace('sequence 12', 'sequence 13'))).toBe('SIGNATURE_WRONG')
    expect(refusal(MESSAGE, good, generateKeyPair().publicKey)).toBe('SIGNATURE_OTHER_KEY')
    expect(refusal(MESSAGE, `${good}more\n`)).toBe('SIGNATURE_UNREADABLE')
    expect(refusal(MESSAGE, '')).toBe('SIGNATURE_UNREADABLE')
  })

  test('a comment cannot smuggle in a line', () => {
    expect(() => sign(MESSAGE, generateKeyPair(), 'a\nb')).toThrow(RangeError)
  })

  test('the fingerprint can be found with Debian’s own programs', async () => {
    const { publicKey } = generateKeyPair()
    await writeFile(at('our.pub'), formatPublicKey(publicKey))
    const sum = execFileSync('sh', ['-c', 'tail -n 1 our.pub | base64 -d | sha256sum'], { cwd: folder.path }).toString()
    expect(keyFingerprint(publicKey)).toMatch(/^([0-9a-f]{4} ){9}[0-9a-f]{4}$/)
    expect(sum.startsWith(keyFingerprint(publicKey).replaceAll(' ', ''))).toBe(true)
  })

  test.each([
    '',
    'RWQ',
    'x'.repeat(56),
    'untrusted comment: x',
    '-----BEGIN PUBLIC KEY-----\nabc\n',
  ])('is not a public key: %j', (wrong) => {
    expect(() => parsePublicKey(wrong)).toThrow(expect.objectContaining({ code: 'PUBLIC_KEY_INVALID', exitCode: 2 }))
  })

  test('a damaged secret key is noticed before it signs anything', async () => {
    const [comment, line = ''] = (await formatSecretKey(generateKeyPair())).split('\n')
    const bytes = Buffer.from(line, 'base64')
    bytes[70] = (bytes[70] ?? 0) ^ 1
    const damaged = `${comment}\n${bytes.toString('base64')}\n`
    await expect(parseSecretKey(damaged)).rejects.toMatchObject({ code: 'SECRET_KEY_INVALID' })
    await expect(parseSecretKey('nonsense')).rejects.toMatchObject({ code: 'SECRET_KEY_INVALID' })
  })
})

describe('BLAKE2b-256', () => {
  // From `b2sum --length 256` of coreutils.
  test.each([0, 1, 74, 127, 128, 129, 1000])('agrees with b2sum on %i bytes', (length) => {
    const input = createHash('sha512').update('seed').digest().toString('hex').repeat(8).slice(0, length)
    const [wanted] = execFileSync('b2sum', ['--length', '256'], { input }).toString().split(' ')
    expect(blake2b256(Buffer.from(input)).toString('hex')).toBe(wanted)
  })
})
