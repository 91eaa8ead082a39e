import type { Restore } from '@domicile/backup/restore'
import {
  type Entry,
  engineHandlers,
  type Handlers,
  hostHandlers,
  Journal,
  runOperation,
  type Stage,
  type Timed,
  unfinished,
} from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type Action, filesStep, type Step, volumeStep } from '@domicile/stacks/plan'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { withSidePostgres } from '../side-postgres.ts'
import { compareRestored, type Restored } from './compare.ts'
import {
  addLaterDocuments,
  clearRooms,
  type FillPostgres,
  fillDocuments,
  type Place,
  postgresData,
  ROOMS,
} from './fill.ts'
import { emptyAgentDatabase, giveRights, makeRoles, makeSafe } from './load-database.ts'
import { restoreFile, restoreJournal, writeRestore } from './restore-record.ts'

/** What is done beside what runs, in this order. */
type BesideAction =
  | Extract<Action, { kind: 'files' | 'volume' }>
  | { readonly kind: 'fill-database'; readonly volume: string }
  | { readonly kind: 'fill-documents' }
  | { readonly kind: 'compare' }
  | { readonly kind: 'later-documents' }
  | { readonly kind: 'make-safe' }

type BesideStep = Omit<Step, 'action'> & { readonly action: BesideAction }

export interface BesideTools {
  readonly engine: DockerEngine
  readonly stage: Stage
  readonly signal: AbortSignal
}

function besideSteps(appliance: string, restore: Restore, documents: readonly string[]): BesideStep[] {
  const { postgres = '' } = restore.after
  const record = filesStep('restore', 'Write down what is restored', [restoreFile(appliance, restore)])
  return [
    { ...record, action: record.action as Extract<Action, { kind: 'files' }> },
    ...Object.entries(restore.after).map(([key, name]) => {
      const step = volumeStep({ key, name }, appliance)
      return { ...step, action: step.action as Extract<Action, { kind: 'volume' }> }
    }),
    { id: 'database', title: 'Restore the database', action: { kind: 'fill-database', volume: postgres } },
    ...(documents.length > 0
      ? [{ id: 'documents', title: 'Restore the documents', action: { kind: 'fill-documents' } as const }]
      : []),
    { id: 'compare', title: 'Compare all of it with what was written down', action: { kind: 'compare' } },
    ...(documents.length > 0 && restore.source.instant
      ? [{ id: 'later', title: 'Add the documents written since', action: { kind: 'later-documents' } as const }]
      : []),
    { id: 'safe', title: 'Make safe what was bound to its time', action: { kind: 'make-safe' } },
  ]
}

/**
 * Fills new volumes beside what runs and compares them. What an interrupted run of the same restore has done is not done
 * again; when a step fails, everything that was made is removed.
 * @throws UserError ROLLED_BACK (6), RESTORED_DIFFERS (4), INTERRUPTED (130), UNDO_INCOMPLETE (9)
 */
export async function fillBeside(
  place: Place,
  restore: Restore,
  restored: Restored,
  fillPostgres: FillPostgres,
  { engine, stage, signal }: BesideTools,
): Promise<Timed[]> {
  const journal = new Journal(restoreJournal(place.name))
  if (isFilled(journal.read(), restore.id)) return []
  const all = besideSteps(
    place.name,
    restore,
    Object.keys(restored.volumes).filter((key) => key !== 'postgres'),
  )
  const done = unfinished(journal.read())?.done ?? new Set<string>()
  // Volumes are made in no time, and undoing needs to know of them.
  const steps = all.filter(({ id, action }) => action.kind === 'volume' || action.kind === 'files' || !done.has(id))
  const handlers = besideHandlers(place, restored, fillPostgres, engine)
  const tools = { journal, handlers, stage, signal, now: () => new Date() }
  await clearRooms(place.name, engine)
  try {
    return await runOperation<BesideAction>({ name: 'restore', subject: restore.id, steps, undo: true }, tools)
  } catch (error) {
    // What could not be removed is known by this record alone.
    if (error instanceof UserError && error.exitCode === ExitCode.NeedsPerson) await writeRestore(place.name, restore)
    throw untouched(error)
  }
}

/** Whether an earlier run came to the end of it. */
function isFilled(entries: readonly Entry[], id: string): boolean {
  const [begin, last] = [entries.findLast(({ event }) => event === 'begin'), entries.at(-1)]
  return begin?.event === 'begin' && begin.subject === id && last?.event === 'end' && last.result === 'done'
}

/** What was found wrong keeps its own exit code: nothing of what runs had to be rolled back. */
function untouched(error: unknown): unknown {
  if (!(error instanceof UserError) || error.code !== 'ROLLED_BACK') return error
  const { cause } = error
  return cause instanceof UserError && cause.exitCode === ExitCode.Unverified ? cause : error
}

function besideHandlers(
  place: Place,
  restored: Restored,
  fillPostgres: FillPostgres,
  engine: DockerEngine,
): Handlers<BesideAction> {
  const { files } = hostHandlers()
  const { volume } = engineHandlers(engine, noImages)
  const look = async () => null
  return {
    files,
    volume,
    'fill-database': {
      look,
      run: async (action, { say, signal }) => {
        await emptied(engine, place.name, 'postgres', action.volume)
        await fillPostgres(action.volume, { engine, say, signal })
      },
    },
    'fill-documents': {
      look,
      run: (_, { say, signal }) =>
        fillDocuments(place, restored.snapshot, restored.manifest, restored.volumes, { engine, say, signal }),
    },
    compare: { look, run: (_, { say, signal }) => compareRestored(place, restored, { engine, say, signal }) },
    'later-documents': {
      look,
      run: (_, { say, signal }) => {
        const { manifest, instant, volumes, running } = restored
        const between = { since: manifest.at, until: instant?.toISOString() ?? manifest.at }
        const sides = { from: running, to: volumes }
        return addLaterDocuments(place, manifest.documents, sides, between, { engine, say, signal })
      },
    },
    'make-safe': {
      look,
      run: async (_, { signal }) => {
        const { database } = place.blueprint
        const tools = { engine, signal }
        const side = { service: ROOMS.database, data: postgresData(restored.volumes['postgres'] ?? '') }
        await withSidePostgres(place, side, tools, async ({ container }) => {
          await makeRoles(container, database, tools)
          await emptyAgentDatabase(container, database, tools)
          await makeSafe(container, database, place.stack, tools)
          await giveRights(container, database, tools)
        })
      },
    },
  }
}

/** A cluster that was begun is begun anew. */
async function emptied(engine: DockerEngine, appliance: string, key: string, volume: string): Promise<void> {
  const found = await engine.findVolume(volume)
  if (!found) throw new Error(`the volume ${volume} for ${key} of ${appliance} is gone`)
  await engine.removeVolume(volume)
  await engine.createVolume(volume, found.labels)
}

const noImages = async (): Promise<never> => {
  throw new Error('a restore loads no images')
}
