import { join } from 'node:path'
import { type Customer, installation } from './customer.ts'
import { HOSTNAME } from './guestbook.ts'

const JOURNAL = '/var/lib/domicile/guestbook/journal.jsonl'
const WATCHER = '/root/watched-install.pl'

export const guestbookInstallation = installation('guestbook', '--hostname', HOSTNAME)

/** A moment of an installation: so long after a line of its journal. */
export interface Moment {
  /** What the line holds. */
  readonly line: string
  readonly delayMs: number
  readonly title: string
}

export const bringWatcher = ({ host }: Customer) =>
  host.copyIn(join(import.meta.dirname, 'watched-install.pl'), WATCHER)

/** The middle of every step, as long as each took in the journal given, and the moment after the last. */
export function momentsOf(journal: string): Moment[] {
  const entries = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; step?: string; seconds?: number })
  const steps = entries.flatMap(({ event, step, seconds = 0 }) =>
    event === 'done' && step
      ? [{ line: `"event":"start","step":"${step}"`, delayMs: seconds * 500, title: `in the middle of “${step}”` }]
      : [],
  )
  const last = entries.findLast(({ event }) => event === 'done')?.step
  return [
    { line: '"event":"begin"', delayMs: 0, title: 'before the first step' },
    ...steps,
    { line: `"event":"done","step":"${last}"`, delayMs: 0, title: 'after the last step' },
  ]
}

export const readJournal = ({ host }: Customer) => host.readFile(JOURNAL)

/** Starts an installation and kills its process at that moment. @returns the last line of the journal then */
export async function killedInstallation({ host }: Customer, { line, delayMs }: Moment): Promise<string> {
  const command = ['domicile', ...guestbookInstallation]
  return host.must('perl', [WATCHER, JOURNAL, line, String(delayMs), ...command])
}

/** Starts an installation, and does something else to the host at that moment. @returns how the installation ended */
export async function disturbedInstallation(
  customer: Customer,
  { line }: Pick<Moment, 'line'>,
  disturb: () => Promise<unknown>,
): Promise<number> {
  const { host, domicile } = customer
  const installing = domicile(guestbookInstallation)
  const wait = `until grep -qF -- "$1" "$2" 2>/dev/null; do sleep 0.005; done`
  await host.must('timeout', ['120', 'sh', '-c', wait, 'sh', line, JOURNAL])
  await disturb()
  return (await installing).exitCode
}
