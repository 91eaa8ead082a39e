import { ExitCode } from '@domicile/stacks/kernel'
import { generatedFrom, table } from './markdown.ts'

const MEANING: Readonly<Record<keyof typeof ExitCode, readonly [meaning: string, next: string]>> = {
  Failed: [
    'unexpected failure: a bug or the environment; also `doctor` when a check fails',
    'read the message, it says what to do next; run the same command again when that is done',
  ],
  Usage: ['usage: flags or input files are wrong', 'correct the command line or the file it names'],
  Refused: [
    'refused before anything was changed: preflight, version, settings, rights, a certificate that does not fit',
    'mend what it names, or answer for the check with `--accept`',
  ],
  Unverified: [
    'verification failed: signature, digest, audit trail, a law of `license selftest`',
    'do not use the file; get it again and tell the vendor if that does not help',
  ],
  License: [
    'refused by licence or terms: a document that is older, or for another product, installation or contract',
    'what was in force stays so; the message says which document to ask the vendor for',
  ],
  RolledBack: ['failed and rolled back: everything is as it was', 'mend the cause it names and run the command again'],
  NotFound: ['no such appliance, service, release file', 'check the name or path; the hint lists what there is'],
  Locked: ['another operation holds the lock', 'wait until it has ended; the message names its process'],
  NeedsPerson: [
    'failed and could not be undone completely; the message lists what is left',
    'mend what it lists, then run the same command again, or `domicile uninstall`',
  ],
  Interrupted: [
    'interrupted (Ctrl-C, SIGTERM), or a question was answered with no',
    'run the same command again: it goes on where it stopped',
  ],
}

/** exit-codes.md: one number per outcome that a script may want to tell apart. */
export function exitCodeReference(): string {
  const rows = Object.entries(ExitCode).map(([name, number]) => [
    String(number),
    ...MEANING[name as keyof typeof ExitCode],
  ])
  return `${[
    generatedFrom('ExitCode in stacks/src/kernel'),
    '# Exit codes',
    'Every command ends with one of these. The error codes within each are in [errors.md](errors.md).',
    table(['Code', 'Meaning', 'What to do'], [['0', 'done, or already so', ''], ...rows]),
    'Three commands report trouble without an error document, because the report itself is the result: `doctor` ends with 1 ' +
      'when a check fails, `preflight` with 3 when a check stands in the way, `license selftest` with 4 when a law is broken.',
  ].join('\n\n')}\n`
}
