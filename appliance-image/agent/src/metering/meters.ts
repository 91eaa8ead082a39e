import { describeMeters, type Guards, type Meters } from '@domicile/license'
import { type LicenceClaims, limitNamed } from '@domicile/license/document'
import { type MeterDescription, type MeterName, SYSTEM_METERS } from '@domicile/license/ledger'

/** What an appliance counts, and where each number comes from. */
export interface Counted {
  /** Of everything, for the record and for who reads an audit. */
  readonly descriptions: readonly MeterDescription[]
  /** Columns of a sample, in this order. */
  readonly levels: readonly MeterName[]
  readonly counts: readonly MeterName[]
  /** Asked of the database: how many there are now, and how many came to be in an hour. */
  readonly levelQueries: readonly MeterQuery[]
  readonly flowQueries: readonly MeterQuery[]
}

export interface MeterQuery {
  readonly name: MeterName
  readonly sql: string
}

/** What of the configuration says what there is to count. */
export interface CountedBy {
  readonly meters: Meters
  readonly guards: Guards
  /** Sessions can be told apart. */
  readonly sessions: boolean
  /** The gateway says what it has sent. */
  readonly traffic: boolean
}

const DATABASE_SIZE: MeterQuery = {
  name: 'database_bytes',
  sql: 'SELECT pg_catalog.pg_database_size(pg_catalog.current_database())',
}

export function countedBy({ meters, guards, sessions, traffic }: CountedBy): Counted {
  const stack = describeMeters(meters)
  const guarded = guards.users !== undefined
  // The guard's own counter costs nothing to ask.
  const others = stack.filter(({ name }) => !(guarded && name === 'users'))
  const applies = (name: string) =>
    name === 'users' ? guarded : name === 'transfer_bytes' ? traffic : SESSION_METERS.has(name) ? sessions : true
  const system = Object.entries(SYSTEM_METERS)
    .filter(([name]) => applies(name))
    .map(([name, { kind, title }]): MeterDescription => ({ name, kind, title, sql: null, module: null }))
  const descriptions = [...system, ...others]
  const queries = others.flatMap(({ name, kind, sql }) => (sql === null ? [] : [{ name, kind, sql }]))
  const flowQueries = queries.filter(({ kind }) => kind === 'count')
  const flows = new Set(flowQueries.map(({ name }) => name))
  const named = (wanted: 'level' | 'count') =>
    descriptions.filter(({ name, kind }) => kind === wanted && !flows.has(name)).map(({ name }) => name)
  return {
    descriptions,
    levels: named('level'),
    counts: named('count'),
    levelQueries: [DATABASE_SIZE, ...queries.filter(({ kind }) => kind === 'level')],
    flowQueries,
  }
}

const SESSION_METERS = new Set(['sessions', 'services', 'sessions_refused', 'sessions_over', 'sessions_unchecked'])

/** The limits in force on what is sampled. Those on a month or a year are no limit of any minute. */
export function limitsOn(
  levels: readonly MeterName[],
  licence: Pick<LicenceClaims, 'limits' | 'modules'>,
): Record<MeterName, number> {
  const limits = levels.flatMap((name) => {
    const limit = limitNamed(licence, name)
    return limit?.per === null ? [[name, limit.max] as const] : []
  })
  return Object.fromEntries(limits)
}
