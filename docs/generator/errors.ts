import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RefusalKind as BackupRefusalKind } from '@domicile/backup/refusal'
import { BACKUP_REFUSAL_EXIT } from '@domicile/cli/backup-refusal-exit'
import { REFUSAL_EXIT } from '@domicile/cli/refusal-exit'
import type { RefusalKind } from '@domicile/license/refusal'
import { ExitCode } from '@domicile/stacks/kernel'
import { parts, texts } from './literals.ts'
import { code, generatedFrom, table } from './markdown.ts'

/**
 * Finds every failure with a code in the sources by its shape, of which there are five:
 *
 *     new UserError(MESSAGE, { code: CODE, hint, exitCode })
 *     new Refusal({ code: CODE, message: MESSAGE, hint })      the agent's; the CLI ends with 3
 *     new LicenceRefusal(MESSAGE, { code: CODE, hint, kind })   the CLI ends by its kind
 *     new BackupRefusal(MESSAGE, { code: CODE, hint, kind })    as well; also `{ code: CODE, kind, message: MESSAGE }` in a table
 *     name(CODE, MESSAGE, …)                                   where the same file has `const name = (code: string, message: string …`
 *
 * A code that stands alone in an object (an engine's error, a failure of the agent) ends with 1. Warnings and findings are no failures.
 */

const ROOT = join(import.meta.dirname, '../..')
const SOURCES = '{cli,stacks,appliance-image,license,backup}/**/src/**/*.ts'
const NOT_FAILURES = [
  '.test.ts',
  '.fixture.ts',
  'fixtures/',
  'tls/warnings.ts',
  'guard-inspection.ts',
  'enforcement/enforcer.ts',
  'licensing/licence-keeper.ts',
  'licensing/licensing.ts',
  'license/src/client/',
  'agent/src/backing-up/',
  'backup/src/policy/policy.ts',
  'backup/src/policy/explain.ts',
  'backup/src/proof/chain.ts',
  'backup/src/proof/compare.ts',
  'backup/src/schedule/findings.ts',
  'node_modules/',
  'dist/',
]

interface Failure {
  readonly code: string
  readonly exitCode: number
  readonly message: string
}

/** errors.md: every error code with its exit code and message. */
export function errorReference(): string {
  const found = globSync(SOURCES, { cwd: ROOT })
    .filter((path) => !NOT_FAILURES.some((part) => path.includes(part)))
    .flatMap((path) => failuresIn(readFileSync(join(ROOT, path), 'utf8')))
  const groups = Map.groupBy(found, ({ code, exitCode }) => `${code} ${exitCode}`)
  const rows = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, [failure, ...more]]) => [
      code(failure?.code ?? ''),
      String(failure?.exitCode),
      [...new Set([failure, ...more].map((entry) => entry?.message ?? ''))].sort().map(escaped).join('<br>'),
    ])
  return `${[
    generatedFrom('the sources (docs/generator/errors.ts says how)'),
    '# Errors',
    'What stands in `error.code` when a command fails, with its [exit code](exit-codes.md) and its message; `…` stands for ' +
      'what differs each time. Every error carries a hint that says what to do. A code of the operating system (such as ' +
      '`EACCES`) stands where a failure was not foreseen. Findings of `license show` are no errors: see ' +
      '[troubleshooting](../admin/troubleshooting.md#the-licence).',
    table(['Code', 'Exit', 'Message'], rows),
  ].join('\n\n')}\n`
}

const escaped = (text: string) => text.replaceAll('<', '&lt;').replaceAll('*', '\\*').trim()

export function failuresIn(source: string): Failure[] {
  const called = calls(source, /new UserError(?=\()/g).map(([message = '', options = '']) => ({
    codes: field(options, 'code'),
    message,
    exits: exitsIn(options),
  }))
  const unlicensed = calls(source, /new LicenceRefusal(?=\()/g).map(([message = '', options = '']) => ({
    codes: field(options, 'code'),
    message,
    exits: [REFUSAL_EXIT[(texts(field(options, 'kind'))[0] ?? 'refused') as RefusalKind]],
  }))
  const unsaved = calls(source, /new BackupRefusal(?=\()/g).map(([message = '', options = '']) => ({
    codes: field(options, 'code'),
    message,
    exits: kindsIn(field(options, 'kind')),
  }))
  const refused = calls(source, /new (?:Refusal|Misunderstanding)(?=\()/g).map(([fields = '']) => ({
    codes: field(fields, 'code'),
    message: field(fields, 'message'),
    exits: [ExitCode.Refused],
  }))
  const helped = helpers(source).flatMap(({ name, exits }) =>
    calls(source, new RegExp(`(?<![\\w.])${name}(?=\\()`, 'g')).map(([codes = '', message = '']) => ({
      codes,
      message,
      exits,
    })),
  )
  const known = [...called, ...unlicensed, ...unsaved, ...refused, ...helped].flatMap(expand)
  return [...known, ...lone(source, known)]
}

/** Arguments of every call of what matches. */
const calls = (source: string, name: RegExp) =>
  [...source.matchAll(name)].map((match) => parts(source, match.index + match[0].length))

/** Functions of the file that make a failure of a code and a message. */
const helpers = (source: string) =>
  source.split(/\n\n/).flatMap((text) =>
    [...text.matchAll(/const (\w+) = \(code: string, message: string/g)].map(([, name = '']) => ({
      name,
      exits: exitsIn(text),
    })),
  )

const exitsIn = (text: string): number[] => {
  const named = [...text.matchAll(/ExitCode\.(\w+)/g)].map(([, name]) => ExitCode[name as keyof typeof ExitCode])
  return named.length > 0 ? named : [ExitCode.Refused]
}

/** How the CLI ends with what is refused about backups; without a kind it is `refused`. */
const kindsIn = (kind: string): number[] => {
  const named = texts(kind)
  return (named.length > 0 ? named : ['refused']).map((name) => BACKUP_REFUSAL_EXIT[name as BackupRefusalKind])
}

/** The expression of one field of an object literal; one that is spread into it belongs to it. */
const field = (object: string, name: string): string => {
  const found = object.startsWith('{') ? parts(object, 0) : []
  const all = found.flatMap((part) => (part.startsWith('...{') ? parts(part, 3) : [part]))
  const entry = all.find((part) => part.startsWith(`${name}:`))
  return entry?.slice(name.length + 1).trim() ?? ''
}

/** One failure per code; where code, message or exit code depend on a condition, the branches belong together in order. */
function expand({ codes, message, exits }: { codes: string; message: string; exits: readonly number[] }): Failure[] {
  const names = texts(codes).filter((text) => /^[A-Z][A-Z0-9_]+$/.test(text))
  const messages = texts(message)
  return names.map((name, index) => ({
    code: name,
    exitCode: exits[index] ?? exits[0] ?? ExitCode.Failed,
    message: names.length > 1 ? (messages[index] ?? messages[0] ?? '…') : messages.join(' / ') || '…',
  }))
}

function lone(source: string, known: readonly Failure[]): Failure[] {
  return [...source.matchAll(/\{\s*code: '([A-Z][A-Z0-9_]+)'/g)]
    .filter(([, name]) => !known.some((failure) => failure.code === name))
    .map((match) => {
      const object = source.slice(match.index)
      const kind = field(object, 'kind')
      return {
        code: match[1] ?? '',
        exitCode: kind ? (kindsIn(kind)[0] ?? ExitCode.Failed) : ExitCode.Failed,
        message: texts(field(object, 'message'))[0] ?? known[0]?.message ?? '…',
      }
    })
}
