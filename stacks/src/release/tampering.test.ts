import { createHash } from 'node:crypto'
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UserError } from '../kernel/index.ts'
import {
  anotherKeyWithSameId,
  type Entry,
  entriesOf,
  type Folder,
  forge,
  forgeEntries,
  MODIFIED,
  open,
  packSample,
  STRANGER,
  tarOf,
  temporaryFolder,
  VENDOR,
} from './fixtures/sample-release.ts'
import { buildKeyList, type Release, sign } from './index.ts'
import { checksums, formatRelease } from './release-document.ts'
import { tarHeader } from './tar.ts'

/** Whatever is done to a release file, it is refused with exit 4 and before anything of it can be used. */

let folder: Folder
let path: string
let file: Buffer
let entries: Entry[]

beforeAll(async () => {
  folder = await temporaryFolder()
  const keys = [{ publicKey: VENDOR.publicKey.text, from: null, until: null }]
  const stranger = [{ publicKey: STRANGER.publicKey.text, from: null, until: null }]
  // The second list cannot be checked by us; it must be bound all the same.
  const keyLists = [
    buildKeyList(VENDOR, { name: 'erp', sequence: 1, keys }),
    buildKeyList(STRANGER, { name: 'erp', sequence: 2, keys: stranger }),
  ]
  path = await packSample(folder, { keyLists })
  file = await readFile(path)
  entries = entriesOf(file)
})
afterAll(() => folder[Symbol.asyncDispose]())

/** @returns the code of the refusal; fails unless it is one with exit 4, with words on what it means and what to do */
async function refusal(forged: string): Promise<string> {
  const opened = await open(forged).catch((error: UserError) => error)
  if (!(opened instanceof Error)) {
    await opened.close()
    return 'ACCEPTED'
  }
  expect(opened).toMatchObject({ name: 'UserError', exitCode: 4, hint: expect.stringMatching(/\w{4}/) })
  expect(opened.message).toMatch(/\w{4}/)
  return opened.code
}

async function flipped(position: number, bit: number): Promise<string> {
  return refusal(
    await forge(path, (whole) => {
      whole[position] = (whole[position] ?? 0) ^ (1 << bit)
      return whole
    }),
  )
}

const replaced = (name: string, content: (old: Buffer) => Buffer | string) =>
  forgeEntries(path, (all) =>
    all.map((entry) => (entry.name === name ? { name, content: Buffer.from(content(entry.content)) } : entry)),
  )

/** As a vendor’s key would sign: everything agrees, only the content is wrong. */
const resigned = (all: Entry[], sums: string, comment = 'domicile release erp 7.0.30 sequence 12', key = VENDOR) =>
  all.map(({ name, content }) => {
    if (name === 'SHA256SUMS') return { name, content: Buffer.from(sums) }
    if (name === 'SHA256SUMS.minisig') return { name, content: Buffer.from(sign(Buffer.from(sums), key, comment)) }
    return { name, content }
  })

const tarHeaderOf = (name: string, sizeBytes: number): Buffer => tarHeader({ name, sizeBytes, modified: MODIFIED })

/** A vendor’s own key signs a release.json that lists a name which is not allowed. */
function signedWith(all: Entry[], name: string) {
  const content = Buffer.from('x')
  const listed = { path: name, sizeBytes: 1, sha256: createHash('sha256').update(content).digest('hex') }
  const release = JSON.parse(all.find((entry) => entry.name === 'release.json')?.content.toString() ?? '') as Release
  release.files.splice(-1, 0, listed)
  const json = Buffer.from(formatRelease(release))
  const changed = all.flatMap((entry) => {
    if (entry.name === 'release.json') return [{ ...entry, content: json }]
    return entry.name === 'images.tar.zst' ? [{ ...entry, name, content }, entry] : [entry]
  })
  return resigned(changed, checksums(release, json))
}

test('the untouched release opens', async () => {
  expect(await refusal(path)).toBe('ACCEPTED')
})

describe('a flipped bit', () => {
  test('in any field of any header', async () => {
    const fields = [
      0, 99, 100, 108, 116, 124, 134, 136, 146, 148, 154, 155, 156, 157, 257, 263, 265, 297, 329, 345, 511,
    ]
    for (const { start } of entries)
      for (const field of fields) expect(await flipped(start + field, 0)).not.toBe('ACCEPTED')
  })

  test('in the first, middle and last byte of any entry, and in what fills its last block', async () => {
    for (const { name, start, content } of entries) {
      const first = start + 512
      for (const offset of [0, content.length >> 1, content.length - 1, Math.ceil(content.length / 512) * 512 - 1]) {
        for (const bit of [0, 5]) expect(await flipped(first + offset, bit), `${name} ${offset}`).not.toBe('ACCEPTED')
      }
    }
  })

  test('in any byte of the signature file, its comments and spare bits of base64 among them', async () => {
    const { start = 0, content = Buffer.alloc(0) } = entries[1] ?? {}
    for (let offset = 0; offset < content.length; offset++) {
      expect(await flipped(start + 512 + offset, 0), `byte ${offset}`).not.toBe('ACCEPTED')
    }
  })

  test('at 200 scattered places', async () => {
    let state = 20261122
    const next = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state % limit
    }
    for (let round = 0; round < 200; round++) {
      const [position, bit] = [next(file.length), next(8)]
      expect(await flipped(position, bit), `byte ${position} bit ${bit}`).not.toBe('ACCEPTED')
    }
  })
})

describe('a file that ends early', () => {
  test('at every border of an entry, and a byte before and after', async () => {
    for (const { name, start, content } of entries) {
      for (const length of [start, start + 1, start + 512, start + 512 + content.length].flatMap((at) => [
        at - 1,
        at,
      ])) {
        if (length < 0) continue
        const cut = await forge(path, (whole) => whole.subarray(0, length))
        expect(await refusal(cut), `${name} ${length}`).toBe(
          length === 0 ? 'RELEASE_UNRECOGNISED' : 'RELEASE_TRUNCATED',
        )
      }
    }
  })

  test('in the two blocks that end it', async () => {
    for (const lacking of [1, 512, 513, 1024]) {
      expect(await refusal(await forge(path, (whole) => whole.subarray(0, -lacking)))).toBe('RELEASE_TRUNCATED')
    }
  })

  test('is told how much is missing, before the images are read', async () => {
    const cut = await forge(path, (whole) => whole.subarray(0, -2000))
    await expect(open(cut)).rejects.toThrow(`it has ${file.length - 2000} of ${file.length} bytes`)
  })
})

describe('signatures', () => {
  test('none', async () => {
    const forged = await forgeEntries(path, (all) => all.filter(({ name }) => name !== 'SHA256SUMS.minisig'))
    expect(await refusal(forged)).toBe('RELEASE_UNSIGNED')
  })

  test('by another key', async () => {
    expect(await refusal(await packSample(folder, { secretKey: STRANGER }, 'stranger'))).toBe('RELEASE_KEY_UNKNOWN')
  })

  test('by another key that took the id of the vendor’s', async () => {
    const forged = await packSample(folder, { secretKey: anotherKeyWithSameId(VENDOR) }, 'same-id')
    expect(await refusal(forged)).toBe('SIGNATURE_WRONG')
  })

  test('of another genuine release', async () => {
    const other = entriesOf(await readFile(await packSample(folder, { version: '7.0.31', sequence: 13 }, 'other')))
    const forged = await replaced('SHA256SUMS.minisig', () => other[1]?.content ?? '')
    expect(await refusal(forged)).toBe('SIGNATURE_WRONG')
  })

  test('the head of one genuine release before the body of another', async () => {
    const other = entriesOf(await readFile(await packSample(folder, { version: '7.0.31', sequence: 13 }, 'other')))
    const forged = await forgeEntries(path, (all) => [...all.slice(0, 2), ...other.slice(2)])
    expect(await refusal(forged)).toBe('RELEASE_ALTERED')
  })

  test('signed for another version than it holds', async () => {
    const forged = await forgeEntries(path, (all) =>
      resigned(all, all[0]?.content.toString() ?? '', 'domicile release erp 7.0.31 sequence 12'),
    )
    expect(await refusal(forged)).toBe('RELEASE_CONTRADICTORY')
  })

  test('made over another list than release.json has', async () => {
    const forged = await forgeEntries(path, (all) => resigned(all, `${all[0]?.content}${'0'.repeat(64)}  stack/more\n`))
    expect(await refusal(forged)).toBe('RELEASE_CONTRADICTORY')
  })
})

describe('entries', () => {
  const extra = (name: string) => ({ name, content: Buffer.from('x') })

  test('one more at the end', async () => {
    expect(await refusal(await forgeEntries(path, (all) => [...all, extra('stack/more.sql')]))).toBe(
      'RELEASE_FILE_UNLISTED',
    )
  })

  test('one more in the middle', async () => {
    const forged = await forgeEntries(path, (all) => [...all.slice(0, -2), extra('stack/more.sql'), ...all.slice(-2)])
    expect(await refusal(forged)).toBe('RELEASE_FILE_UNLISTED')
  })

  test('one that is listed is gone', async () => {
    for (const { name } of entries.slice(7)) {
      const forged = await forgeEntries(path, (all) => all.filter((entry) => entry.name !== name))
      expect(await refusal(forged), name).toBe('RELEASE_FILE_MISSING')
    }
  })

  test('a list of keys is gone', async () => {
    const forged = await forgeEntries(path, (all) => all.filter(({ name }) => !name.startsWith('keys/02')))
    expect(await refusal(forged)).toBe('RELEASE_FILE_MISSING')
  })

  test('one comes twice', async () => {
    for (const { name, content } of entries) {
      const forged = await forgeEntries(path, (all) =>
        all.flatMap((entry) => (entry.name === name ? [entry, { name, content }] : [entry])),
      )
      expect(await refusal(forged), name).not.toBe('ACCEPTED')
    }
  })

  test('two change places', async () => {
    const forged = await forgeEntries(path, (all) => all.with(-2, all.at(-3) as Entry).with(-3, all.at(-2) as Entry))
    expect(await refusal(forged)).toBe('RELEASE_FILE_MISSING')
  })

  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    'stack/../../x',
    'stack/./x',
    'stack//x',
    'stack/.ssh/id',
    'stack\\x',
  ])('named %s', async (name) => {
    const forged = await forgeEntries(path, (all) => [...all.slice(0, -1), extra(name), ...all.slice(-1)])
    expect(await refusal(forged)).toBe('RELEASE_FILE_UNLISTED')
    const signed = await forgeEntries(path, (all) => signedWith(all, name))
    expect(await refusal(signed)).toBe('RELEASE_CONTRADICTORY')
  })

  test.each([
    ['a link', '2'],
    ['a hard link', '1'],
    ['a folder', '5'],
    ['a device', '3'],
    ['a long name of GNU tar', 'L'],
    ['an extended header', 'x'],
    ['a sparse file', 'S'],
  ])('%s', async (_, type) => {
    for (const { start } of entries) {
      const forged = await forge(path, (whole) => {
        const header = whole.subarray(start, start + 512)
        header.write(type, 156)
        header.write('/etc/passwd', 157)
        header.write(' '.repeat(8), 148)
        const sum = header.reduce((total, byte) => total + byte, 0)
        header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
        return whole
      })
      expect(await refusal(forged)).toMatch(/RELEASE_(ALTERED|UNRECOGNISED)/)
    }
  })

  test('data after the end', async () => {
    for (const more of [1, 512, 9216]) {
      const forged = await forge(path, (whole) => Buffer.concat([whole, Buffer.alloc(more)]))
      expect(await refusal(forged)).toBe('RELEASE_TRAILING_DATA')
    }
    const hidden = await forge(path, (whole) => Buffer.concat([whole, tarOf([extra('stack/more.sql')])]))
    expect(await refusal(hidden)).toBe('RELEASE_TRAILING_DATA')
  })
})

describe('sizes', () => {
  test('an entry that claims gigabytes is refused without reading them', async () => {
    for (const { name, start } of entries) {
      const forged = `${path}.forged`
      await writeFile(forged, file.subarray(0, start))
      // A sparse file: the bytes are there as far as anybody can tell, and cost nothing.
      await appendFile(forged, tarHeaderOf(name, 8_000_000_000))
      await truncate(forged, 9_000_000_000)
      const before = process.memoryUsage().rss
      const started = performance.now()
      expect(await refusal(forged), name).toMatch(/RELEASE_(TOO_LARGE|ALTERED)/)
      expect(performance.now() - started).toBeLessThan(1000)
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20)
    }
  })

  test('a release.json beyond its limit', async () => {
    const forged = await replaced('release.json', () => Buffer.alloc(4 * 2 ** 20 + 1, 32))
    expect(await refusal(forged)).toBe('RELEASE_TOO_LARGE')
  })

  test('checksums beyond their limit', async () => {
    expect(await refusal(await replaced('SHA256SUMS', () => Buffer.alloc(2 ** 20 + 1)))).toBe('RELEASE_TOO_LARGE')
  })
})

describe('the format', () => {
  const as = (format: number) => (content: Buffer) => content.toString().replace('"format": 1', `"format": ${format}`)
  const jsonOf = (all: Entry[]) => all.find(({ name }) => name === 'release.json')?.content ?? Buffer.alloc(0)

  test('of a release is believed only when it is signed', async () => {
    expect(await refusal(await replaced('release.json', as(3)))).toBe('RELEASE_ALTERED')
  })

  test('of a later time asks for a newer program', async () => {
    const changed = await replaced('release.json', as(2))
    const json = jsonOf(entriesOf(await readFile(changed)))
    const forged = await forgeEntries(changed, (all) =>
      resigned(all, checksums(JSON.parse(json.toString()) as Release, json)),
    )
    await expect(open(forged)).rejects.toMatchObject({ code: 'RELEASE_FORMAT_NEWER', exitCode: 3 })
  })
})

describe('what is no release at all', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(10_240)],
    ['text', Buffer.from('not a release\n'.repeat(100))],
    ['another archive', tarOf([{ name: 'stack/compose.yaml', content: Buffer.from('services: {}') }])],
  ])('%s', async (_, content) => {
    expect(await refusal(await forge(path, () => content))).toBe('RELEASE_UNRECOGNISED')
  })
})
