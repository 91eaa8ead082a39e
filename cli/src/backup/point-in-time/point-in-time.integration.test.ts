import { readdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '@domicile/backup/point-in-time'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withSidePostgres } from '../side-postgres.ts'
import { Archiving } from './archiving.fixture.ts'
import { makeBase, nightlyBase } from './base.ts'
import { fillFromPointInTime, findWay, type Reached } from './restore.ts'
import { checkPointInTime, pointInTimeStatus } from './status.ts'

const MIB = 2 ** 20
const show = (at: Date) => at.toISOString()

let appliance: Archiving
beforeEach(() => {
  appliance = new Archiving('t-point-in-time')
})
afterEach(() => appliance[Symbol.asyncDispose]())

const codes = (findings: readonly { code: string }[]) => findings.map(({ code }) => code)

/** A row a second, for so many seconds. */
const writeRows = async (from: number, count: number) => {
  for (let n = from; n < from + count; n += 1) {
    await appliance.sql(`insert into kept values (${n}, clock_timestamp())`)
    await sleep(1000)
  }
}

/** One segment of WAL each. */
const writeSegments = async (count: number) => {
  for (let n = 0; n < count; n += 1) {
    await appliance.sql(`insert into kept values (-1, clock_timestamp())`)
    await appliance.sql('select pg_switch_wal()')
  }
}

const waiting = async () =>
  Number(await appliance.sql(`select count(*) from pg_ls_archive_statusdir() where name like '%.ready'`))

async function until(happened: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await happened()) return
    await sleep(200)
  }
  throw new Error(`${what}: not within two minutes`)
}

async function restoreTo(target: Target): Promise<{ rows: string; reached: Reached | undefined; volume: string }> {
  const { place, tools } = appliance
  const volume = `${place.name}_restored`
  await tools.engine.createVolume(volume, {})
  let reached: Reached | undefined
  const way = await findWay(place, target, show, tools)
  await fillFromPointInTime(place, way, show, (how) => {
    reached = how
  })(volume, tools)
  return { rows: await rowsIn(volume), reached, volume }
}

const rowsIn = (volume: string) => {
  const data = { type: 'volume', source: volume, target: '/var/lib/postgresql', readOnly: false } as const
  return withSidePostgres(appliance.place, { service: 'look', data }, appliance.tools, async (room) => {
    const query = `select string_agg(n::text, ' ' order by n) from kept where n > 0`
    const { stdout, stderr } = await room.exec(['psql', '-XAtU', 'postgres', '-c', query])
    return (stdout + stderr).trim()
  })
}

/** The files of WAL in the repository, oldest first. */
const archived = async () => {
  const folder = join(appliance.folder.pointInTime, 'archive/appliance')
  const files = await readdir(folder, { recursive: true })
  return files
    .filter((file) => /[0-9A-F]{24}-[0-9a-f]{40}\.zst$/.test(file))
    .sort()
    .map((file) => join(folder, file))
}

const install = async (backup = {}) => {
  await appliance.start(backup)
  await appliance.sql('create table kept (n int, at timestamptz)')
}

describe('going back', () => {
  test('to a second: what was committed by then is there, and nothing that came after', async () => {
    await install()
    const { place, tools } = appliance
    expect(await nightlyBase(place, tools)).toMatchObject({ type: 'full' })
    await sleep(1100)
    await writeRows(1, 4)
    const wrong = new Date(
      Math.floor(Number(await appliance.sql('select extract(epoch from at) * 1000 from kept where n = 3')) / 1000) *
        1000,
    )
    await appliance.sql('delete from kept')

    const { rows, reached, volume } = await restoreTo(wrong)

    const expected = await appliance.sql('select 1')
    expect(expected.trim()).toBe('1')
    expect(rows).toBe('1 2')
    expect(reached?.complete).toBe(true)
    expect(await appliance.sql('select count(*) from kept')).toContain('0')
    // What was restored runs on, archives on a timeline of its own, and one can go back on it.
    await switchTo(volume)
    expect(await makeBase(place, tools)).toMatchObject({ type: 'incr' })
    await sleep(1100)
    await writeRows(10, 1)
    const later = new Date()
    await sleep(1100)
    await appliance.sql('delete from kept')
    await appliance.tools.engine.removeVolume(`${place.name}_restored2`)
    expect((await archived()).some((file) => file.includes('/00000002'))).toBe(true)
    const again = await restoreSecond(later)
    expect(again).toBe('1 2 10')
    expect(codes((await checkPointInTime(place, tools)).findings)).toEqual([])
  })

  test('outside the window is refused, and the window named', async () => {
    await install()
    const { place, tools } = appliance
    await expect(findWay(place, new Date(), show, tools)).rejects.toMatchObject({ code: 'OUTSIDE_THE_WINDOW' })
    await nightlyBase(place, tools)
    await expect(findWay(place, new Date(Date.now() - 3_600_000), show, tools)).rejects.toThrow(
      /from \d{4}-.* to \d{4}-/,
    )
  })

  test('when PostgreSQL is lost, as far as it had archived', async () => {
    await install()
    await nightlyBase(appliance.place, appliance.tools)
    await sleep(1100)
    await writeRows(1, 2)
    await writeSegments(1)
    await until(async () => (await waiting()) === 0, 'all is archived')
    await execa('docker', ['rm', '--force', appliance.postgres])

    expect(await restoreTo('latest')).toMatchObject({ rows: '1 2', reached: { complete: false } })
  })
})

/** As the switch does it: the container anew, on another volume. */
async function switchTo(volume: string): Promise<void> {
  const { engine } = appliance.tools
  await engine.removeContainer(appliance.postgres)
  const { blueprint } = appliance.place
  const containers = blueprint.containers.map((container) => ({
    ...container,
    mounts: container.mounts.map((mount) =>
      mount.target === '/var/lib/postgresql' ? { ...mount, source: volume } : mount,
    ),
  }))
  appliance.place = { ...appliance.place, blueprint: { ...blueprint, containers } }
  await appliance.run()
}

async function restoreSecond(target: Date): Promise<string> {
  const { place, tools } = appliance
  const volume = `${place.name}_restored2`
  await tools.engine.createVolume(volume, {})
  await fillFromPointInTime(place, await findWay(place, target, show, tools), show)(volume, tools)
  return rowsIn(volume)
}

describe('the application goes on', () => {
  test('over a full repository: WAL is let go beyond the limit, said, and a base begins anew', async () => {
    await install()
    const { place, tools } = appliance
    await execa('docker', ['stop', appliance.postgres])
    await execa('mount', [
      '-t',
      'tmpfs',
      '-o',
      'size=12m,uid=70,gid=70,mode=700',
      'tmpfs',
      appliance.folder.pointInTime,
    ])
    await execa('docker', ['rm', '--force', appliance.postgres])
    await appliance.run()
    await appliance.limit(64 * MIB)
    await nightlyBase(place, tools)
    await writeFile(join(appliance.folder.pointInTime, 'filler'), Buffer.alloc(16 * MIB)).catch(() => undefined)

    await writeSegments(20)
    await until(async () => (await waiting()) <= 5, 'what waits goes below the limit')
    await appliance.sql('insert into kept values (77, now())')

    const full = await pointInTimeStatus(place, tools)
    expect(codes(full.findings)).toContain('LET_GO')
    expect(codes(full.findings)).toContain('NOT_ARCHIVING')
    await rm(join(appliance.folder.pointInTime, 'filler'))
    await writeSegments(1)
    await until(async () => (await waiting()) === 0, 'it archives again')
    const holed = await pointInTimeStatus(place, tools)
    expect(codes(holed.findings)).toEqual(expect.arrayContaining(['LET_GO', 'GAP']))
    await makeBase(place, tools)
    const anew = await pointInTimeStatus(place, tools)
    expect(codes(anew.findings)).toEqual([])
    expect(anew.window).toHaveLength(2)
    expect(codes((await checkPointInTime(place, tools)).findings)).toEqual(['GAP'])
  })

  test('without a repository, without a key and without the engine', async () => {
    await install()
    await appliance.limit(64 * MIB)
    const conf = '/var/lib/domicile/t-point-in-time/secrets/backup_point_in_time_conf'
    await nightlyBase(appliance.place, appliance.tools)
    await execa('docker', ['rm', '--force', appliance.postgres])
    await writeFile(conf, '[global]\nrepo1-cipher-pass=another\n')
    await rename(appliance.folder.spool, `${appliance.folder.spool}.gone`)
    await appliance.run()
    await appliance.limit(64 * MIB)

    await writeSegments(12)
    await until(async () => (await waiting()) <= 5, 'what waits goes below the limit')

    const { findings } = await pointInTimeStatus(appliance.place, appliance.tools)
    expect(codes(findings)).toContain('UNREADABLE')
    expect(findings.every(({ message }) => /^[\x20-\x7e’“”…]*$/.test(message))).toBe(true)
  })

  test('switched off it archives nothing, and what the repository has stays', async () => {
    await install({ pointInTime: 'off' })
    expect(await appliance.sql('show archive_mode')).toContain('off')
    expect(await nightlyBase(appliance.place, appliance.tools)).toBeNull()
  })
})

test('a truncated segment and a lost one are named', async () => {
  await install()
  const { place, tools } = appliance
  await nightlyBase(place, tools)
  await writeSegments(5)
  await until(async () => (await waiting()) === 0, 'all is archived')
  expect(codes((await checkPointInTime(place, tools)).findings)).toEqual([])
  const files = await archived()
  const [lost = '', cut = ''] = files.slice(-4)
  await rm(lost)
  await truncate(cut, 200)

  const { findings } = await checkPointInTime(place, tools)

  const name = (file: string) => /[0-9A-F]{24}/.exec(file.split('/').at(-1) ?? '')?.[0] ?? 'none'
  expect(findings.find(({ code }) => code === 'DAMAGED')?.message).toContain(name(cut))
  expect(findings.find(({ code }) => code === 'GAP')?.message).toContain(name(lost))
})
