import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ARCHIVE,
  entriesOf,
  type Folder,
  forge,
  noise,
  open,
  packSample,
  pieces,
  STRANGER,
  sampleContents,
  temporaryFolder,
  VENDOR,
} from './fixtures/sample-release.ts'
import { buildKeyList, checkSequence, formatPublicKey, inspectRelease, packRelease } from './index.ts'

let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder[Symbol.asyncDispose]())

const keyList = buildKeyList(VENDOR, {
  name: 'erp',
  sequence: 1,
  keys: [{ publicKey: VENDOR.publicKey.text, from: null, until: null }],
})

describe('packing', () => {
  test('a person checks a release with tar, minisign and sha256sum alone', async () => {
    const path = await packSample(folder, { keyLists: [keyList] })
    const place = join(folder.path, 'by-hand')
    await mkdir(place)
    await writeFile(join(place, 'vendor.pub'), formatPublicKey(VENDOR.publicKey))
    const run = (program: string, ...args: string[]): string => execFileSync(program, args, { cwd: place }).toString()

    run('tar', '-xf', path)

    expect(run('minisign', '-V', '-m', 'SHA256SUMS', '-p', 'vendor.pub')).toContain(
      'Trusted comment: domicile release erp 7.0.30 sequence 12',
    )
    const checked = run('sha256sum', '--check', '--strict', 'SHA256SUMS').trim().split('\n')
    expect(checked.every((line) => line.endsWith(': OK'))).toBe(true)
    const listed = run('tar', '-tf', path).trim().split('\n')
    expect(listed).toEqual([
      'SHA256SUMS',
      'SHA256SUMS.minisig',
      'keys/01.json',
      'keys/01.json.minisig',
      'release.json',
      'stack/appliance.yaml',
      'stack/compose.yaml',
      'stack/database/grants.sql',
      'sbom/app.cdx.json',
      'images.tar.zst',
    ])
    expect(checked.map((line) => line.replace(': OK', ''))).toEqual(listed.slice(2))
  })

  test('equal contents give equal bytes, however the images arrive', async () => {
    const archive = Buffer.concat([noise(300_000), noise(300_000), Buffer.alloc(3_000_000)])
    const [first, second] = [
      await packSample(folder, { imagesArchive: pieces(archive) }, 'first'),
      await packSample(folder, { imagesArchive: pieces(archive, 7777) }, 'second'),
    ]
    expect((await readFile(first)).equals(await readFile(second))).toBe(true)
  })

  test('what two images share is stored once, even far apart', async () => {
    const layer = noise(2_000_000)
    const path = await packSample(folder, {
      imagesArchive: pieces(Buffer.concat([layer, noise(12_000_000, 2), layer])),
    })
    expect((await stat(path)).size).toBeLessThan(14_300_000)
  })

  test('nothing is left behind when the images break off', async () => {
    async function* broken() {
      yield noise(1000)
      throw new Error('docker save failed')
    }
    const place = join(folder.path, 'broken')
    await mkdir(place)
    await writeFile(join(place, 'erp.release'), 'the release before')

    const packing = packRelease(sampleContents({ imagesArchive: broken() }), join(place, 'erp.release'))

    await expect(packing).rejects.toThrow('docker save failed')
    expect(await readdir(place)).toEqual(['erp.release'])
    expect(await readFile(join(place, 'erp.release'), 'utf8')).toBe('the release before')
  })

  test('an interrupted build leaves nothing behind', async () => {
    const stop = new AbortController()
    async function* endless() {
      for (;;) {
        yield noise(1000)
        stop.abort()
      }
    }
    const place = join(folder.path, 'interrupted')
    await mkdir(place)
    const contents = sampleContents({ imagesArchive: endless(), signal: stop.signal })
    await expect(packRelease(contents, join(place, 'erp.release'))).rejects.toThrow()
    expect(await readdir(place)).toEqual([])
  })

  test.each([
    ['a path that leaves', { stackFiles: new Map([['../etc/passwd', 'x']]) }],
    ['a hidden file', { stackFiles: new Map([['.env', 'x']]) }],
    ['a name that is too long', { stackFiles: new Map([['a'.repeat(100), 'x']]) }],
    ['a file that is too large', { stackFiles: new Map([['a.sql', Buffer.alloc(16 * 2 ** 20 + 1)]]) }],
    ['too much altogether', { stackFiles: new Map('abcde'.split('').map((a) => [a, Buffer.alloc(16 * 2 ** 20)])) }],
    ['a version that is none', { version: 'latest' }],
    ['a sequence that is none', { sequence: 0 }],
  ])('refuses %s', async (_, changes) => {
    await expect(packSample(folder, changes)).rejects.toMatchObject({ code: 'RELEASE_CONTENT_INVALID', exitCode: 2 })
  })
})

describe('opening', () => {
  test('gives back what was packed', async () => {
    await using release = await open(await packSample(folder, { keyLists: [keyList] }))

    expect(release.manifest).toMatchObject({ name: 'erp', version: '7.0.30', sequence: 12, date: '2026-11-20' })
    expect(release.keyId).toBe(VENDOR.publicKey.keyId)
    expect([...release.stackFiles]).toEqual([...sampleContents().stackFiles].sort())
    expect(release.manifest.unpackedBytes).toBe(ARCHIVE.length)
    expect((await buffer(release.openImages())).equals(ARCHIVE)).toBe(true)
    expect((await buffer(release.openImages())).equals(ARCHIVE)).toBe(true)
    expect(release.trust.keyListSequence).toBe(1)
  })

  test('unpacks everything but the images, twice if need be', async () => {
    await using release = await open(await packSample(folder))
    const place = join(folder.path, 'unpacked')
    await release.extractTo(place)
    await release.extractTo(place)
    const files = await readdir(place, { recursive: true, withFileTypes: true })
    const names = files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(place.length + 1))
    expect(names.sort()).toEqual([...release.files.keys()].sort())
    expect(await readFile(join(place, 'stack/compose.yaml'), 'utf8')).toBe('services: {}\n')
    expect((await stat(join(place, 'stack/compose.yaml'))).mode & 0o777).toBe(0o644)
  })

  test('an image without content is content too', async () => {
    await using release = await open(await packSample(folder, { imagesArchive: pieces(Buffer.alloc(0)) }))
    expect(await buffer(release.openImages())).toHaveLength(0)
  })

  test('the images end with an error when the file changes after it was verified', async () => {
    const compressible = Buffer.from('select 1;\n'.repeat(300_000))
    const path = await packSample(folder, { imagesArchive: pieces(Buffer.concat([noise(3_000_000), compressible])) })
    const file = await readFile(path)
    const { start = 0, content = file } = entriesOf(file).at(-1) ?? {}
    for (let offset = 0; offset < content.length; offset += Math.ceil(content.length / 23)) {
      await using release = await open(path)
      const changed = Buffer.from(file)
      changed[start + 512 + offset] = (changed[start + 512 + offset] ?? 0) ^ 1
      await writeFile(path, changed)
      const reading = buffer(release.openImages())
      await expect(reading, `byte ${offset}`).rejects.toMatchObject({ code: 'RELEASE_CHANGED', exitCode: 4 })
      await writeFile(path, file)
    }
  })

  test('the images end with an error when the file is cut after it was verified', async () => {
    const path = await packSample(folder)
    await using release = await open(path)
    await truncate(path, 8000)
    await expect(buffer(release.openImages())).rejects.toMatchObject({ code: 'RELEASE_CHANGED', exitCode: 4 })
  })

  test('a release that replaces the file meanwhile does no harm', async () => {
    const path = await packSample(folder)
    await using release = await open(path)
    await packSample(folder, { imagesArchive: pieces(noise(9000)) })
    expect((await buffer(release.openImages())).equals(ARCHIVE)).toBe(true)
  })

  test('reports how far it is', async () => {
    const path = await packSample(folder, { imagesArchive: pieces(noise(2_500_000)) })
    const seen: number[] = []
    const { openRelease, pinKey } = await import('./index.ts')
    const options = { now: new Date(), progress: (done: number, total: number) => seen.push(done / total) }
    await using _ = await openRelease(path, pinKey(VENDOR.publicKey), options)
    expect(seen.length).toBeGreaterThan(2)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen.at(-1)).toBe(1)
  })

  test('no file, a folder, a device: said in plain words', async () => {
    await expect(open(join(folder.path, 'absent'))).rejects.toMatchObject({ code: 'RELEASE_NOT_FOUND', exitCode: 7 })
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'RELEASE_UNREADABLE', exitCode: 2 })
    await expect(open('/dev/zero')).rejects.toMatchObject({ code: 'RELEASE_UNREADABLE', exitCode: 2 })
  })
})

describe('inspecting', () => {
  test('shows what a release claims, and says that nothing is proven', async () => {
    const path = await packSample(folder, { secretKey: STRANGER, keyLists: [keyList] })
    const found = await inspectRelease(path)
    expect(found).toMatchObject({ verified: false, keyId: STRANGER.publicKey.keyId })
    expect(found.manifest.title).toBe('Tryton ERP')
    expect(found.keyLists[0]?.sequence).toBe(1)
    expect(found.sizeBytes).toBe((await stat(path)).size)
  })

  test('needs no more than the beginning', async () => {
    const path = await packSample(folder)
    const cut = await forge(path, (file) => file.subarray(0, entriesOf(file).at(-1)?.start))
    expect((await inspectRelease(cut)).manifest.version).toBe('7.0.30')
  })
})

describe('the order of releases', () => {
  const release = (sequence: number, version: string, name = 'erp') => ({ name, version, sequence })

  test('an older one is refused, and both are named', () => {
    const check = () => checkSequence(release(11, '7.0.29'), release(12, '7.0.30'))
    expect(check).toThrow(expect.objectContaining({ code: 'RELEASE_OLDER', exitCode: 3 }))
    expect(check).toThrow(/7\.0\.29.*7\.0\.30/)
  })

  test('the same and a newer one pass, and so does the first', () => {
    checkSequence(release(12, '7.0.30'), release(12, '7.0.30'))
    checkSequence(release(13, '7.0.28'), release(12, '7.0.30'))
    checkSequence(release(1, '7.0.28'), undefined)
  })

  test('another stack is refused', () => {
    expect(() => checkSequence(release(13, '1.0', 'central'), release(12, '7.0.30'))).toThrow(
      expect.objectContaining({ code: 'RELEASE_OTHER_STACK', exitCode: 3 }),
    )
  })
})
