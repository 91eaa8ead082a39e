import { setTimeout as sleep } from 'node:timers/promises'
import { commands, dueBase, plain } from '@domicile/backup/point-in-time'
import { sql } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { postgresOf } from '../../appliance/postgres.ts'
import type { RoomTools } from '../room.ts'
import { besidePostgres, failed, type Place, type Run, readInfo } from './engine.ts'
import { ensureShipping } from './shipping.ts'
import { pointInTimeOn } from './wanted.ts'

export interface BaseTools extends RoomTools {
  readonly say: (text: string) => void
  readonly now: () => Date
}

export interface MadeBase {
  readonly label: string
  readonly type: 'full' | 'incr'
  /** By how many bytes the repository grew. */
  readonly bytes: number
  readonly seconds: number
}

/** What pgBackRest ends with when another one of it is at work. */
const LOCKED = 50
/** Where `archive-wal` says that it let WAL go. */
const GAP = '/spool/gap'

/**
 * What every night does after its snapshot, and what begins the window: it makes the repository take this cluster's WAL,
 * and a base. Without point in time it does nothing.
 * @returns null: it is switched off, or the release cannot do it
 * @throws UserError POINT_IN_TIME_FAILED (1), POINT_IN_TIME_BUSY (8), POSTGRES_NOT_RUNNING (3)
 */
export async function nightlyBase(place: Place, tools: BaseTools): Promise<MadeBase | null> {
  const possible = place.state.images.some(({ role }) => role === 'backup')
  if (!possible || !pointInTimeOn(place.wanted)) return null
  // What copies it elsewhere may have been removed by somebody, or have died.
  await ensureShipping(place, tools).catch((error: Error) =>
    tools.say(`changes are not copied elsewhere: ${error.message}`),
  )
  return makeBase(place, tools)
}

/** As `nightlyBase`, whatever is wanted. @param type as is due when it is left away */
export async function makeBase(place: Place, tools: BaseTools, type?: 'full' | 'incr'): Promise<MadeBase> {
  const run = await besidePostgres(place, tools)
  const began = performance.now()
  tools.say('making the repository ready')
  const beginning = await ensureStanza(place, run, tools)
  const due = type ?? dueBase(await readInfo(run), tools.now(), beginning)
  const gap = await readGap(run)
  tools.say(due === 'full' ? 'copying the database' : 'copying what has changed in the database')
  const result = await run(commands.makeBase(due))
  if (result.exitCode === LOCKED) throw busy()
  if (result.exitCode !== 0) throw failed('could not make a base', result)
  // Everything before this base may have a hole; from here on there is none.
  if (gap !== '' && gap === (await readGap(run))) await run(['rm', '-f', GAP])
  const base = (await readInfo(run)).bases.at(-1)
  if (!base) throw failed('made a base that it does not know', result)
  return {
    label: base.label,
    type: base.type === 'full' ? 'full' : 'incr',
    bytes: base.bytes,
    seconds: (performance.now() - began) / 1000,
  }
}

/** What the marker of lost WAL says; empty: nothing was lost since the last base. */
export const readGap = async (run: Run): Promise<string> => {
  const { exitCode, stdout } = await run(['sh', '-c', `test -e ${GAP} && { cat ${GAP}; echo; }`])
  return exitCode === 0 ? stdout.trimEnd() || 'WAL was let go' : ''
}

/**
 * Makes the repository know the cluster that runs. A cluster that was made anew is another one, whatever is in it: the
 * repository goes on with it, and keeps what it has of the one before.
 * @returns whether it is one that the repository did not know
 */
async function ensureStanza(place: Place, run: Run, tools: BaseTools): Promise<boolean> {
  const { known, problem, cluster, busy: making } = await readInfo(run)
  if (making) throw busy()
  const [running] = (await sql(tools.engine, postgresOf(place.blueprint), 'postgres', CLUSTER)).trim().split('\n')
  if (known && problem === '' && cluster === running) return false
  const created = await unlocked(run, commands.stanzaCreate(), tools.signal)
  if (created.exitCode === 0) return !known
  if (!plain(`${created.stdout} ${created.stderr}`.replaceAll('\n', ' ')).includes('stanza-upgrade'))
    throw failed('could not make its repository', created)
  const upgraded = await unlocked(run, commands.stanzaUpgrade(), tools.signal)
  if (upgraded.exitCode !== 0) throw failed('could not go on with the new cluster', upgraded)
  return true
}

const CLUSTER = 'select system_identifier from pg_control_system()'
const TRIES = 60

/** Archiving keeps others out for moments. */
async function unlocked(run: Run, command: readonly string[], signal: AbortSignal) {
  for (let tries = 1; ; tries += 1) {
    const result = await run(command)
    if (result.exitCode !== LOCKED) return result
    if (tries === TRIES) throw busy()
    await sleep(500, undefined, { signal })
  }
}

const busy = () =>
  new UserError('pgBackRest is still making a base that an earlier run began.', {
    code: 'POINT_IN_TIME_BUSY',
    hint: 'It goes on by itself. Look when it has ended: domicile backup point-in-time status',
    exitCode: ExitCode.Locked,
  })
