import { BackupRefusal } from '@domicile/backup/refusal'
import { type Forecast, requireSpace } from '@domicile/backup/restore'
import type { Manifest, Snapshot } from '@domicile/backup/snapshot'
import { asRole, refuseForeign, sql } from '@domicile/stacks/apply'
import { AGENT_DATABASE, type DatabaseSpec, projectLabels } from '@domicile/stacks/plan'
import type { Appliance } from '../../../appliance/appliance.ts'
import { ownerLogin, POSTGRES_USER, postgresOf } from '../../../appliance/postgres.ts'
import type { Room } from '../../room.ts'
import { withSidePostgres } from '../../side-postgres.ts'
import { clearRooms, type FillTools, fillFromSnapshot, postgresData, ROOMS } from '../fill.ts'

const SIDE_NAME = /^[a-z][a-z0-9_]{0,62}$/
const LOAD = ['psql', '-X', '-q', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '--single-transaction', '-f', '-']
/** All of it is the owner's there: nobody else has anything to do in that database. */
const DUMP = ['pg_dump', '--no-owner', '--no-privileges', '--no-publications', '--no-subscriptions']

export interface TablesWanted {
  /** As they are in the manifest. */
  readonly tables: readonly string[]
  /** Name of the side database. */
  readonly into: string
}

/**
 * Puts tables of a snapshot into a database of their own beside the application's: all tables are there, those that were
 * named have their rows. Nobody but the owner gets into it, and nothing of what runs is written to.
 * @throws BackupRefusal DATABASE_EXISTS, NO_ROOM (refused), TABLE_UNKNOWN (missing), USAGE
 */
export async function takeTables(
  appliance: Appliance,
  { snapshot, forecast, freeBytes }: { snapshot: Snapshot; forecast: Forecast; freeBytes: number },
  { tables, into }: TablesWanted,
  tools: FillTools,
): Promise<void> {
  const { name, blueprint } = appliance
  const postgres = postgresOf(blueprint)
  await refuseTaken(appliance, into)
  requireSpace(forecast, freeBytes)
  await clearRooms(name, tools.engine)
  const volume = `${name}_restore-tables`
  // Left by a killed run; a name alone does not say whose it is.
  refuseForeign('volume', volume, await tools.engine.findVolume(volume), name)
  await tools.engine.removeVolume(volume)
  await tools.engine.createVolume(volume, { ...projectLabels(name), 'com.docker.compose.volume': 'restore-tables' })
  let made = false
  try {
    tools.say('loading the snapshot beside what runs')
    await fillFromSnapshot(appliance, snapshot)(volume, tools)
    const side = { service: ROOMS.database, data: postgresData(volume), scratch: true }
    await withSidePostgres(appliance, side, tools, async (room) => {
      await makeSide(appliance, into)
      made = true
      tools.say('copying the tables')
      const parts = [['--section=pre-data'], ['--section=data', ...tables.flatMap((table) => ['--table', table])]]
      for (const part of parts) await copy(room, postgres, blueprint.database, into, part, tools)
    })
  } catch (error) {
    // Half of a database looks like a whole one.
    if (made)
      await sql(tools.engine, postgres, 'postgres', `DROP DATABASE IF EXISTS "${into}" WITH (FORCE);`).catch(
        () => undefined,
      )
    throw error
  } finally {
    await tools.engine.removeVolume(volume)
  }
}

async function copy(
  room: Room,
  postgres: string,
  database: DatabaseSpec,
  into: string,
  part: readonly string[],
  { engine, signal }: FillTools,
): Promise<void> {
  const source = await asRole([...DUMP, ...part], ownerLogin(database))
  const sink = await asRole(LOAD, { ...ownerLogin(database), database: into })
  await engine.pipe(
    { container: room.container, user: POSTGRES_USER, ...source },
    { container: postgres, user: POSTGRES_USER, ...sink },
    signal,
  )
}

async function makeSide({ engine, blueprint }: Appliance, into: string): Promise<void> {
  const owner = blueprint.database.owner.replaceAll('"', '""')
  const text = `CREATE DATABASE "${into}" OWNER "${owner}" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE "${into}" FROM PUBLIC;`
  await sql(engine, postgresOf(blueprint), 'postgres', text)
}

async function refuseTaken({ engine, blueprint }: Appliance, into: string): Promise<void> {
  if (!SIDE_NAME.test(into))
    throw new BackupRefusal(`“${into}” is no name for a database beside the application's.`, {
      code: 'USAGE',
      hint: 'Use up to 63 small letters, digits and underscores, beginning with a letter.',
      kind: 'usage',
    })
  const text = await sql(engine, postgresOf(blueprint), 'postgres', 'SELECT datname FROM pg_database;')
  const taken = [...text.trim().split('\n'), blueprint.database.name, AGENT_DATABASE]
  if (!taken.includes(into)) return
  throw new BackupRefusal(`There is a database “${into}” already, and nothing is written over.`, {
    code: 'DATABASE_EXISTS',
    hint: 'Name another one with --into.',
  })
}

/** The manifest's names of what was named, with schema or, where only one has it, without. @throws BackupRefusal TABLE_UNKNOWN */
export function tablesNamed(names: readonly string[], { database }: Pick<Manifest, 'database'>): string[] {
  return names.map((name) => {
    const found = database.tables.filter((table) => table.name === name || table.name.endsWith(`.${name}`))
    const exact = found.find((table) => table.name === name) ?? (found.length === 1 ? found[0] : undefined)
    if (exact) return exact.name
    throw new BackupRefusal(
      found.length > 1
        ? `Several schemas have a table “${name}”: ${found.map((table) => table.name).join(', ')}.`
        : `The snapshot has no table “${name}”.`,
      {
        code: 'TABLE_UNKNOWN',
        hint: 'Write it as SCHEMA.TABLE; `domicile backup show` lists them.',
        kind: 'missing',
      },
    )
  })
}
