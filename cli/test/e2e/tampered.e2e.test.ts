import { copyFile, mkdtemp, open, readFile, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Customer, newCustomer, VENDOR_KEY } from '../support/customer.ts'
import { installGuestbook } from '../support/guestbook.ts'
import { changesSince, type Inventory, inventory } from '../support/inventory.ts'
import { ROOT, workshop } from '../support/workshop.ts'

let customer: Customer & AsyncDisposable
let before: Inventory
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tampered-'))
  customer = await newCustomer('tampered')
  before = await inventory(customer.host)
})
afterAll(async () => {
  await customer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const domicile = (...args: string[]) => execa(workshop.executable, args, { cwd: folder })

/** Brings a changed copy of the genuine release to the host. */
async function bring(name: string, change: (path: string) => Promise<void>): Promise<string> {
  const path = join(folder, name)
  await copyFile(workshop.release('guestbook'), path)
  await change(path)
  await customer.host.copyIn(path, `/root/${name}`)
  return `/root/${name}`
}

async function flipByte(path: string, at: number): Promise<void> {
  await using file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at)
}

/** Packs the guest book again, as somebody else or at another time. */
async function pack(out: string, key: string, sequence: number): Promise<string> {
  const from = [join(ROOT, 'stacks/guestbook'), '--key', key, '--sequence', String(sequence)]
  await domicile('vendor', 'release', 'build', ...from, '--out', join(folder, out))
  await customer.host.copyIn(join(folder, out), `/root/${out}`)
  return `/root/${out}`
}

const install = (release: string) =>
  customer.json(['install', release, '--vendor-key', VENDOR_KEY, '--yes', '--hostname', 'guestbook.localhost'])

describe('a release that is not what the vendor signed changes nothing and ends with 4', () => {
  test.each<[string, string, (path: string) => Promise<void>]>([
    [
      'a byte of the images was flipped',
      'RELEASE_ALTERED',
      async (path) => flipByte(path, Math.floor((await stat(path)).size / 2)),
    ],
    [
      'it was cut in the middle',
      'RELEASE_TRUNCATED',
      async (path) => truncate(path, Math.floor((await stat(path)).size / 2)),
    ],
    ['its last byte is missing', 'RELEASE_TRUNCATED', async (path) => truncate(path, (await stat(path)).size - 1)],
    ['it is empty', 'RELEASE_UNRECOGNISED', (path) => truncate(path, 0)],
    [
      'its signature was changed',
      'SIGNATURE_INVALID',
      async (path) => flipByte(path, (await readFile(path)).subarray(0, 65_536).indexOf('RU') + 60),
    ],
  ])('%s', async (what, code, change) => {
    const release = await bring(`${what.replaceAll(/\W/g, '-')}.domicile`, change)

    const { exitCode, document } = await install(release)

    expect(document.error.code).toMatch(code.startsWith('SIGNATURE') ? /^SIGNATURE_/ : code)
    expect(document.error.hint).not.toBe('')
    expect(exitCode).toBe(4)
    await customer.host.must('rm', [release])
    expect(await changesSince(customer.host, before)).toEqual([])
  })

  test('it was packed and signed by somebody else', async () => {
    await domicile('vendor', 'keygen', '--out', 'stranger')
    const release = await pack('stranger.domicile', 'stranger.key', 2_000_000_000)

    const { exitCode, document } = await install(release)

    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 4, code: 'RELEASE_KEY_UNKNOWN' })
  })
})

test('once installed, the pinned key counts: another key given on the command line is refused', async () => {
  await installGuestbook(customer)
  await customer.host.copyIn(join(folder, 'stranger.pub'), '/root/stranger.pub')

  const { exitCode, document } = await customer.json([
    'release',
    'verify',
    '/root/stranger.domicile',
    '--vendor-key',
    '/root/stranger.pub',
    '--name',
    'guestbook',
  ])

  expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 4, code: 'VENDOR_KEY_DIFFERS' })
})

test('a genuine release that is older than the installed one is refused with 3', async () => {
  const running = await inventory(customer.host)
  const release = await pack('older.domicile', workshop.secretKey, 1)

  const { exitCode, document } = await install(release)

  expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 3, code: 'RELEASE_OLDER' })
  expect((await inventory(customer.host)).containers).toEqual(running.containers)
})

test('a vendor that changes its key is followed by the list that the old key signed', async () => {
  await domicile('vendor', 'keygen', '--out', 'next')
  await domicile(
    'vendor',
    'keys',
    'rotate',
    '--key',
    workshop.secretKey,
    '--stack',
    'guestbook',
    '--trust',
    'next.pub',
    '--sequence',
    '1',
    '--out',
    'keys.json',
  )
  const from = [join(ROOT, 'stacks/guestbook'), '--key', 'next.key', '--key-list', 'keys.json']
  await domicile('vendor', 'release', 'build', ...from, '--out', join(folder, 'next.domicile'))
  await customer.host.copyIn(join(folder, 'next.domicile'), '/root/next.domicile')

  const verified = await customer.must(['release', 'verify', '/root/next.domicile'])

  expect(verified).toMatchObject({ verified: true, name: 'guestbook' })
})
