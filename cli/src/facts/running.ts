import { statfs } from 'node:fs/promises'
import type { VerbResponse } from '@domicile/appliance-image/agent-protocol'
import type { Restore } from '@domicile/backup/restore'
import { askHealth, type FoundContainer, sql } from '@domicile/stacks/apply'
import type { Difference, UnitsWanted } from '@domicile/stacks/plan'
import { agentClient } from '../agent-client/agent-client.ts'
import type { Appliance } from '../appliance/appliance.ts'
import { LIB } from '../appliance/records.ts'
import { type SheetStatus, sheetStatus } from '../backup/keys/sheet-status.ts'
import { backupLockHolder } from '../backup/lock.ts'
import type { PointInTimeStatus } from '../backup/point-in-time/index.ts'
import { readRestore } from '../backup/restore/restore-record.ts'
import { hasSystemd, keptUnits, unitDrift } from '../helper/systemd.ts'
import { changedFiles, missingDirectories, secretsAmiss } from './on-disk.ts'

/** What runs, as far as it could be read; every part that could not says why. */
export interface RunningFacts {
  readonly containers: ReadonlyMap<string, FoundContainer | undefined>
  readonly networks: ReadonlyMap<string, { subnet: string; internal: boolean } | undefined>
  readonly volumes: ReadonlyMap<string, boolean>
  /** References of images that the engine does not hold any more. */
  readonly missingImages: readonly string[]
  /** Paths of rendered files whose content is not as rendered. */
  readonly changedFiles: readonly string[]
  /** Paths of folders that are gone, or that an earlier version did not make. */
  readonly missingDirectories: readonly string[]
  /** Paths of secrets of the appliance's own that are gone and may be made anew, or are not the same as what they should be a copy of. */
  readonly missingSecrets: readonly string[]
  /** Paths of secrets that are gone and that no other can stand for: something is locked with them. */
  readonly lostSecrets: readonly string[]
  readonly postgresSettings: Readonly<Record<string, string>> | undefined
  /** Names of the databases in PostgreSQL, and of those who may log in. */
  readonly databases: readonly string[] | undefined
  readonly roles: readonly string[] | undefined
  readonly agent: VerbResponse<'status'> | undefined
  readonly agentError: string | undefined
  /** Of the file system that holds the appliance; bytes. */
  readonly disk: { readonly total: number; readonly free: number }
  readonly systemd: boolean
  /** Of the host helper; absent where no systemd is. */
  readonly units?: UnitsWanted | undefined
  readonly unitDifferences?: readonly Difference[]
  /** Whether somebody has the keys of the backups on paper. */
  readonly sheet?: SheetStatus
  /** The restore that is under way or waits, and who is at work on the backups now. */
  readonly restore?: Restore | undefined
  readonly backupAtWork?: string | null
  /** Asked only where it may take a moment. */
  readonly pointInTime?: PointInTimeStatus
}

export async function readRunning({ name, blueprint, state, engine }: Appliance): Promise<RunningFacts> {
  const each = async <T>(names: readonly string[], read: (name: string) => Promise<T>) =>
    new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)))
  const names = (things: readonly { name: string }[]) => things.map(({ name }) => name)
  // Everything at once: what takes long is asking, not answering.
  const [
    containers,
    networks,
    volumes,
    lost,
    directories,
    changed,
    secrets,
    postgresSettings,
    databases,
    roles,
    agent,
    disk,
    helper,
    sheet,
    restore,
  ] = await Promise.all([
    each(names(blueprint.containers), (name) => findContainer(engine, name)),
    each(names(blueprint.networks), engine.findNetwork.bind(engine)),
    each(names(blueprint.volumes), async (name) => (await engine.findVolume(name)) !== undefined),
    missingImages(state.images, engine),
    missingDirectories(blueprint.directories),
    changedFiles(blueprint.files),
    secretsAmiss(blueprint.secrets),
    readPostgresSettings(blueprint, engine).catch(() => undefined),
    readNames(blueprint, engine, 'SELECT datname FROM pg_database;').catch(() => undefined),
    readNames(blueprint, engine, 'SELECT rolname FROM pg_roles WHERE rolcanlogin;').catch(() => undefined),
    askAgent(blueprint.layout.lib),
    freeSpace(),
    readHelper(name),
    sheetStatus(name),
    readRestore(name).catch(() => undefined),
  ])
  return {
    ...{
      containers,
      networks,
      volumes,
      missingImages: lost,
      missingDirectories: directories,
      changedFiles: changed,
      missingSecrets: secrets.missing,
      lostSecrets: secrets.lost,
      postgresSettings,
      databases,
      roles,
      disk,
      ...agent,
      ...helper,
      sheet,
      restore,
    },
    backupAtWork: backupLockHolder(name),
    systemd: hasSystemd(),
  }
}

/** The engine asks at intervals; of a container that has just started, the check is run now. */
async function findContainer(engine: Appliance['engine'], name: string): Promise<FoundContainer | undefined> {
  const found = await engine.findContainer(name)
  if (found?.health !== 'starting' || found.state !== 'running') return found
  return (await askHealth(engine, found)) === 'healthy' ? { ...found, health: 'healthy' } : found
}

async function readHelper(name: string) {
  const units = await keptUnits(name)
  return { units, unitDifferences: await unitDrift(units) }
}

export const agentOf = (lib: string) => agentClient(`${lib}/run/agent.sock`)

async function askAgent(lib: string) {
  try {
    return { agent: await agentOf(lib).call('status', {}), agentError: undefined }
  } catch (error) {
    return { agent: undefined, agentError: (error as Error).message }
  }
}

async function missingImages(images: Appliance['state']['images'], engine: Appliance['engine']): Promise<string[]> {
  const found = await Promise.all(images.map(({ digest }) => engine.findImage(digest)))
  return [...new Set(images.filter((_, index) => !found[index]).map(({ reference }) => reference))]
}

async function readNames({ containers }: Appliance['blueprint'], engine: Appliance['engine'], query: string) {
  return (await sql(engine, containers[0]?.name ?? '', 'postgres', query)).trim().split('\n')
}

async function readPostgresSettings({ containers, database }: Appliance['blueprint'], engine: Appliance['engine']) {
  const names = Object.keys(database.settings).map((name) => `'${name}'`)
  const text = await sql(
    engine,
    containers[0]?.name ?? '',
    'postgres',
    `SELECT name || '=' || current_setting(name) FROM pg_settings WHERE name IN (${names.join(',')});`,
  )
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      // A value may hold the sign, too.
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

async function freeSpace() {
  const { bsize, blocks, bavail } = await statfs(LIB)
  return { total: blocks * bsize, free: bavail * bsize }
}
