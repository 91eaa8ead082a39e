/**
 * The ledger: what was counted, a sample a minute, bound to the record of what happened.
 *
 * Samples of one UTC day stand in one file (`samples/2026-11-22.jsonl`), each line chained to the one before. When the day
 * is over they are summed up by the hour (`hours/2026-11-22.json`), and the record gets one line of the kind `usage`, the
 * day's seal: totals of the day, where the chain of its samples ended, and the digest of its hours. Samples, and much later
 * hours, may then be dropped: the seal has said already what they were. So rolling up is deleting, and proves itself.
 *
 * All instants are licence time in UTC; contracts' days are made of hours when an audit is computed.
 */

/**
 * What is counted has a name: `users`, `sessions`, `services`, a meter of the stack or one of `SYSTEM_METERS`; of a module
 * `sale.users`, `sale.transactions`. A *level* is how many there are (users, sessions, bytes of the database); a *count* is
 * how many came to be in a time (transactions, bytes sent, sessions refused) and may be summed up.
 */
export type MeterName = string

/** Counted by the appliance itself, whatever the stack. Sizes in bytes, load in percent of all processors. */
export const SYSTEM_METERS = {
  users: { kind: 'level', title: 'Active named users' },
  sessions: { kind: 'level', title: 'Concurrent sessions' },
  services: { kind: 'level', title: 'Concurrent sessions of services' },
  sessions_refused: { kind: 'count', title: 'Sessions refused for want of a seat' },
  sessions_over: { kind: 'count', title: 'Sessions let in beyond the limit' },
  sessions_unchecked: { kind: 'count', title: 'Sessions that could not be checked' },
  database_bytes: { kind: 'level', title: 'Size of the database' },
  disk_bytes: { kind: 'level', title: 'Used on the disk that holds the appliance' },
  load_percent: { kind: 'level', title: 'Processor load' },
  transfer_bytes: { kind: 'count', title: 'Sent to browsers by the gateway' },
} as const satisfies Record<MeterName, { kind: 'level' | 'count'; title: string }>

/** A query of the stack's may take so long, and is not known otherwise. */
export const METER_SECONDS = 2

/** A line of the record of this kind says what is counted from here on, and by which query: an audit shows it. */
export const METERS = 'meters'
export interface MeterDescription {
  readonly name: MeterName
  readonly kind: 'level' | 'count'
  readonly title: string
  /** Of the stack; null: counted by the appliance itself or, where the name is none of `SYSTEM_METERS`, reported by the application. */
  readonly sql: string | null
  /** The module that it speaks of. */
  readonly module: string | null
}
/** The application itself said how many; there is no query. */
export const isReported = ({ name, sql }: MeterDescription): boolean =>
  sql === null && !Object.hasOwn(SYSTEM_METERS, name)
/** `data` of a line of the kind `meters`. */
export interface MetersData {
  readonly meters: readonly MeterDescription[]
}

/** `data` of a line that says that a module was used for the first time: the hour in which its first transaction was counted. */
export const MODULE_FIRST_USED = 'module-first-used'
export interface ModuleFirstUsedData {
  readonly module: string
  /** ISO 8601, start of the hour. */
  readonly at: string
}

/**
 * What a line of a day's samples says; the line itself is `<64 hexadecimal digits> <JSON>\n`, where the digits are
 * SHA-256 over those of the line before (64 zeros before the first) and the JSON.
 */
export type SampleBody = ColumnsBody | MinuteBody | FlowBody

/** First of a day, and again whenever columns or limits change: what the numbers of the next minutes are. */
export interface ColumnsBody {
  readonly day: string
  readonly levels: readonly MeterName[]
  readonly counts: readonly MeterName[]
  /** Limits in force, of levels; time over them is counted. */
  readonly limits: Readonly<Record<MeterName, number>>
}

/** Minute of the UTC day (0 to 1439), then the levels (null: could not be asked), then the counts since the sample before. */
export type MinuteBody = readonly [minute: number, ...values: (number | null)[]]

/** What queries with a period counted in one whole hour; the hour may be of an earlier day. */
export interface FlowBody {
  /** `2026-11-22T08`: from 08:00 until 09:00 UTC. */
  readonly hour: string
  readonly counts: Readonly<Record<MeterName, number>>
}

/** `over`: minutes in which the level was above its limit; `known`: minutes in which it was known; `sum` over those. */
export type LevelSummary = readonly [least: number, greatest: number, sum: number, known: number, over: number]

export interface HourEntry {
  /** 0 to 23, UTC. */
  readonly hour: number
  /** Minutes that were sampled. */
  readonly samples: number
  /** In force at its end. */
  readonly limits: Readonly<Record<MeterName, number>>
  /** Of levels that were known at least once. */
  readonly levels: Readonly<Record<MeterName, LevelSummary>>
  readonly counts: Readonly<Record<MeterName, number>>
}

/** A day by the hour: the file `hours/<day>.json`, as `hoursText` writes it and `readHours` reads it. */
export interface DayHours {
  readonly version: 1
  readonly day: string
  /** In order, only those with samples. */
  readonly hours: readonly HourEntry[]
  /** In order of arrival. */
  readonly flows: readonly FlowBody[]
}

/** Lines of the record of this kind are the seals of days. */
export const SEAL = 'usage'

/** `data` of a seal. */
export interface DaySeal {
  readonly day: string
  /** Of the day's samples: how many lines, and the digits of the last. */
  readonly lines: number
  readonly head: string
  /** SHA-256 of the day by the hour, of its text. */
  readonly hours: string
  readonly samples: number
  readonly levels: Readonly<Record<MeterName, LevelSummary>>
  /** Of minutes and of flows. */
  readonly counts: Readonly<Record<MeterName, number>>
  /**
   * By the installation's key (Ed25519, base64url) over `checkpointText`: it vouches for the whole record up to the line
   * before, and for this seal.
   */
  readonly signature: string
}
/** A seal before it is signed. */
export type UnsignedSeal = Omit<DaySeal, 'signature'>

/** Samples are kept so many days, hours so many, seals for ever: five years stay below 50 MB. */
export const SAMPLES_KEPT_DAYS = 62
export const HOURS_KEPT_DAYS = 5 * 366 + 31

/** Something that is wrong with a ledger, or with a report made of it. */
export interface Finding {
  readonly code:
    | 'RECORD_BROKEN'
    | 'SAMPLES_CHANGED'
    | 'SAMPLES_MISSING'
    | 'HOURS_CHANGED'
    | 'HOURS_MISSING'
    | 'DAYS_SWAPPED'
    | 'SEAL_MISSING'
    | 'SEAL_UNSIGNED'
    | 'SEAL_CONTRADICTS'
    | 'RECORD_PUT_BACK'
    | 'FIGURES_DIFFER'
    | 'REPORT_CHANGED'
    | 'DOCUMENT_DOUBTFUL'
  /** UTC day it is about; null: the whole. */
  readonly day: string | null
  /** A sentence: what is so and what it means. */
  readonly message: string
}
