import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ReadDisk, readDisk, requireDisk } from './disk.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

const disk =
  (label: string, mountpoint = folder): ReadDisk =>
  async () => ({ mountpoint, device: '/dev/sdb1', label })
const notThere = (text: RegExp) =>
  expect.objectContaining({ code: 'DISK_NOT_THERE', message: expect.stringMatching(text) })

test('of disks that are changed each one that is named will do', async () => {
  expect(await requireDisk(folder, ['ERP-A', 'ERP-B'], disk('ERP-B'))).toBe('ERP-B')
})

test.each([
  ['another label', disk('PHOTOS'), /sdb1, labelled “PHOTOS”/],
  ['no label', disk(''), /labelled nothing/],
  ['no disk at all, but the one that the host runs on', disk('ROOT', '/'), /no disk of its own/],
])('%s is not it, and the hint names what is looked for', async (_, read, said) => {
  await expect(requireDisk(folder, ['ERP-A', 'ERP-B'], read)).rejects.toThrow(notThere(said))
  await expect(requireDisk(folder, ['ERP-A', 'ERP-B'], read)).rejects.toThrow(
    expect.objectContaining({ hint: expect.stringContaining('ERP-A or ERP-B') }),
  )
})

test('what is no folder is no disk', async () => {
  await writeFile(join(folder, 'file'), '')
  for (const path of ['nowhere', 'file'])
    await expect(requireDisk(join(folder, path), [], disk('ERP-A'))).rejects.toThrow(notThere(/no folder/))
})

test('what is mounted here is read from the kernel', async () => {
  const { mountpoint, device } = await readDisk(folder)

  expect(folder.startsWith(mountpoint)).toBe(true)
  expect(device).not.toBe('')
})
