import { plain } from './verify.ts'

/** What PostgreSQL said while it went back to an instant. */
export interface Recovery {
  /**
   * `stopped`: the next transaction was after the instant, so everything before it is there; `end`: there was no more WAL,
   * and none had been asked for; `short`: the WAL ended before the instant; `failed`: something else.
   */
  readonly outcome: 'stopped' | 'end' | 'short' | 'failed'
  /** When the last transaction that is there was committed; null: none since the base. */
  readonly last: Date | null
  /** PostgreSQL's own last words where it failed. */
  readonly said: string
}

const STOPPED = /recovery stopping (?:before|after) (?:commit|abort) of transaction/
const LAST = /last completed transaction was at log time (\d{4}-\d{2}-\d{2}) ([\d:.]+)\+00/
const SHORT = /FATAL: +recovery ended before configured recovery target was reached/
const COMPLETE = /archive recovery complete/
const FATAL = /(?:FATAL|PANIC): +(.*)/g

/** @param log of the server, its times in UTC; the last lines are enough */
export function parseRecovery(log: string): Recovery {
  const [, day, time] = LAST.exec(log) ?? []
  const last = day && time ? new Date(`${day}T${time.slice(0, 12)}Z`) : null
  const said = plain([...log.matchAll(FATAL)].at(-1)?.[1] ?? '')
  if (SHORT.test(log)) return { outcome: 'short', last, said }
  if (!COMPLETE.test(log)) return { outcome: 'failed', last, said }
  return { outcome: STOPPED.test(log) ? 'stopped' : 'end', last, said: '' }
}
