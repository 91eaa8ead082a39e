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
import { type Appliance, blueprintOf } from './appliance.ts'
import { journalPath, type WantedRecord, wantedFile } from './records.ts'

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
  const differences = drift(blueprint, await readRunning(appliance))
  if (differences.length === 0) return { differences, steps: [] }
  const reachable: Step = {
    id: 'reachable',
    title: `See ${blueprint.url} answer`,
    action: { kind: 'reachable', url: blueprint.url, path: stack.manifest.gateway.health },
  }
  return { differences, steps: [...mendSteps(blueprint, state.images, differences), reachable] }
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
export async function changeWanted(appliance: Appliance, wanted: WantedRecord, tools: MendTools): Promise<Timed[]> {
  const changed = { ...appliance, wanted, blueprint: blueprintOf(wanted, appliance.state, appliance.stack) }
  const { steps } = await planMending(changed)
  await writeDurably(wantedFile(wanted))
  try {
    return await mend(changed, steps, tools)
  } catch (cause) {
    if (cause instanceof UserError && cause.exitCode === ExitCode.Interrupted) throw cause
    const why = (cause as Error).message
    await goBack(appliance, tools).catch((error: Error) => {
      throw new UserError(`The change failed (${why}), and so did going back (${error.message}).`, {
        code: 'UNDO_INCOMPLETE',
        hint: 'The old settings are in appliance.yaml again. See `domicile doctor`, then run `domicile apply`.',
        exitCode: ExitCode.NeedsPerson,
        cause,
      })
    })
    throw new UserError(`The change failed and was taken back: ${why}`, {
      code: 'ROLLED_BACK',
      hint: cause instanceof UserError ? cause.hint : 'The appliance runs with its old settings.',
      exitCode: ExitCode.RolledBack,
      cause,
    })
  }
}

async function goBack(appliance: Appliance, tools: MendTools): Promise<void> {
  await writeDurably(wantedFile(appliance.wanted))
  await mend(appliance, (await planMending(appliance)).steps, tools)
}
