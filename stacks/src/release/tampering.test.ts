import { createHash } from 'node:crypto'
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
  packWithKeyLists,
  refusal,
  STRANGER,
  tarOf,
  temporaryFolder,
  VENDOR,
} from './fixtures/sample-release.ts'
import { type Release, sign } from './index.ts'
import { checksums, formatRelease } from './release-document.ts'
import { tarHeader } from './tar.ts'

/** Whoever changes a release on purpose and as cleverly as may be: it is refused with exit 4 before any of it is used. */

let folder: Folder
let path: string
let file: Buffer
let entries: Entry[]

beforeAll(async () => {
  folder = await temporaryFolder()
  path = await packWithKeyLists(folder)
  file = await readFile(path)
  entries = entriesOf(file)
})
afterAll(() => folder[Symbol.asyncDispose]())

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

/** A vendor’s own key signs another release.json: wrong, but genuine. */
function signedAs(all: Entry[], change: (release: Release) => Release) {
  const release = change(JSON.parse(all.find(({ name }) => name === 'release.json')?.content.toString() ?? ''))
  const json = Buffer.from(formatRelease(release))
  const changed = all.map((entry) => (entry.name === 'release.json' ? { ...entry, content: json } : entry))
  return resigned(changed, checksums(release, json))
}

function listing(release: Release, name: string, content: Buffer): Release {
  const listed = { path: name, sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
  return { ...release, files: release.files.toSpliced(-1, 0, listed) }
}

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

  test('by another key than release.json names', async () => {
    const keyId = STRANGER.publicKey.keyId
    const forged = await forgeEntries(path, (all) => signedAs(all, (release) => ({ ...release, keyId })))
    expect(await refusal(forged)).toBe('RELEASE_CONTRADICTORY')
  })

  test.each([-1, 1])('genuine over a wrong size of the images (%i)', async (difference) => {
    const wrong = (release: Release) => ({ ...release, unpackedBytes: release.unpackedBytes + difference })
    await using release = await open(await forgeEntries(path, (all) => signedAs(all, wrong)))
    await expect(buffer(release.openImages())).rejects.toMatchObject({ code: 'RELEASE_CONTRADICTORY', exitCode: 4 })
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
    const signed = await forgeEntries(path, (all) => {
      const [entry, last] = [{ ...extra(name), start: 0 }, all.at(-1) as Entry]
      return signedAs([...all.slice(0, -1), entry, last], (release) => listing(release, name, entry.content))
    })
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
      await expect(open(forged)).rejects.toThrow('not a plain file')
    }
  })

  test('another time than the day of the release', async () => {
    for (const { name, start, content } of entries) {
      const later = tarHeader({ name, sizeBytes: content.length, modified: MODIFIED + 1 })
      const forged = await forge(path, (whole) => {
        later.copy(whole, start)
        return whole
      })
      expect(await refusal(forged), name).toBe('RELEASE_ALTERED')
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

  test('of a release is believed only when it is signed', async () => {
    expect(await refusal(await replaced('release.json', as(3)))).toBe('RELEASE_ALTERED')
  })

  test('of a later time asks for a newer program', async () => {
    const later = (release: Release) => ({ ...release, format: 2 }) as unknown as Release
    const forged = await forgeEntries(path, (all) => signedAs(all, later))
    await expect(open(forged)).rejects.toMatchObject({ code: 'RELEASE_FORMAT_NEWER', exitCode: 3 })
  })
})
