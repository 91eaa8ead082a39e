import { BackupRefusal } from '@domicile/backup/refusal'
import { LicenceRefusal } from '@domicile/license/refusal'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { confirm, input } from '@inquirer/prompts'
import { Command, Flags, type Interfaces } from '@oclif/core'
import { APPLIANCE_NAME } from './appliance/name.ts'
import { BACKUP_REFUSAL_EXIT } from './backup/refusal-exit.ts'
import { REFUSAL_EXIT } from './license/refusal-exit.ts'

/** What every command shares: when to ask, how to stop, how errors end. */
export abstract class ApplianceCommand extends Command {
  static override enableJsonFlag = true

  readonly #interrupt = new AbortController()
  protected readonly signal: AbortSignal = this.#interrupt.signal

  /** Colours are for terminals: taking thousands of lines apart for them takes longer than all the rest. */
  override logJson(json: unknown): void {
    if (process.stdout.isTTY) super.logJson(json)
    else console.log(JSON.stringify(json, null, 2))
  }

  /** Progress and explanations: stderr, so that stdout carries the result alone. */
  protected say(text: string): void {
    process.stderr.write(`${text}\n`)
  }

  /** Asks yes or no. Without a terminal a missing answer is an error, never a hang. */
  protected async confirm(message: string, agreed: boolean): Promise<void> {
    if (agreed) return
    this.requireTerminal(message, '--yes')
    if (!(await confirm({ message, default: false }, { output: process.stderr }))) throw declined()
  }

  /** For what cannot be undone: the person types the name. */
  protected async confirmByName(message: string, name: string, agreed: boolean): Promise<void> {
    if (agreed) return
    this.requireTerminal(message, '--yes')
    const typed = await input({ message: `${message}\nType ${name} to go on:` }, { output: process.stderr })
    if (typed.trim() !== name) throw declined()
  }

  protected requireTerminal(question: string, flag: string): void {
    if (process.stdin.isTTY && process.stderr.isTTY && !this.jsonEnabled()) return
    throw new UserError(`There is no terminal to ask: ${question.split('\n')[0]}`, {
      code: 'NO_TERMINAL',
      hint: `Answer on the command line with ${flag}.`,
      exitCode: ExitCode.Usage,
    })
  }

  /**
   * The first signal lets the running step end or stop where it is safe; one more ends the process, unless it is the same
   * decision told twice: npm, timeout and tmux signal a process and its group within moments. The listener stays for good:
   * terminal libraries end the process on a signal that nobody else listens to.
   */
  protected override async init(): Promise<void> {
    await super.init()
    let asked = Number.NEGATIVE_INFINITY
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (this.signal.aborted && performance.now() - asked < SAME_DECISION_MS) return
        if (this.signal.aborted) process.exit(ExitCode.Interrupted)
        asked = performance.now()
        this.#interrupt.abort(new Error(`stopped by ${name}`))
      })
    }
  }

  protected override async catch(thrown: Interfaces.CommandError): Promise<unknown> {
    report(thrown, this.jsonEnabled())
    return undefined
  }
}

const SAME_DECISION_MS = 1000

/** Ends the program the way the command contract wants it, whatever was thrown. */
export function report(thrown: unknown, json: boolean): void {
  const { code, message, hint, exitCode } = toUserError(thrown as Interfaces.CommandError)
  process.exitCode = exitCode
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`)
  else process.stderr.write(`\nError: ${message}\n\n${hint}\n`)
  if (process.env['DEBUG']) process.stderr.write(`${(thrown as Error).stack ?? ''}\n`)
}

/** The name becomes part of paths, containers and networks, so its form is checked before anything uses it. */
export const nameFlag = Flags.string({
  char: 'n',
  summary: 'which appliance, when this host has several',
  helpValue: 'NAME',
  parse: async (name) => {
    if (APPLIANCE_NAME.test(name)) return name
    throw new UserError(`“${name}” cannot be the name of an appliance.`, {
      code: 'NAME_INVALID',
      hint: 'Use up to 31 lower-case letters, digits and hyphens, a letter first.',
      exitCode: ExitCode.Usage,
    })
  },
})
export const yesFlag = Flags.boolean({ char: 'y', summary: 'answer every question with yes' })
export const dryRunFlag = Flags.boolean({ summary: 'show what would be done and change nothing' })

const declined = () =>
  new UserError('Nothing was changed.', { code: 'DECLINED', hint: 'You answered no.', exitCode: ExitCode.Interrupted })

/** Every end that is not success, in one form. Parser errors are usage; what nobody foresaw is a bug and says so. */
function toUserError(error: Interfaces.CommandError): UserError {
  if (error instanceof UserError) {
    // oclif wraps what a flag's own parser throws.
    error.message = error.message.replace(/^Parsing --\S+ \n\t/, '').replace(/\nSee more help with --help$/, '')
    return error
  }
  if (error instanceof LicenceRefusal) {
    return new UserError(error.message, { code: error.code, hint: error.hint, exitCode: REFUSAL_EXIT[error.kind] })
  }
  if (error instanceof BackupRefusal) {
    const { code, hint, kind } = error
    return new UserError(error.message, { code, hint, exitCode: BACKUP_REFUSAL_EXIT[kind] })
  }
  if (error.name === 'ExitPromptError' || error.name === 'AbortError') return declined()
  if ('parse' in error || error.oclif?.exit === 2) {
    const lines = error.message.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('See more help'))
    return new UserError(
      lines
        .join(' ')
        .replaceAll(/\s+/g, ' ')
        .replace(/ Note: .*$/, ''),
      {
        code: 'USAGE',
        hint: 'Add --help to see what the command takes; `domicile --help` lists the commands.',
        exitCode: ExitCode.Usage,
      },
    )
  }
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC') {
    return new UserError(`The disk is full: ${error.message}`, {
      code: 'DISK_FULL',
      hint: 'Free some space (df -h) and run the same command again; it goes on where it stopped.',
      exitCode: ExitCode.Failed,
    })
  }
  return new UserError(error.message || String(error), {
    code: code ?? 'UNEXPECTED',
    hint: 'This was not foreseen. Run the command again with DEBUG=1 and send the output to the vendor.',
    exitCode: ExitCode.Failed,
    cause: error,
  })
}
