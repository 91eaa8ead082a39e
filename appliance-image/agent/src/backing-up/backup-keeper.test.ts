import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { VerbRequest } from '../protocol.ts'
import { BackupKeeper } from './backup-keeper.ts'
import { type Helper, HelperBusy, HelperGone } from './helper-client.ts'
import type { HelperOperation, HelperTaken } from './helper-protocol.ts'
import { planBackups } from './planning.ts'
import { ScheduleFile } from './schedule-file.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const INSTALLATION = '7e1f0f5e-4a5c-4cb6-8b4e-3f5d7b2a9c10'

/** Does nothing but remember what it was asked; what becomes of it the tests say. */
class FakeHelper implements Helper {
  readonly asked: HelperTaken[] = []
  busy: HelperTaken | null = null
  trouble: Error | null = null
  pings = 0
  alerts = 0

  async ping() {
    this.pings += 1
    if (this.trouble instanceof HelperGone) throw this.trouble
    return { protocol: 1, version: '0', busy: this.busy && { ...this.busy, since: now.toISOString() } }
  }

  async alert() {
    if (this.trouble instanceof HelperGone) throw this.trouble
    this.alerts += 1
  }

  async ask(operation: HelperOperation) {
    if (this.trouble) throw this.trouble
    const taken = { id: randomUUID(), operation }
    this.asked.push(taken)
    this.busy = taken
    return taken
  }
}

let folder: string
let now: Date
let helper: FakeHelper
let plans: number
let reachable: boolean

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backups-'))
  now = new Date('2026-11-22T12:00:00Z')
  helper = new FakeHelper()
  plans = 0
  reachable = true
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = () =>
  BackupKeeper.open({
    ...{ helper, reachable: () => reachable, clock: () => now, log: () => undefined },
    file: new ScheduleFile(join(folder, 'state.json'), () => undefined),
    plan: async (kept, at) => {
      plans += 1
      return planBackups({ kept, wanted: {}, terms: null, now: at.toISOString(), installation: INSTALLATION })
    },
  })

const later = (ms: number) => {
  now = new Date(now.getTime() + ms)
}

/** A minute after the other, as the scheduler does. */
async function minutes(keeper: BackupKeeper, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    later(MINUTE_MS)
    await keeper.run()
  }
}

type Note = VerbRequest<'backup-note'>

/** The helper has done what it was asked last. */
async function done(keeper: BackupKeeper, more: Partial<Note> = {}): Promise<void> {
  const taken = helper.asked.at(-1)
  if (!taken) throw new Error('the helper was not asked')
  helper.busy = null
  const run = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-000001`
  const point = { run, at: now.toISOString() }
  await keeper.note({
    ...{ id: taken.id, operation: taken.operation, run, outcome: 'done', code: null, at: point.at, seconds: 1 },
    summary: { snapshot: point, checked: true, proof: point, copies: [] },
    ...more,
  })
}

const codes = async (keeper: BackupKeeper) => (await keeper.status()).findings.map(({ code }) => code)
const askedFor = () => helper.asked.map(({ operation }) => operation)

test('the first snapshot is made by itself, once, and then the next is that of the night', async () => {
  const keeper = await open()
  await minutes(keeper, 30)
  expect(askedFor()).toEqual(['create'])
  expect((await keeper.status()).running).toMatchObject({ what: 'create' })

  await done(keeper)
  await minutes(keeper, 60)

  expect(askedFor()).toEqual(['create'])
  const { lastSnapshot, next, running, findings } = await keeper.status()
  expect({ running, findings }).toEqual({ running: null, findings: [] })
  expect(lastSnapshot).toMatch(/^2026-11-22T12:/)
  expect(next?.what).toBe('create')
  expect(next?.at).toMatch(/^2026-11-23T0[1-3]:/)
})

test('every night one, and nothing is said while all is well', async () => {
  const keeper = await open()
  await minutes(keeper, 20)
  await done(keeper)

  for (let minute = 0; minute < 3 * 24 * 60; minute++) {
    await minutes(keeper, 1)
    if (helper.busy) await done(keeper)
    expect(await codes(keeper)).toEqual([])
  }

  expect(askedFor().filter((operation) => operation === 'create')).toHaveLength(4)
})

test('a server that was off at night makes up for it after it is started', async () => {
  const first = await open()
  await minutes(first, 20)
  await done(first)
  later(30 * HOUR_MS)

  const second = await open()
  await minutes(second, 2)

  expect(askedFor()).toEqual(['create', 'create'])
})

test('a helper that was killed in the middle is found out, said, and asked again', async () => {
  const keeper = await open()
  await minutes(keeper, 20)
  helper.busy = null
  await minutes(keeper, 1)

  expect(await codes(keeper)).toEqual(['BACKUP_FAILING'])
  expect((await keeper.status()).findings[0]?.message).toContain('INTERRUPTED')
  expect((await keeper.status()).running).toBeNull()

  await minutes(keeper, 20)
  expect(askedFor()).toEqual(['create', 'create'])
  await done(keeper)
  expect(await codes(keeper)).toEqual([])
})

test('an operation that takes a day is asked for once', async () => {
  const keeper = await open()
  await minutes(keeper, 24 * 60)

  expect(askedFor()).toEqual(['create'])
  expect(helper.pings).toBeGreaterThan(1000)
})

test('an agent that was started anew remembers what it had asked for', async () => {
  await minutes(await open(), 20)

  const keeper = await open()
  await minutes(keeper, 5)
  expect(askedFor()).toEqual(['create'])
  await done(keeper)

  expect((await keeper.status()).lastSnapshot).not.toBeNull()
})

test('a helper that is not there is said, and taken back when it answers', async () => {
  const keeper = await open()
  reachable = false
  helper.trouble = new HelperGone('connect ENOENT')
  await minutes(keeper, 20)
  expect(await codes(keeper)).toEqual(['BACKUP_HELPER_GONE'])

  reachable = true
  helper.trouble = null
  await minutes(keeper, 1)

  expect(askedFor()).toEqual(['create'])
  expect(await codes(keeper)).toEqual([])
})

test('without a helper for two days it is bad', async () => {
  const keeper = await open()
  reachable = false
  helper.trouble = new HelperGone('connect ENOENT')
  later(51 * HOUR_MS)
  await minutes(keeper, 1)

  expect((await keeper.status()).findings).toMatchObject([
    { code: 'BACKUP_NONE', severity: 'fail' },
    { code: 'BACKUP_HELPER_GONE', severity: 'warn' },
  ])
})

test('what turns bad is told on once, and once more when it is well again', async () => {
  const keeper = await open()
  const failing = { outcome: 'failed', code: 'DISK_FULL', run: null, summary: null } as const
  for (let hour = 0; hour < 100; hour++) {
    later(HOUR_MS)
    await keeper.run()
    if (helper.busy) await done(keeper, failing)
  }
  expect(helper.alerts).toBe(1)

  while (!helper.busy) await minutes(keeper, 10)
  await done(keeper)
  await minutes(keeper, 60)

  expect(await codes(keeper)).toEqual([])
  expect(helper.alerts).toBe(2)
})

test('while another operation is at work it waits, and that is no failure', async () => {
  const keeper = await open()
  helper.trouble = new HelperBusy('“restore” (process 17) is at work')
  await minutes(keeper, 20)
  expect(await codes(keeper)).toEqual([])

  helper.trouble = null
  await minutes(keeper, 10)

  expect(askedFor()).toEqual(['create'])
})

test('a person who tries the same meanwhile changes nothing', async () => {
  const keeper = await open()
  await minutes(keeper, 20)
  const refused = {
    id: null,
    operation: 'create',
    run: null,
    outcome: 'refused',
    code: 'LOCKED',
    summary: null,
  } as const
  await keeper.note({ ...refused, at: now.toISOString(), seconds: 0 })
  await minutes(keeper, 30)

  expect(askedFor()).toEqual(['create'])
  expect((await keeper.status()).running).toMatchObject({ what: 'create' })
})

test('an end that comes before the answer to who asked counts', async () => {
  const keeper = await open()
  helper.ask = async (operation) => {
    const taken = { id: randomUUID(), operation }
    helper.asked.push(taken)
    await done(keeper)
    return taken
  }
  await minutes(keeper, 20)

  expect((await keeper.status()).running).toBeNull()
  expect((await keeper.status()).lastSnapshot).not.toBeNull()
})

test('what fails is said with its code, tried again ever more rarely, and forgotten when it succeeds', async () => {
  const keeper = await open()
  for (let minute = 0; minute < 24 * 60; minute++) {
    await minutes(keeper, 1)
    if (helper.busy) await done(keeper, { outcome: 'failed', code: 'DISK_FULL', run: null, summary: null })
  }
  expect(askedFor().length).toBeGreaterThan(5)
  expect(askedFor().length).toBeLessThan(15)
  expect((await keeper.status()).findings[0]?.message).toContain('DISK_FULL')

  while (!helper.busy) await minutes(keeper, 1)
  await done(keeper)

  expect(await codes(keeper)).toEqual([])
})

test.each([
  '{',
  '{"schedule":{}}',
  '[]',
  '',
])('a file that holds %j is put aside and said until somebody tells anew', async (text) => {
  writeFileSync(join(folder, 'state.json'), text)
  const keeper = await open()

  expect(await codes(keeper)).toEqual(['BACKUP_STATE_BROKEN'])
  expect(readFileSync(join(folder, 'state.json.broken'), 'utf8')).toBe(text)
  await minutes(keeper, 20)
  await done(keeper)
  expect(await codes(keeper)).toEqual([])
  expect(readdirSync(folder).sort()).toEqual(['state.json', 'state.json.broken'])
})

test('a plan holds for a while: nobody calculates every minute', async () => {
  const keeper = await open()
  await minutes(keeper, 20)
  await done(keeper)
  await minutes(keeper, 1)
  plans = 0

  await minutes(keeper, 60)

  expect(plans).toBeLessThanOrEqual(13)
})
