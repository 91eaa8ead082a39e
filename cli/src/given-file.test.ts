import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkWritable, readGiven, writeNew } from './given-file.ts'

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

test('what could not be written whole is not left there, and what was there stays', async () => {
  const there = join(folder, 'there')
  await writeFile(there, 'x')
  await expect(writeNew(there, 'y')).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  expect(await readGiven(there)).toBe('x')

  const limited = `ulimit -f 8; trap '' XFSZ; exec "$0" --input-type=module -e "$1" "$2"`
  const script = `
    import { writeNew } from '${join(import.meta.dirname, 'given-file.ts')}'
    await writeNew(process.argv[1], 'x'.repeat(1_000_000)).catch(({ code }) => console.log(code))`
  const { stdout } = await execa('sh', ['-c', limited, process.execPath, script, join(folder, 'new')])
  expect(stdout).toBe('FILE_NOT_WRITTEN')
  expect(await readdir(folder)).toEqual(['there'])
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
