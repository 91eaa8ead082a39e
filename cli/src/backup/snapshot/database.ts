import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { PATHS, type Source } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Content } from '@domicile/backup/snapshot'
import { vendorSql } from '@domicile/stacks/apply'
import { METER_ROLE } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive, Backed } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { backupFolder } from '../folder.ts'
import type { Room, RoomTools } from '../room.ts'
import {
  askAt,
  bringPasswords,
  type Connection,
  connectionWords,
  type Moment,
  withMoment,
  withPasswords,
} from './database-moment.ts'
import type { Watchdog } from './watchdog.ts'

/** Its room, found again by the next run when this one was killed. */
export const DATABASE_ROOM = 'backup-database'

export interface DatabaseTaken {
  readonly moment: Moment
  readonly content: Content
  readonly invariants: Readonly<Record<string, string>>
  readonly dump: Backed
  /** Of the program that dumped, for example `pg_dump 17.12`. */
  readonly engine: string
  /** What could not be asked, in words. */
  readonly warnings: readonly string[]
}

/**
 * Everything of the database, as it was at one moment: its dump, what is in it, and the stack's invariants.
 * @param roles file on the host that the roles are written to
 * @throws BackupRefusal DUMP_OTHER_MAJOR (refused), DATABASE_REFUSED, ARCHIVE_FAILED, DISK_FULL, ENGINE_STUCK (failed)
 */
export async function takeDatabase(
  appliance: Appliance,
  source: Source,
  roles: string,
  { engine }: Pick<RoomTools, 'engine'>,
  dog: Watchdog,
): Promise<DatabaseTaken> {
  const tools = { engine, signal: dog.signal }
  const inside = { service: DATABASE_ROOM, network: 'internal', yields: true } as const
  return withArchive(appliance, inside, tools, async (archive, room) => {
    const { database } = appliance.blueprint
    const [owner, meter, key] = await Promise.all(
      [database.ownerSecret, database.meterSecret, backupFolder(appliance.name).archiveKey].map(readSecret),
    )
    await bringPasswords(room, { [database.owner]: owner ?? '', [METER_ROLE]: meter ?? '' })
    const connection = { host: 'postgres', database: database.name, role: database.owner }
    const dumper = await dumperOf(room)
    const { moment, content, result } = await withMoment(room, connection, async (moment) => {
      mustFit(dumper, moment)
      // The invariants are asked while the dump is made: what is kept of the moment is kept as short as can be.
      const [dump, asked] = await Promise.all([
        writeDump(archive, source, connection, { moment, key: restrictKey(key ?? '') }, dog),
        askInvariants(appliance, room, { ...connection, role: METER_ROLE }, moment),
      ])
      await writeFile(roles, await dumpRoles(room, connection))
      return { dump, ...asked }
    })
    return { moment, content, engine: `pg_dump ${dumper.version}`, ...result }
  })
}

const readSecret = async (path: string) => (await readFile(path, 'utf8')).trim()

/**
 * Stands in the dump, so that psql takes nothing in it for a command of its own. The same every night, so that unchanged data
 * are an unchanged dump; and nobody who writes into the database can know it.
 */
const restrictKey = (archiveKey: string) => createHash('sha256').update(`restrict\n${archiveKey}`).digest('hex')

const writeDump = (
  archive: Archive,
  source: Source,
  connection: Connection,
  { moment, key }: { moment: Moment; key: string },
  { watch }: Watchdog,
): Promise<Backed> =>
  watch('Dumping the database', (seen) => {
    const command = withPasswords(['dump-database', moment.snapshot, key, ...connectionWords(connection)])
    return archive.backupCommand(source, PATHS.database.slice(1), command, seen)
  })

async function askInvariants({ stack }: Appliance, room: Room, connection: Connection, moment: Moment) {
  const invariants: Record<string, string> = {}
  const warnings: string[] = []
  for (const [name, { title, sql }] of Object.entries(stack.manifest.backup.invariants)) {
    const { value, complaint } = await askAt(room, connection, moment, vendorSql(sql))
    if (value === null) warnings.push(`“${title}” could not be asked: ${complaint.split('\n')[0]}`)
    else invariants[name] = value
  }
  return { invariants, warnings }
}

async function dumpRoles(room: Room, { host, database, role }: Connection): Promise<string> {
  const words = ['-h', host, '-U', role, '-l', database]
  const { exitCode, stdout, stderr } = await room.exec(withPasswords(['dump-roles', ...words]))
  if (exitCode === 0 && stdout.includes('CREATE ROLE')) return stdout
  throw new BackupRefusal(`The roles of the database could not be dumped: ${stderr.trim()}`, {
    code: 'DATABASE_REFUSED',
    hint: 'Nothing half-made counts. See whether the database is healthy (domicile status), then run it again.',
    kind: 'failed',
  })
}

async function dumperOf(room: Room): Promise<{ version: string; major: number }> {
  const { stdout } = await room.exec(['pg_dump', '--version'])
  const version = /\d+(\.\d+)+/.exec(stdout)?.[0] ?? ''
  return { version, major: Number.parseInt(version, 10) }
}

/** @throws BackupRefusal DUMP_OTHER_MAJOR (refused) */
function mustFit(dumper: { version: string; major: number }, { version, major }: Moment): void {
  if (dumper.major === major) return
  throw new BackupRefusal(`The database is of PostgreSQL ${version}, and what would dump it of ${dumper.version}.`, {
    code: 'DUMP_OTHER_MAJOR',
    hint: 'A dump by another major version may not load again. Install a release of the appliance whose PostgreSQL is the same.',
  })
}
