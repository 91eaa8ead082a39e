import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkWritable, readGiven } from './given-file.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'given-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a file that somebody named', () => {
  test('is read as it is', async () => {
    const text = 'Naročnik\n'.repeat(100_000)
    await writeFile(join(folder, 'file'), text)

    expect(await readGiven(join(folder, 'file'))).toBe(text)
  })

  test('fills no memory, however large it is and whatever it says of its size', async () => {
    const large = join(folder, 'large')
    await writeFile(large, '')
    await truncate(large, 2 ** 33)

    await expect(readGiven(large)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
    await expect(readGiven('/dev/zero')).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
  })

  test('that is none is said so', async () => {
    await expect(readGiven(join(folder, 'none'))).rejects.toMatchObject({
      code: 'NO_FILE',
      message: expect.stringContaining('There is no file'),
    })
    await expect(readGiven(folder)).rejects.toMatchObject({ code: 'NO_FILE' })
  })
})

test('where nothing can be written is known before anything is begun, and nothing is left there', async () => {
  const there = join(folder, 'there')
  await writeFile(there, 'x')

  await checkWritable(there)
  await checkWritable(join(folder, 'new'))
  await expect(checkWritable(join(folder, 'none', 'new'))).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  await expect(checkWritable(folder)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  await expect(readGiven(join(folder, 'new'))).rejects.toMatchObject({ code: 'NO_FILE' })
})
