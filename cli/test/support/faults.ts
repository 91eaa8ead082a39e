import { join } from 'node:path'
import { type Customer, installation } from './customer.ts'
import { HOSTNAME } from './guestbook.ts'

const FOLDER = '/var/lib/domicile/guestbook'
const JOURNAL = `${FOLDER}/journal.jsonl`
const KILLER = '/root/kill-when.pl'

export const guestbookInstallation = installation('guestbook', '--hostname', HOSTNAME)

/** A moment of an installation: so long after a file has a line. */
export interface Moment {
  readonly file: string
  /** What the line holds; empty: the file is there. */
  readonly line: string
  readonly delayMs: number
  readonly title: string
}

export const bringKiller = ({ host }: Customer) => host.copyIn(join(import.meta.dirname, 'kill-when.pl'), KILLER)

/** Before and after everything, and the middle of every step, as long as each took in the journal given. */
export function momentsOf(journal: string): Moment[] {
  const entries = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; step?: string; seconds?: number })
  const steps = entries.flatMap(({ event, step, seconds = 0 }) =>
    event === 'done' && step
      ? [inJournal(`"event":"start","step":"${step}"`, `in the middle of “${step}”`, seconds * 500)]
      : [],
  )
  const last = entries.findLast(({ event }) => event === 'done')?.step
  return [
    { file: `${FOLDER}/state.json.new`, line: '', delayMs: 0, title: 'before the first record' },
    inJournal('"event":"begin"', 'before the first step'),
    ...steps,
    inJournal(`"event":"done","step":"${last}"`, 'after the last step'),
  ]
}

const inJournal = (line: string, title: string, delayMs = 0): Moment => ({ file: JOURNAL, line, delayMs, title })

export const readJournal = ({ host }: Customer) => host.readFile(JOURNAL)

/** Starts an installation and kills its process at that moment. @throws Error when it was faster */
export async function killInstallation(customer: Customer, { file, line, delayMs, title }: Moment): Promise<void> {
  const said = await kill(customer, [file, line, String(delayMs)], guestbookInstallation)
  if (!said.startsWith('killed')) throw new Error(`The installation was not killed ${title}: it ${said}.`)
}

/** Starts an uninstall and kills its process after that time, unless it has ended by then. */
export const killUninstall = (customer: Customer, delayMs: number) =>
  kill(customer, ['/', '', String(delayMs)], ['uninstall', '--yes', '--remove-backups'])

/** Starts a self-test of the guest book and kills its process so long after its scratch copy’s journal has the line. */
export async function killSelftest(customer: Customer, line: string, delayMs: number): Promise<void> {
  const journal = '/var/lib/domicile/guestbook-selftest/journal.jsonl'
  const said = await kill(customer, [journal, line, String(delayMs)], ['license', 'selftest', '--name', 'guestbook'])
  if (!said.startsWith('killed')) throw new Error(`The self-test was not killed: it ${said}.`)
}

/** Starts a restore and kills its process so long after a file has a line. */
export async function killRestore(
  customer: Customer,
  snapshot: string,
  file: string,
  line: string,
  delayMs: number,
): Promise<void> {
  const command = ['restore', snapshot, '--yes', '--without-snapshot']
  const said = await kill(customer, [file, line, String(delayMs)], command)
  if (!said.startsWith('killed')) throw new Error(`The restore was not killed: it ${said}.`)
}

const kill = ({ host }: Customer, when: readonly string[], command: readonly string[]) =>
  host.must('perl', [KILLER, ...when, 'domicile', ...command])

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
