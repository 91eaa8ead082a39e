import { ExitCode, UserError } from '../kernel/index.ts'
import type { Action, Step } from '../plan/index.ts'
import { type Entry, type Journal, unfinished } from './journal.ts'

/** What a step does, told by its kind; those of an installation and of `apply` are `Action`. */
interface Kind {
  readonly kind: string
}

/** A step of whatever operation. */
type StepOf<A extends Kind> = Omit<Step, 'action'> & { readonly action: A }

/** How one kind of action is carried out. All three may be called again after any interruption. */
export interface Handler<A extends Kind> {
  /** What is there before the first run, as JSON; kept in the journal and given back to `undo`. */
  look(action: A): Promise<unknown>
  run(action: A, progress: Progress): Promise<void>
  undo?(action: A, before: unknown): Promise<void>
}

export type Handlers<A extends Kind = Action> = { readonly [K in A['kind']]: Handler<Extract<A, { kind: K }>> }

/** What a running step tells the person who waits, and how it learns that it should stop. */
export interface Progress {
  say(text: string): void
  readonly signal: AbortSignal
}

/** How steps are shown. */
export interface Stage {
  show(step: Pick<Step, 'title'>, work: (say: Progress['say']) => Promise<void>): Promise<void>
  undoing(step: Pick<Step, 'title'>): void
}

export interface Operation<A extends Kind = Action> {
  readonly name: 'install' | 'apply' | 'restore'
  /** What it is about, for example `erp 7.0.30`. */
  readonly subject: string
  readonly steps: readonly StepOf<A>[]
  /** Whether a failure undoes what was done; an operation on a running appliance leaves it and says where it stands. */
  readonly undo: boolean
}

export interface Timed {
  readonly title: string
  readonly seconds: number
}

export interface Tools<A extends Kind = Action> {
  readonly journal: Journal
  readonly handlers: Handlers<A>
  readonly stage: Stage
  readonly signal: AbortSignal
  readonly now: () => Date
}

/**
 * Runs the steps in order with a journal entry before and after each. An unfinished operation of the same name is taken
 * up where it stopped: handlers are idempotent, and what was there before its first start stays the truth for undoing.
 *
 * @throws UserError INTERRUPTED (130) between two steps, nothing undone; ROLLED_BACK (6) when a step failed and
 * everything was undone; UNDO_INCOMPLETE (9) when something could not be undone, with what is left to do by hand.
 */
export async function runOperation<A extends Kind = Action>(
  { name, subject, steps, undo }: Operation<A>,
  tools: Tools<A>,
): Promise<Timed[]> {
  const { journal, stage, signal, now } = tools
  const before = new Map(beginOrResume(name, subject, tools).map(({ step, before }) => [step, before]))
  const times: Timed[] = []
  for (const step of steps) {
    if (signal.aborted) throw interrupted(name)
    const began = now()
    try {
      if (!before.has(step.id)) before.set(step.id, (await handlerOf(tools.handlers, step).look(step.action)) ?? null)
      journal.write({ event: 'start', step: step.id, at: began.toISOString(), before: before.get(step.id) })
      await stage.show(step, (say) => handlerOf(tools.handlers, step).run(step.action, { say, signal }))
    } catch (error) {
      if (signal.aborted) throw interrupted(name, error)
      note(journal, {
        event: 'failed',
        step: step.id,
        at: now().toISOString(),
        message: String((error as Error).message),
      })
      if (!undo) throw error
      throw await rollBack(step, error, steps, before, tools)
    }
    const seconds = (now().getTime() - began.getTime()) / 1000
    journal.write({ event: 'done', step: step.id, at: now().toISOString(), seconds })
    times.push({ title: step.title, seconds })
  }
  journal.write({ event: 'end', at: now().toISOString(), result: 'done' })
  return times
}

function beginOrResume(name: string, subject: string, { journal, now }: Pick<Tools, 'journal' | 'now'>) {
  const open = unfinished(journal.read())
  if (open?.operation === name) return open.started
  const at = now().toISOString()
  journal.write({ event: 'begin', operation: name, id: at, at, subject })
  return []
}

async function rollBack<A extends Kind>(
  failed: StepOf<A>,
  cause: unknown,
  steps: readonly StepOf<A>[],
  before: ReadonlyMap<string, unknown>,
  tools: Tools<A>,
) {
  const { journal, stage, now } = tools
  const stuck: string[] = []
  for (const step of steps.toReversed()) {
    const handler = handlerOf(tools.handlers, step)
    if (!before.has(step.id) || !handler.undo) continue
    stage.undoing(step)
    try {
      await handler.undo(step.action, before.get(step.id))
    } catch (error) {
      stuck.push(`${step.undo ?? step.title}: ${(error as Error).message}`)
      continue
    }
    note(journal, { event: 'undone', step: step.id, at: now().toISOString() })
  }
  const why = `“${failed.title}” failed: ${(cause as Error).message}`
  const hint = cause instanceof UserError ? cause.hint : 'The cause is above; mend it and run the command again.'
  if (stuck.length === 0) {
    note(journal, { event: 'end', at: now().toISOString(), result: 'rolled-back' })
    return new UserError(`${why}\nEverything was undone; the host is as it was.`, {
      code: 'ROLLED_BACK',
      hint,
      exitCode: ExitCode.RolledBack,
      cause,
    })
  }
  // No end entry: the next run, or uninstall, takes it up from here.
  return new UserError(`${why}\nNot everything could be undone:\n${stuck.map((line) => `  ${line}`).join('\n')}`, {
    code: 'UNDO_INCOMPLETE',
    hint: `${hint} Then run the same command again to go on, or \`domicile uninstall\` to remove what is left.`,
    exitCode: ExitCode.NeedsPerson,
    cause,
  })
}

/** On the way back an entry is worth less than the undoing: a full disk, often the cause, must not stop that. */
function note(journal: Journal, entry: Entry): void {
  try {
    journal.write(entry)
  } catch {
    // Without the entry a later run undoes the step again, which does no harm.
  }
}

const OR_ELSE: Readonly<Record<Operation['name'], string>> = {
  install: '`domicile uninstall` to remove what is there',
  apply: '`domicile uninstall` to remove what is there',
  restore: '`domicile restore undo` to remove what was made beside',
}

function interrupted(name: Operation['name'], cause?: unknown): UserError {
  return new UserError(`The ${name} was interrupted. Nothing is lost.`, {
    code: 'INTERRUPTED',
    hint: `Run \`domicile ${name}\` again to go on where it stopped, or ${OR_ELSE[name]}.`,
    exitCode: ExitCode.Interrupted,
    cause,
  })
}

/** One handler per kind; the table's type guarantees that it fits. */
const handlerOf = <A extends Kind>(handlers: Handlers<A>, { action }: StepOf<A>) =>
  handlers[action.kind as A['kind']] as unknown as Handler<A>
