import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Wish } from './plan.ts'

interface WishFlags {
  readonly latest: boolean
  readonly at: string | undefined
  readonly only: string | undefined
  readonly 'with-settings': boolean
}

/**
 * What is meant by the words of a command: the snapshot first, unless --latest or --at says which, then what names parts.
 * @throws UserError USAGE (2)
 */
export function readWords(words: readonly string[], flags: WishFlags): { wish: Wish; names: readonly string[] } {
  const chosen = flags.latest || flags.at !== undefined
  const [snapshot, names] = chosen && flags.only ? [undefined, words] : [words[0], words.slice(1)]
  if (!flags.only && names.length > 0) throw moreThanOne()
  return { wish: { ...wishOf(snapshot, flags), withSettings: flags['with-settings'] }, names }
}

function wishOf(snapshot: string | undefined, { latest, at }: WishFlags): Wish {
  const ways = [snapshot !== undefined, latest, at !== undefined].filter(Boolean).length
  if (ways === 0) throw usage('What is to be restored was not said.', ONE)
  if (ways > 1) throw moreThanOne()
  return at === undefined ? { snapshot: { name: snapshot ?? 'latest' } } : { at }
}

const ONE = 'Give a run id of `domicile backup list`, or --latest, or --at TIME.'

const moreThanOne = () => usage('More than one thing to restore was given.', ONE)

const usage = (message: string, hint: string) =>
  new UserError(message, { code: 'USAGE', hint, exitCode: ExitCode.Usage })
