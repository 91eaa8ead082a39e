import { commands, type Info, type Listing, parseInfo, parseListing, plain } from '@domicile/backup/point-in-time'
import type { ExecResult } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type Mount, type PointInTimeWanted, pointInTimeMounts } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import { POSTGRES_USER, postgresOf } from '../../appliance/postgres.ts'
import { type RoomTools, withRoom } from '../room.ts'
import { pointInTimeWanted } from './wanted.ts'

/** What is needed of an appliance; it need not run. */
export type Place = Pick<Appliance, 'name' | 'state' | 'wanted' | 'blueprint'>

/** Runs a program where pgBackRest, its configuration and its repository are. */
export type Run = (command: readonly string[], options?: { line?: (text: string) => void }) => Promise<ExecResult>

/** @throws UserError RELEASE_WITHOUT_BACKUP (3) */
export function requirePointInTime({ state, wanted }: Pick<Place, 'state' | 'wanted'>): PointInTimeWanted {
  const found = pointInTimeWanted(wanted, state.images)
  if (found) return found
  throw new UserError('The installed release cannot go back to any moment.', {
    code: 'RELEASE_WITHOUT_BACKUP',
    hint: 'It was built before Domicile made backups. Ask the vendor for a newer one.',
    exitCode: ExitCode.Refused,
  })
}

/**
 * In the running PostgreSQL's own container: only there can a base be made, and only one thing at a time is done to the
 * repository. Docker Engine goes on with what runs in there when this program is killed; pgBackRest keeps others out until
 * it has ended.
 * @throws UserError POSTGRES_NOT_RUNNING (3)
 */
export async function besidePostgres(place: Place, { engine }: Pick<RoomTools, 'engine'>): Promise<Run> {
  requirePointInTime(place)
  const container = postgresOf(place.blueprint)
  const found = await engine.findContainer(container)
  if (found?.state === 'running')
    return (command, options) => engine.exec(container, command, { user: POSTGRES_USER, ...options })
  throw new UserError('PostgreSQL does not run.', {
    code: 'POSTGRES_NOT_RUNNING',
    hint: 'Start it: domicile start. To go back to a moment it need not run: domicile restore --at',
    exitCode: ExitCode.Refused,
  })
}

/** Reads the repository, whether PostgreSQL runs or not. */
export async function withReader<T>(place: Place, tools: RoomTools, work: (run: Run) => Promise<T>): Promise<T> {
  const wanted = requirePointInTime(place)
  const found = await tools.engine.findContainer(postgresOf(place.blueprint))
  if (found?.state === 'running' && found.mounts.some(({ target }) => target === wanted.repository))
    return work(await besidePostgres(place, tools))
  return withRoom(place, readingRoom(place, 'point-in-time'), tools, (room) => work(room.exec))
}

/** A room that can read the repository, with more mounts if need be. */
export function readingRoom(place: Place, service: string, more: readonly Mount[] = []) {
  const mounts = [...pointInTimeMounts(place.name, requirePointInTime(place), false), ...more]
  return { service, role: 'postgres', network: 'none', user: POSTGRES_USER, mounts } as const
}

export async function readInfo(run: Run): Promise<Info> {
  return parseInfo(answer(await run(commands.info())))
}

export async function readListing(run: Run): Promise<Listing> {
  return parseListing(answer(await run(commands.list())))
}

const answer = (result: ExecResult) => {
  if (result.exitCode !== 0) throw failed('could not be asked', result)
  return result.stdout
}

/** @param what in words: “could not make a base” */
export const failed = (what: string, { exitCode, stdout, stderr }: ExecResult): UserError =>
  new UserError(`pgBackRest ${what} (${exitCode}): ${complaint(stdout, stderr)}`, {
    code: 'POINT_IN_TIME_FAILED',
    hint: 'Look whether its disk is there and has room, and its key is the right one: domicile backup point-in-time check. The application is not touched by this.',
    exitCode: ExitCode.Failed,
  })

/** The first thing it calls an error, and what belongs to it. */
export function complaint(stdout: string, stderr: string): string {
  const lines = `${stdout}\n${stderr}`.split('\n').map(plain)
  const from = lines.findIndex((line) => line.includes('ERROR: '))
  const said = from < 0 ? lines : lines.slice(from).map((line) => line.replace(/^.*ERROR: /, ''))
  return (
    said
      .filter((line) => line !== '' && !line.startsWith('HINT:') && !/ INFO: /.test(line))
      .slice(0, 3)
      .join('; ') || 'it said nothing'
  )
}
