import {
  type Base,
  chooseBase,
  commands,
  newestReach,
  parseRecovery,
  type Recovery,
  reaches,
  type Target,
} from '@domicile/backup/point-in-time'
import { sql } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { pointInTimeMounts } from '@domicile/stacks/plan'
import { postgresOf } from '../../appliance/postgres.ts'
import { type FillPostgres, type FillTools, postgresData } from '../restore/fill.ts'
import { type Room, type RoomTools, withRoom } from '../room.ts'
import { withSidePostgres } from '../side-postgres.ts'
import {
  besidePostgres,
  failed,
  type Place,
  readInfo,
  readingRoom,
  readListing,
  requirePointInTime,
  withReader,
} from './engine.ts'
import { pointInTimeOn } from './wanted.ts'

/** Where a recovery arrived. */
export interface Reached {
  readonly base: string
  /** The last change that is there was committed then; null: none since the base. */
  readonly last: Date | null
  /** Whether everything up to the instant is there; else its end had not been archived when PostgreSQL was lost. */
  readonly complete: boolean
}

/** The way to an instant, found before anything is made. */
export interface Way {
  readonly base: Base
  readonly target: Target
  /** PostgreSQL ran and gave everything away that it had, so nothing up to now can be missing. */
  readonly settled: boolean
}

/**
 * Finds the base that leads to an instant. A PostgreSQL that runs is made to archive what it has, first: the very last
 * seconds count, too.
 * @param show an instant on the appliance's clock
 * @throws BackupRefusal OUTSIDE_THE_WINDOW (3)
 */
export async function findWay(
  place: Place,
  target: Target,
  show: (at: Date) => string,
  tools: RoomTools,
): Promise<Way> {
  const settled = await archiveNow(place, tools)
  return withReader(place, tools, async (run) => {
    const found = reaches(await readInfo(run), await readListing(run))
    const base = target === 'latest' ? newestReach(found).base : chooseBase(found, target, show)
    return { base, target, settled }
  })
}

/**
 * Fills a new volume with the database as it was at that instant, to the second: everything that had been committed by
 * then and nothing that came after. What is in the volume then runs on a timeline of its own and has archived nothing.
 * @throws UserError INSTANT_NOT_REACHED (4) with how far it got, POINT_IN_TIME_FAILED (1), SIDE_POSTGRES_FAILED (1)
 */
export const fillFromPointInTime =
  (
    place: Place,
    way: Way,
    show: (at: Date) => string,
    reached: (how: Reached) => void = () => undefined,
  ): FillPostgres =>
  async (volume, tools) => {
    tools.say(`copying the base ${way.base.label}`)
    const room = readingRoom(place, 'restore-point-in-time', [postgresData(volume)])
    await withRoom(place, room, tools, async ({ exec }) => {
      await exec(['sh', '-c', 'mkdir -p -m 0700 "$PGDATA"'])
      const result = await exec(commands.restore(way.base.label, way.target))
      if (result.exitCode !== 0) throw failed('could not restore the base', result)
    })
    tools.say('going through the changes since')
    const recovery = await recover(place, way, volume, show, tools)
    reached({
      base: way.base.label,
      last: recovery.last,
      complete: way.target !== 'latest' && recovery.outcome === 'stopped',
    })
  }

async function recover(
  place: Place,
  way: Way,
  volume: string,
  show: (at: Date) => string,
  tools: FillTools,
): Promise<Recovery> {
  const first = await recoverOnce(place, volume, {}, tools).catch((error: Error) => {
    const recovery = parseRecovery(error.message)
    if (recovery.outcome !== 'short') throw error
    return recovery
  })
  if (first.outcome !== 'short') return first
  if (way.settled) throw notReached(way, first, show)
  tools.say('the record ends before; going as far as it goes')
  return recoverOnce(place, volume, { recovery_target_time: '' }, tools)
}

/** What recovers is not what will run: nobody gets in before it has arrived, and nothing is archived. */
async function recoverOnce(
  place: Place,
  volume: string,
  settings: Record<string, string>,
  tools: FillTools,
): Promise<Recovery> {
  const side = {
    ...{ service: 'restore-database', data: postgresData(volume) },
    mounts: pointInTimeMounts(place.name, requirePointInTime(place), false),
    settings: { wal_level: 'replica', hot_standby: 'off', ...settings },
  }
  return withSidePostgres(place, side, tools, async (room) => {
    const { stdout } = await room.exec(['cat', '/tmp/postgres.log'])
    const recovery = parseRecovery(stdout)
    if (recovery.outcome === 'failed') throw failed('brought PostgreSQL to no end', { exitCode: 0, stdout, stderr: '' })
    await leaveRecovery(room)
    return recovery
  })
}

const RECOVERY_SETTINGS = [
  'restore_command',
  'recovery_target_time',
  'recovery_target_action',
  'recovery_target_timeline',
]
/** Archived before the first WAL of the new timeline, it keeps a later restore from taking the same number. */
const ANNOUNCE =
  'cd "$PGDATA/pg_wal" && for one in *.history; do if [ -e "$one" ]; then : >"archive_status/$one.ready"; fi; done'

async function leaveRecovery(room: Room): Promise<void> {
  const resets = RECOVERY_SETTINGS.flatMap((name) => ['-c', `alter system reset ${name}`])
  for (const command of [
    ['psql', '-XqU', 'postgres', ...resets],
    ['sh', '-c', ANNOUNCE],
  ]) {
    const result = await room.exec(command)
    if (result.exitCode !== 0) throw failed('left settings of the recovery behind', result)
  }
}

/** @returns whether everything that was committed up to now is in the repository */
async function archiveNow(place: Place, tools: RoomTools): Promise<boolean> {
  if (!pointInTimeOn(place.wanted)) return false
  try {
    const run = await besidePostgres(place, tools)
    // A change of nothing, so that there is one after the instant: a recovery stops only where it sees a later one.
    await sql(tools.engine, postgresOf(place.blueprint), 'postgres', 'select pg_current_xact_id()')
    return (await run(commands.checkArchiving())).exitCode === 0
  } catch {
    return false
  }
}

const notReached = ({ base, target }: Way, { last }: Recovery, show: (at: Date) => string) =>
  new UserError(
    `The record from the base ${base.label} on ends before ${target === 'latest' ? 'its own end' : show(target)}: the last change in it is of ${last ? show(last) : 'the base itself'}.`,
    {
      code: 'INSTANT_NOT_REACHED',
      hint: 'What runs was not touched. Choose an earlier instant, and see what is missing: domicile backup point-in-time check',
      exitCode: ExitCode.Unverified,
    },
  )
