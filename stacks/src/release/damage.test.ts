import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Entry,
  entriesOf,
  type Folder,
  forge,
  open,
  packWithKeyLists,
  refusal,
  tarOf,
  temporaryFolder,
} from './fixtures/sample-release.ts'

/** Whatever happens to a release on its way: it is refused with exit 4 before any of it is used. */

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

async function flipped(position: number, bit: number): Promise<string> {
  return refusal(
    await forge(path, (whole) => {
      whole[position] = (whole[position] ?? 0) ^ (1 << bit)
      return whole
    }),
  )
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
