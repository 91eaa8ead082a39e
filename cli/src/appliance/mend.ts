import type { Readable } from 'node:stream'
import {
  databaseHandlers,
  engineHandlers,
  hostHandlers,
  Journal,
  runOperation,
  type Stage,
  type Timed,
  writeDurably,
} from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type Difference, mendSteps, type Step } from '@domicile/stacks/plan'
import { settingsValidator } from '@domicile/stacks/stack'
import { drift } from '../facts/checks.ts'
import { reachableHandler } from '../facts/reachable.ts'
import { readRunning } from '../facts/running.ts'
import { unitsHandler } from '../helper/systemd.ts'
import { type Appliance, blueprintOf } from './appliance.ts'
import { journalPath, stateFile, type WantedRecord, wantedFile } from './records.ts'

const noArchive = async (): Promise<never> => {
  throw new UserError('Images of the appliance are gone from the engine.', {
    code: 'IMAGES_MISSING',
    hint: 'Bring them back from the release file: domicile apply --release RELEASE',
  })
}

export interface Mending {
  readonly differences: readonly Difference[]
  readonly steps: readonly Step[]
}

/**
 * What differs, and the steps that would mend it. Reads only.
 * @throws UserError SETTINGS_INVALID (2) when somebody wrote into appliance.yaml what the stack does not allow
 */
export async function planMending(appliance: Appliance): Promise<Mending> {
  const { blueprint, stack, state, wanted } = appliance
  settingsValidator(stack.manifest)(wanted.settings)
  const running = await readRunning(appliance)
  const differences = drift(blueprint, running)
  if (differences.length === 0) return { differences, steps: [] }
  const reachable: Step = {
    id: 'reachable',
    title: `See ${blueprint.url} answer`,
    action: { kind: 'reachable', url: blueprint.url, path: stack.manifest.gateway.health },
  }
  return { differences, steps: [...mendSteps(blueprint, state.images, differences, running.units), reachable] }
}

export interface MendTools {
  /** Opens the images of the release; absent when no release file is at hand. */
  readonly archive?: () => Promise<Readable>
  readonly stage: Stage
  readonly signal: AbortSignal
}

export async function mend(
  { name, state, blueprint, engine }: Appliance,
  steps: readonly Step[],
  { archive = noArchive, stage, signal }: MendTools,
): Promise<Timed[]> {
  const handlers = {
    ...hostHandlers(),
    ...engineHandlers(engine, archive),
    ...databaseHandlers(engine),
    reachable: reachableHandler(blueprint),
    units: unitsHandler(),
  }
  const subject = `${state.release.name} ${state.release.version}`
  const tools = { journal: new Journal(journalPath(name)), handlers, stage, signal, now: () => new Date() }
  return runOperation({ name: 'apply', subject, steps, undo: false }, tools).catch(asHalfDone)
}

/** Something was changed before it failed, so this is no refusal (3), whatever the step that failed calls it. */
function asHalfDone(error: unknown): never {
  if (!(error instanceof UserError) || error.exitCode !== ExitCode.Refused) throw error
  const { code, hint, message } = error
  throw new UserError(message, {
    code,
    hint: `${hint} Then run \`domicile apply\` again; it goes on where it stopped.`,
    exitCode: ExitCode.Failed,
    cause: error,
  })
}

/**
 * Makes other things wanted and applies them. When that fails, what was wanted before is wanted and applied again; when
 * it is interrupted, the new is wanted and `domicile apply` goes on with it.
 * @throws UserError ROLLED_BACK (6), UNDO_INCOMPLETE (9), INTERRUPTED (130); what the plan refuses, before any change
 */
export const changeWanted = (appliance: Appliance, wanted: WantedRecord, tools: MendTools): Promise<Timed[]> =>
  changeRecords(appliance, { wanted, state: appliance.state }, tools)

/** As `changeWanted`, also for what is written down of what is: which volumes are in use. */
export async function changeRecords(
  appliance: Appliance,
  { wanted, state }: Pick<Appliance, 'wanted' | 'state'>,
  tools: MendTools,
): Promise<Timed[]> {
  const changed = { ...appliance, wanted, state, blueprint: blueprintOf(wanted, state, appliance.stack) }
  const { steps } = await planMending(changed)
  await writeRecords(changed)
  try {
    return await mend(changed, steps, tools)
  } catch (cause) {
    if (cause instanceof UserError && cause.exitCode === ExitCode.Interrupted) throw cause
    const why = (cause as Error).message
    await goBack(appliance, tools).catch((error: Error) => {
      throw new UserError(`The change failed (${why}), and so did going back (${error.message}).`, {
        code: 'UNDO_INCOMPLETE',
        hint: 'What was wanted before is written down again. See `domicile doctor`, then run `domicile apply`.',
        exitCode: ExitCode.NeedsPerson,
        cause,
      })
    })
    throw new UserError(`The change failed and was taken back: ${why}`, {
      code: 'ROLLED_BACK',
      hint: cause instanceof UserError ? cause.hint : 'The appliance runs as it did before.',
      exitCode: ExitCode.RolledBack,
      cause,
    })
  }
}

async function writeRecords({ wanted, state }: Appliance): Promise<void> {
  await writeDurably(wantedFile(wanted))
  await writeDurably(stateFile(state))
}

async function goBack(appliance: Appliance, tools: MendTools): Promise<void> {
  await writeRecords(appliance)
  await mend(appliance, (await planMending(appliance)).steps, tools)
}
