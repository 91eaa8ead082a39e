import { join } from 'node:path'
import type { Queryable } from '@domicile/license/instruments'
import type { MeterName } from '@domicile/license/ledger'
import type { Config } from '../config.ts'
import { PostgresDatabase } from '../database.ts'
import { codeOf } from '../error-code.ts'
import type { GateEvent } from '../gate/index.ts'
import type { SeatPeak } from '../gate/seat-keeper.ts'
import type { LicenceKeeper } from '../licensing/licence-keeper.ts'
import { type Log, messageOf } from '../log.ts'
import type { Advice } from '../protocol.ts'
import { firstHourToCount } from './first-hour.ts'
import { LedgerFindings } from './ledger-findings.ts'
import { LedgerFolder } from './ledger-folder.ts'
import { diskBytes, gatewayTraffic, loadSinceAsked } from './machine.ts'
import { type Meterable, STATEMENT_MS } from './meter-database.ts'
import { MeterReader } from './meter-reader.ts'
import { countedBy, limitsOn } from './meters.ts'
import { OpenDay } from './open-day.ts'
import { PendingCounts } from './pending-counts.ts'
import { Sampler } from './sampler.ts'
import { Testimony } from './testimony.ts'

export interface MeteringPorts {
  readonly keeper: LicenceKeeper
  /** Active users, as the guard in the database counts them at this moment; null: not known. */
  users(): Promise<number | null>
  /** The most who had a session since this was asked before; null: sessions are not limited, and so not counted. */
  peak(): SeatPeak | null
  /** The application's database, as the role that can only read, and our own. */
  readonly application: Meterable
  readonly own: Queryable
  /** Milliseconds that only go forward. */
  readonly monotonic: () => number
  /** What the application reported since it was asked before. */
  reported(): Readonly<Record<MeterName, number>>
  readonly log: Log
}

export interface Metering {
  /** Samples the minute that it is, once, and seals the days that are over. To be called several times a minute. */
  readonly run: () => Promise<void>
  /** Counts an event of the gate. @returns whether it is one that is counted */
  readonly count: (event: GateEvent) => boolean
  /** The levels as they were seen last, by name; null: not known. */
  readonly levels: () => Readonly<Record<MeterName, number | null>>
  readonly findings: readonly Advice[]
}

const COUNTED: Partial<Record<GateEvent, MeterName>> = {
  'session-refused': 'sessions_refused',
  'session-over-limit': 'sessions_over',
  'session-unchecked': 'sessions_unchecked',
}

type MeteringConfig = Pick<Config, 'application' | 'cooperation' | 'guards' | 'gateway' | 'meters' | 'folders'>

/** The ledger in `<state>/licence/ledger`, sampled every minute. Nobody's work hangs on it: whatever its files hold, it starts. */
export function startMetering(config: MeteringConfig, ports: MeteringPorts): Metering {
  const pending = new PendingCounts()
  const found = new LedgerFindings(ports.keeper, ports.log)
  let sampling: Sampling | null = null
  let problem: string | null = null
  let turn: Promise<void> = Promise.resolve()
  const run = async () => {
    try {
      sampling ??= startSampling(config, ports, { pending, found })
      await sampling.sampler.run()
      problem = null
    } catch (error) {
      problem = codeOf(error)
      throw error
    }
  }
  return {
    // One after the other, whoever calls.
    run: () => {
      const result = turn.then(run)
      turn = result.catch(() => undefined)
      return result
    },
    count: (event) => {
      const name = COUNTED[event]
      if (name) pending.add(name)
      return name !== undefined
    },
    levels: () => sampling?.sampler.levels() ?? {},
    get findings() {
      const reading = sampling ? readerFindings(sampling.reader) : []
      return [...found.findings, ...(problem === null ? [] : [notWritten(problem)]), ...reading]
    },
  }
}

interface Sampling {
  readonly sampler: Sampler
  readonly reader: MeterReader
}

/** @throws Error of the file system */
function startSampling(
  { application, cooperation, guards, gateway, meters, folders }: MeteringConfig,
  { keeper, users, peak, reported, own, log, ...ports }: MeteringPorts,
  { pending, found }: { pending: PendingCounts; found: LedgerFindings },
): Sampling {
  const now = keeper.now()
  // By the gate, or by the application itself.
  const sessions = application.session !== undefined || cooperation !== undefined
  const counted = countedBy({ meters, guards, sessions, traffic: gateway !== undefined })
  const folder = new LedgerFolder(join(folders.state, 'licence', 'ledger'))
  const days = new OpenDay(folder, found.record)
  const testimony = new Testimony(
    { database: own, folder, days, log, record: keeper.record, found: found.contradiction },
    now,
  )
  const begunAt = keeper.record.linesOf('begun')[0]?.at ?? now.toISOString()
  const firstHour = firstHourToCount(folder, days, { begunAt, now, counted })
  const reader = new MeterReader(counted, firstHour, { database: ports.application, monotonic: ports.monotonic })
  const gauges = {
    ...{ peak, reported, loadPercent: loadSinceAsked() },
    users,
    diskBytes: () => diskBytes(folders.state),
    traffic: async () => (gateway ? gatewayTraffic(gateway) : null),
  }
  const sampler = new Sampler({
    ...{ counted, days, reader, pending, gauges, log, record: found.record },
    limits: () =>
      limitsOn(counted.levels, { limits: keeper.standing.effects.limits, modules: keeper.licence?.modules ?? {} }),
    testify: (at) => testimony.give(at),
    hoursCounted: () => keeper.reconsider(),
  })
  return { sampler, reader }
}

/** The application's database for those who count: one connection, and nothing that it could change. */
export function meterDatabase({ database }: Config, log: Log): PostgresDatabase {
  const { host, application, meterRole, meterPasswordFile } = database
  return new PostgresDatabase(
    { host, database: application, role: meterRole, passwordFile: meterPasswordFile },
    (error) => log('meters-lost', { message: messageOf(error) }),
    { connections: 1, statementMs: STATEMENT_MS },
  )
}

const notWritten = (code: string): Advice => ({
  code: 'SAMPLES_FAIL',
  message: `What is counted cannot be written down now (${code}).`,
  hint: 'Nobody is refused for it; an audit shows the gap. See whether the disk is full: domicile status',
})

const SEE = 'Nothing is refused for want of a number. See whether PostgreSQL runs: domicile status'

function readerFindings({ unreachable, problems }: MeterReader): Advice[] {
  if (unreachable !== null)
    return [{ code: 'METERS_UNREACHABLE', message: `The meters cannot be asked now (${unreachable}).`, hint: SEE }]
  return [...problems].map(([name, code]) => ({
    code: 'METER_FAILS',
    message: `The meter ${name} gives no number (${code}).`,
    hint: 'Tell the vendor: its query does not fit the database, or takes longer than two seconds.',
  }))
}
