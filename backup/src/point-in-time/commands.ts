import { STANZA } from './configuration.ts'

/** Every call of pgBackRest, as arguments. None of them carries a secret. */

const pgbackrest = (...options: string[]) => ['pgbackrest', `--stanza=${STANZA}`, ...options]

/** What runs beside the application's queries takes what they leave. */
const gently = (command: string[]) => ['nice', '-n', '10', 'ionice', '-c', '3', ...command]

/** Begins the repository for a cluster; where it has begun for this one nothing changes. */
export const stanzaCreate = () => pgbackrest('stanza-create')

/** After a cluster was made anew: the repository takes the WAL of this one from now on, and keeps that of the other. */
export const stanzaUpgrade = () => pgbackrest('stanza-upgrade')

/** @param type `incr`: only what has changed since the last one, which it then needs */
export const makeBase = (type: 'full' | 'incr') =>
  gently(pgbackrest(`--type=${type}`, '--log-level-console=info', 'backup'))

/** Asks PostgreSQL for a segment and waits until it is in the repository. */
export const checkArchiving = () => pgbackrest('check')

/** What bases and what WAL there are, as JSON for `parseInfo`. */
export const info = () => pgbackrest('--output=json', 'info')

/** Paths, sizes and times of everything in the repository; their names are no secret. */
export const list = () => ['pgbackrest', '--recurse', '--output=json', 'repo-ls']

/** Reads everything in the repository back; `parseVerify` reads what it says. */
export const verify = () => gently(pgbackrest('--output=text', '--verbose', '--log-level-console=info', 'verify'))

/** `latest`: as far as the WAL goes. */
export type Target = Date | 'latest'

/**
 * Fills an empty data folder. The timeline is that of the base: another one may have gone on from there, after an earlier
 * restore, and was something else's life.
 */
export const restore = (label: string, target: Target) =>
  pgbackrest(
    `--set=${label}`,
    '--target-timeline=current',
    ...(target === 'latest' ? [] : ['--type=time', `--target=${timestamp(target)}`, '--target-action=promote']),
    '--log-level-console=info',
    'restore',
  )

/** With microseconds and UTC, as PostgreSQL reads it whatever its own time zone. */
export const timestamp = (at: Date): string => `${at.toISOString().slice(0, 19).replace('T', ' ')}.${millis(at)}000+00`

const millis = (at: Date) => String(at.getUTCMilliseconds()).padStart(3, '0')
