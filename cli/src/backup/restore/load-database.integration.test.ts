import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql, sqlAsOwner } from '@domicile/stacks/apply'
import { APPLIANCE_LABEL, type DatabaseSpec } from '@domicile/stacks/plan'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Appliance } from '../../appliance/appliance.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import type { Room } from '../room.ts'
import { withSidePostgres } from '../side-postgres.ts'
import { postgresData } from './fill.ts'
import { emptyAgentDatabase, loadDump, makeSafe } from './load-database.ts'

const engine = new DockerEngine()
const signal = new AbortController().signal
const name = `it-restore-${randomBytes(3).toString('hex')}`
const volume = `${name}_postgres_side`
let lib: string
let place: Pick<Appliance, 'name' | 'state' | 'blueprint'>
let database: DatabaseSpec

beforeAll(async () => {
  lib = await mkdtemp(join(tmpdir(), 'restore-'))
  await chmod(lib, 0o755)
  await mkdir(join(lib, 'secrets'))
  const secret = async (base: string, uid = 0) => {
    const path = join(lib, 'secrets', base)
    await writeFile(path, randomBytes(12).toString('hex'), { mode: 0o400 })
    await chown(path, uid, uid)
    return path
  }
  await secret('postgres_password', 70)
  database = {
    ...{ name: 'guestbook', owner: 'guestbook', app: 'guestbook_app', grants: undefined, settings: {} },
    ownerSecret: await secret('owner'),
    appSecret: await secret('app'),
    agentSecret: await secret('agent'),
    meterSecret: await secret('meter'),
  }
  const reference = 'domicile/postgres:0.1.0'
  const image = await engine.findImage(reference)
  const images = [{ role: 'postgres', reference, digest: image?.id ?? '', layers: [] }]
  place = { name, state: { images }, blueprint: { layout: { lib }, database } } as unknown as typeof place
  await engine.createVolume(volume, { [APPLIANCE_LABEL]: name })
})
afterAll(async () => {
  await engine.removeVolume(volume)
  await rm(lib, { recursive: true })
})

const beside = <T>(work: (room: Room) => Promise<T>) =>
  withSidePostgres(place, { service: 'side', data: postgresData(volume) }, { engine, signal }, work)
const ask = async ({ container }: Room, text: string) => (await sqlAsOwner(engine, container, database, text)).trim()
const dumpOf = ({ container }: Room, text: string) => ({
  ...{ container, user: '70', input: '', command: ['printf', '%s', text] },
})

test('a dump that ends in the middle leaves nothing; a whole one is loaded as its owner, and outlives the room', async () => {
  await beside(async (room) => {
    const cut = dumpOf(room, 'CREATE TABLE entry (x int); COPY entry FROM stdin;\n1\nno number\n\\.\n')
    await expect(loadDump(cut, room.container, database, { engine, signal })).rejects.toThrow()
    expect(await ask(room, "SELECT count(*) FROM pg_class WHERE relname = 'entry'")).toBe('0')

    const whole = dumpOf(room, 'CREATE TABLE entry (x int); COPY entry FROM stdin;\n1\n2\n\\.\n')
    await loadDump(whole, room.container, database, { engine, signal })
  })
  await beside(async (room) => {
    expect(await ask(room, 'SELECT count(*) FROM entry')).toBe('2')
    const rights =
      "SELECT tableowner, has_table_privilege('guestbook_app', 'entry', 'INSERT') FROM pg_tables WHERE tablename = 'entry'"
    expect(await ask(room, rights)).toBe('guestbook|t')
    const comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'guestbook'"
    expect((await sql(engine, room.container, 'postgres', comment)).trim()).toBe('domicile: initialised')
  })
})

test('nothing of a dump acts for anybody but the owner', async () => {
  await beside(async (room) => {
    for (const text of ['CREATE ROLE intruder SUPERUSER;', "COPY (SELECT 1) TO PROGRAM 'id';", 'SET ROLE postgres;'])
      await expect(loadDump(dumpOf(room, text), room.container, database, { engine, signal })).rejects.toThrow(
        /permission denied|must be/,
      )
  })
})

test('what was bound to its time is ended by the stack’s own SQL, and nobody has a seat', async () => {
  await beside(async (room) => {
    const { container } = room
    await sql(engine, container, 'domicile', 'CREATE TABLE seat (holder text)')
    await emptyAgentDatabase(container, database, { engine, signal })
    const stack = {
      manifest: { backup: { invariants: {}, restored: 'restored.sql' } },
      files: new Map([['restored.sql', 'DELETE FROM entry WHERE x = 1; SELECT current_user;']]),
    }
    await makeSafe(container, database, stack as never, { engine, signal })

    expect(await ask(room, 'SELECT sum(x) FROM entry')).toBe('2')
    expect((await sql(engine, container, 'domicile', "SELECT to_regclass('seat') IS NULL")).trim()).toBe('t')
    const planner = "SELECT reltuples FROM pg_class WHERE relname = 'entry'"
    expect(await ask(room, planner)).toBe('1')
  })
})

test('a server that does not start says why', async () => {
  const settings = { shared_buffers: 'nonsense' }
  const side = { service: 'side', data: postgresData(volume), settings }

  await expect(withSidePostgres(place, side, { engine, signal }, async () => undefined)).rejects.toThrow(
    /did not start[\s\S]*shared_buffers/,
  )
})
