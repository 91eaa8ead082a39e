import { BackupRefusal } from '@domicile/backup/refusal'
import { type Content, contentOf, heldContentSql, momentOf } from '@domicile/backup/snapshot'
import type { Room } from '../room.ts'

const RELEASED = '/tmp/released'
const PASSWORDS = '/tmp/pgpass'
const PSQL = ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1']

/** How one logs in from inside a room; the password is in a file there. */
export interface Connection {
  readonly host: string
  readonly database: string
  readonly role: string
}

export const connectionWords = ({ host, database, role }: Connection): string[] => [
  '-h',
  host,
  '-U',
  role,
  '-d',
  database,
]

export const withPasswords = (command: readonly string[]): string[] => ['env', `PGPASSFILE=${PASSWORDS}`, ...command]

/** Over the input of a program, so that they are in no argument and in no environment. */
export async function bringPasswords(room: Room, passwords: Readonly<Record<string, string>>): Promise<void> {
  const escaped = (text: string) => text.replaceAll(/[\\:]/g, '\\$&')
  const lines = Object.entries(passwords).map(([role, password]) => `*:*:*:${escaped(role)}:${escaped(password)}\n`)
  const { exitCode, stderr } = await room.exec(['sh', '-c', `umask 077 && cat > ${PASSWORDS}`], {
    stdin: lines.join(''),
  })
  if (exitCode !== 0) throw refused(stderr)
}

export interface Moment {
  /** Under which name other sessions look at the same moment. */
  readonly snapshot: string
  readonly version: string
  readonly major: number
  /** Of the database on the disk. */
  readonly bytes: number
}

/**
 * Keeps one moment of the database while `work` takes everything from it, and says beside that what is in it.
 * @throws BackupRefusal DATABASE_REFUSED when PostgreSQL ends the session, CONTENT_UNREADABLE
 */
export async function withMoment<T>(
  room: Room,
  connection: Connection,
  work: (moment: Moment) => Promise<T>,
): Promise<{ moment: Moment; content: Content; result: T }> {
  const opened = Promise.withResolvers<string>()
  const lines: string[] = []
  let isOpen = false
  const line = (text: string) => {
    if (isOpen) lines.push(text)
    else opened.resolve(text)
    isOpen = true
  }
  const command = withPasswords([...PSQL, ...connectionWords(connection), '-f', '-'])
  const session = room.exec(command, { stdin: heldContentSql(RELEASED), line })
  session.then(({ stderr }) => opened.reject(refused(stderr)), opened.reject)
  const moment = momentOf(await opened.promise)
  const result = await work(moment)
  await room.exec(['touch', RELEASED])
  const { exitCode, stderr } = await session
  if (exitCode !== 0) throw refused(stderr)
  return { moment, content: contentOf(lines), result }
}

/**
 * A query of the vendor's at that moment, by a role that may only read.
 * @returns one number as digits; null when it gave none
 */
export async function askAt(
  room: Room,
  connection: Connection,
  moment: Moment,
  query: string,
): Promise<{ value: string | null; complaint: string }> {
  const { exitCode, stdout, stderr } = await room.exec(
    withPasswords([...PSQL, ...connectionWords(connection), '-f', '-']),
    {
      stdin: `SET statement_timeout = '10min';
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET TRANSACTION SNAPSHOT '${moment.snapshot}';
${query}COMMIT;
`,
    },
  )
  const value = stdout.trim()
  if (exitCode === 0 && /^-?\d{1,40}(\.\d{1,40})?$/.test(value)) return { value, complaint: '' }
  return { value: null, complaint: stderr.trim() || `it gave “${value.slice(0, 60)}”, which is not one number` }
}

const refused = (stderr: string) =>
  new BackupRefusal(`PostgreSQL refused: ${stderr.trim() || 'the session that holds the snapshot ended'}`, {
    code: 'DATABASE_REFUSED',
    hint: 'Nothing half-made counts. See whether the database is healthy (domicile status), then run it again.',
    kind: 'failed',
  })
