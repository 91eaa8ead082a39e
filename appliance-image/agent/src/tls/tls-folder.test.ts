import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, type Pair } from './pair.ts'
import { TlsFolder } from './tls-folder.ts'

let path: string
let folder: TlsFolder
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'tls-folder-'))
  folder = new TlsFolder(path)
})
afterEach(() => rm(path, { recursive: true }))

const pair = (name: string): Pair => ({ certificate: `certificate ${name}`, key: `key ${name}` })
const generations = async () => (await readdir(path)).filter((entry) => entry !== 'live').toSorted()
const live = async () => ({
  certificate: await readFile(join(path, 'live/cert.pem'), 'utf8'),
  key: await readFile(join(path, 'live/key.pem'), 'utf8'),
})

describe('TlsFolder', () => {
  test('puts a pair where live leads, readable by the group of the folder alone', async () => {
    await chmod(path, 0o2750)
    await folder.publish(pair('a'))

    expect(await live()).toEqual(pair('a'))
    expect(await folder.serves(pair('a'))).toBe(true)
    const generation = await stat(join(path, 'live/'))
    const key = await stat(join(path, 'live/key.pem'))
    expect([generation.mode & 0o7777, key.mode & 0o7777]).toEqual([0o2750, 0o640])
    expect([generation.gid, key.gid]).toEqual(Array(2).fill((await stat(path)).gid))
  })

  test('keeps the pair before, and removes older ones', async () => {
    for (const name of ['a', 'b', 'c']) await folder.publish(pair(name))

    expect(await live()).toEqual(pair('c'))
    expect(await generations()).toEqual([digestOf(pair('b')), digestOf(pair('c'))].toSorted())
  })

  test('goes back to a pair that is still there', async () => {
    for (const name of ['a', 'b', 'a']) await folder.publish(pair(name))

    expect(await live()).toEqual(pair('a'))
    expect(await generations()).toHaveLength(2)
  })

  test('never shows a reader a key without its certificate', async () => {
    await folder.publish(pair('a'))
    const torn: string[] = []
    let reading = true
    const reader = (async () => {
      while (reading) {
        // A reader that resolves the link once, as a server that opens both files of one folder.
        const generation = await readlink(join(path, 'live'))
        const seen = await Promise.all(
          ['cert.pem', 'key.pem'].map((file) => readFile(join(path, generation, file), 'utf8')),
        )
        if (seen[0]?.slice(-2) !== seen[1]?.slice(-2)) torn.push(seen.join())
      }
    })()
    for (let round = 0; round < 25; round++) {
      await folder.publish(pair(` ${round % 5}`))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    reading = false
    await reader

    expect(torn).toEqual([])
  })

  test.each([
    ['while it wrote', async () => mkdir(join(path, `.draft-${digestOf(pair('b'))}`))],
    ['before it moved the link', async () => symlink('nowhere', join(path, '.draft-live'))],
    [
      'after it wrote, before it moved the link',
      async () => {
        await mkdir(join(path, digestOf(pair('b'))))
        await writeFile(join(path, digestOf(pair('b')), 'cert.pem'), pair('b').certificate)
        await writeFile(join(path, digestOf(pair('b')), 'key.pem'), pair('b').key)
      },
    ],
  ])('goes on after a crash %s', async (_, crash) => {
    await folder.publish(pair('a'))
    await crash()

    expect(await live()).toEqual(pair('a'))
    await folder.publish(pair('b'))
    expect(await live()).toEqual(pair('b'))
    expect(await generations()).toEqual([digestOf(pair('a')), digestOf(pair('b'))].toSorted())
  })

  test('knows that a pair is gone', async () => {
    await folder.publish(pair('a'))
    await rm(join(path, digestOf(pair('a'))), { recursive: true })

    expect(await folder.serves(pair('a'))).toBe(false)
    await folder.publish(pair('a'))
    expect(await live()).toEqual(pair('a'))
  })
})
