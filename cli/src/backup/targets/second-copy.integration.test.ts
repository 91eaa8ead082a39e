import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runsOf } from '@domicile/backup/archive'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SftpServer } from '../../../test/support/sftp-server.ts'
import { OWN_ARCHIVE } from '../archive.ts'
import { addTarget } from './add-target.ts'
import { Archived } from './second-copy.fixture.ts'
import { type SecondCopyTools, secondCopy } from './second-copy.ts'
import { findTarget, readTargetState, targetFiles } from './store.ts'
import { accessTo, withTarget } from './target-room.ts'
import { testTarget } from './test-target.ts'

const NAME = `t-second-${process.pid}`
const RUNS = ['20261120T010000Z-000001', '20261121T010000Z-000002', '20261122T010000Z-000003'] as const
const NIGHTS = RUNS.map((_, index) => new Date(Date.UTC(2026, 10, 20 + index, 1)))

const archived = new Archived(NAME)
const server = new SftpServer(`${NAME}-sftp`)
const tools = (): SecondCopyTools => ({
  ...archived.tools,
  now: () => new Date('2026-11-22T02:00:00Z'),
  expired: () => [],
  say: () => undefined,
})

beforeAll(async () => {
  await archived.start()
  await server.start(archived.network)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await archived[Symbol.asyncDispose]()
})

const night = (index: number, mib = 1) => archived.snapshot(RUNS[index] ?? '', NIGHTS[index] ?? new Date(0), { mib })
/** What is whole at the second copy, read with its own key. */
const there = async (name: string) => {
  const access = accessTo(NAME, await findTarget(NAME, name))
  const listed = await withTarget(archived.appliance, access, { readOnly: true }, archived.tools, (copy) => copy.list())
  return runsOf(listed).map(({ run }) => run)
}
const add = async (name: string, folder: string, options: { keeps?: boolean } = {}) => {
  await server.sh(`install -d -o keeper -m 0700 ${folder}`)
  const fingerprint = await server.fingerprint()
  const added = await addTarget(
    archived.appliance,
    { name, url: server.url(folder), labels: [], limitKiB: null },
    { ...tools(), trust: async (shown) => shown === fingerprint, s3Keys: async () => '' },
  )
  await server.allow(added.publicKey ?? '', options)
  return added.target
}

describe('over SFTP', () => {
  test('every good snapshot that is missing is copied, and a second time nothing', async () => {
    await night(0)
    await night(1)
    const target = await add('nas', '/srv/copies/nas')

    expect(await secondCopy(archived.appliance, target, tools())).toMatchObject({
      copied: [RUNS[1], RUNS[0]],
      newest: { run: RUNS[1], at: '2026-11-21T01:00:00.000Z' },
    })
    expect(await there('nas')).toEqual([RUNS[0], RUNS[1]])
    expect(await secondCopy(archived.appliance, target, tools())).toMatchObject({ copied: [] })
    expect(await readTargetState(NAME, 'nas')).toMatchObject({ last: { run: RUNS[1] }, error: null, begun: [''] })
  })

  test('the key of the archive does not open it: it has one of its own', async () => {
    const access = accessTo(NAME, await findTarget(NAME, 'nas'))
    const exit = await withTarget(
      archived.appliance,
      access,
      { withSource: true },
      archived.tools,
      async (_, room, place) => {
        const words = ['--repo', 'repository' in place ? place.repository : '', '-o', place.options?.[0] ?? '']
        return room.exec(['restic', ...words, '--password-file', OWN_ARCHIVE.passwordFile, 'snapshots'])
      },
    )
    expect(exit.exitCode).toBe(12)
  })

  test('a server that dies half-way is said, and the next run goes on', async () => {
    await night(2, 64)
    const target = await findTarget(NAME, 'nas')
    const slow = { ...target, limitKiB: 4096 }
    const dying = secondCopy(archived.appliance, slow, tools()).catch((error) => error)
    await growing('/srv/copies/nas/data')
    await server.down()

    expect(await dying).toMatchObject({ name: 'BackupRefusal' })
    expect(await readTargetState(NAME, 'nas')).toMatchObject({
      last: { run: RUNS[1] },
      error: { at: expect.any(String) },
    })

    await server.up()
    expect(await there('nas')).toEqual([RUNS[0], RUNS[1]])
    expect(await secondCopy(archived.appliance, target, tools())).toMatchObject({ copied: [RUNS[2]] })
    expect(await there('nas')).toEqual([...RUNS])
    expect(await readTargetState(NAME, 'nas')).toMatchObject({ last: { run: RUNS[2] }, error: null })
  })

  test('what the policy removes goes there, too, and is gone', async () => {
    const target = await findTarget(NAME, 'nas')

    const outcome = await secondCopy(archived.appliance, target, { ...tools(), expired: () => [RUNS[0]] })

    // What still is in the archive at home comes back with the next run; at home the policy ran before.
    expect(outcome).toMatchObject({ removed: [RUNS[0]] })
    expect(await there('nas')).toEqual([RUNS[1], RUNS[2]])
    expect(await readTargetState(NAME, 'nas')).toMatchObject({ removable: true })
  })

  test('another host key is refused before anything is sent', async () => {
    const target = await findTarget(NAME, 'nas')
    await server.newHostKey()
    await server.down()
    await server.up()

    await expect(secondCopy(archived.appliance, target, tools())).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(/host key/i) }),
    )
    expect(await readTargetState(NAME, 'nas')).toMatchObject({
      last: { run: RUNS[2] },
      error: { code: 'HOST_KEY_CHANGED' },
    })
  })

  test('a host key that nobody vouches for is not pinned, and nothing of the second copy stays', async () => {
    const adding = addTarget(
      archived.appliance,
      { name: 'other', url: server.url('/srv/copies/other'), labels: [], limitKiB: null },
      { ...tools(), trust: async () => false, s3Keys: async () => '' },
    )
    await expect(adding).rejects.toThrow(expect.objectContaining({ code: 'HOST_KEY_NOT_TRUSTED' }))
    await expect(findTarget(NAME, 'other')).rejects.toThrow(expect.objectContaining({ code: 'NO_TARGET' }))
  })

  test('a place that keeps what it has is told by what it still has, and copying goes on there', async () => {
    const target = await add('vault', '/srv/copies/vault', { keeps: true })

    expect(await testTarget(archived.appliance, target, tools())).toMatchObject({ appendOnly: true })
    const outcome = await secondCopy(archived.appliance, target, { ...tools(), expired: () => [RUNS[0]] })

    expect(outcome).toMatchObject({ removed: [] })
    expect(await there('vault')).toEqual([...RUNS])
    expect(await secondCopy(archived.appliance, target, tools())).toMatchObject({ copied: [] })
    expect(await readTargetState(NAME, 'vault')).toMatchObject({ removable: false, error: null })
  })

  test('an empty place where a copy was is no new beginning', async () => {
    await server.sh('rm -rf /srv/copies/vault/*')

    await expect(secondCopy(archived.appliance, await findTarget(NAME, 'vault'), tools())).rejects.toThrow(
      expect.objectContaining({ code: 'SECOND_COPY_GONE' }),
    )
    expect(await server.sh('ls /srv/copies/vault')).toBe('')
  })
})

/** Until something was written there that was not before. */
async function growing(folder: string): Promise<void> {
  const size = async () => Number((await server.sh(`du -sb ${folder}`)).split('\t')[0])
  const before = await size()
  await expect.poll(size, { timeout: 60_000, interval: 100 }).toBeGreaterThan(before + 1_000_000)
}

test('files of a second copy are root’s alone', async () => {
  const { stat } = await import('node:fs/promises')
  const { key, sshKey, record } = targetFiles(NAME, 'nas')
  for (const path of [key, sshKey, record]) expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('disks that are changed have a copy each, and one that is empty again is no new beginning', async () => {
  const disk = await mkdtemp('/opt/second-copy-disk-')
  const RUN = '20261123T010000Z-000004'
  await archived.snapshot(RUN, new Date('2026-11-23T01:00:00Z'))
  const mounted = (label: string) => ({
    ...tools(),
    readDisk: async () => ({ mountpoint: disk, device: 'sdb1', label }),
  })
  const emptied = async () => {
    for (const entry of await readdir(disk)) await rm(join(disk, entry), { recursive: true })
  }
  try {
    const wanted = { name: 'disk', url: disk, labels: ['ERP-A', 'ERP-B'], limitKiB: null }
    const { target } = await addTarget(archived.appliance, wanted, {
      ...mounted('ERP-A'),
      ...{ trust: async () => false, s3Keys: async () => '' },
    })

    expect(await secondCopy(archived.appliance, target, mounted('ERP-A'))).toMatchObject({ label: 'ERP-A' })
    await emptied()
    expect(await secondCopy(archived.appliance, target, mounted('ERP-B'))).toMatchObject({
      ...{ label: 'ERP-B', newest: { run: RUN } },
    })
    expect((await readTargetState(NAME, 'disk')).byLabel).toMatchObject({
      'ERP-A': { run: RUN },
      'ERP-B': { run: RUN },
    })

    await emptied()
    const codeOf = (label: string) => secondCopy(archived.appliance, target, mounted(label)).catch(({ code }) => code)
    expect(await codeOf('PHOTOS')).toBe('DISK_NOT_THERE')
    expect(await codeOf('ERP-B')).toBe('SECOND_COPY_GONE')
    expect(await readdir(disk)).toEqual([])
  } finally {
    await rm(disk, { recursive: true })
  }
})
