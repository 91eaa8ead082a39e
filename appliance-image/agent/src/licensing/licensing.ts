import { join } from 'node:path'
import { reportedMeters } from '@domicile/license'
import type { Usage } from '@domicile/license/standing'
import type { Auditor } from '../auditing/auditor.ts'
import { Audits } from '../auditing/audits.ts'
import type { Config } from '../config.ts'
import { cooperationHandler, entitlementsOf, ReportedUsage } from '../cooperation/index.ts'
import { PostgresDatabase } from '../database.ts'
import { Enforcer } from '../enforcement/enforcer.ts'
import { seatTable } from '../enforcement/seat-table.ts'
import { Gate, gateHandler, type Handler, loadLanguages } from '../gate/index.ts'
import { type Log, messageOf } from '../log.ts'
import { meterDatabase, startMetering } from '../metering/metering.ts'
import type { LicenceStatus, VerbRequest, VerbResponse } from '../protocol.ts'
import type { Job } from '../scheduler.ts'
import type { Verbs } from '../socket-server.ts'
import type { Judge } from './judge.ts'
import { LicenceKeeper } from './licence-keeper.ts'
import {
  gateStanding,
  guardMessage,
  idleMinutesOf,
  licenceStatus,
  summary,
  usageOf,
  type Working,
} from './licence-status.ts'

type LicensingVerbs = Pick<
  Verbs,
  | 'licence-show'
  | 'licence-import'
  | 'licence-request'
  | 'licence-audit'
  | 'licence-samples'
  | 'licence-shown'
  | 'maintenance-set'
  | 'guards-remove'
  | 'guards-install'
>

export interface Licensing {
  readonly verbs: LicensingVerbs
  readonly jobs: readonly Job[]
  /** The paths of the gate, and of applications that cooperate, on the agent's port. */
  readonly handler: Handler
  /** Who holds the contract and the key of the installation. */
  readonly keeper: LicenceKeeper
  summary(): VerbResponse<'status'>['licence']
}

/** Puts together what carries out the contract: keeper, enforcer and gate. Whatever its files hold, it starts. */
export async function startLicensing(
  config: Config,
  { judge, auditor, clock: wall, log }: { judge: Judge; auditor: Auditor; clock: () => Date; log: Log },
): Promise<Licensing> {
  const { product, vendorKeys, application: upstream, folders } = config
  const folder = join(folders.state, 'licence')
  const keeper = new LicenceKeeper({ folder, product, vendorKeys }, { judge, wall, ran: () => process.uptime(), log })
  const audits = new Audits({ folder, into: folders.run, product }, { keeper, auditor })
  await keeper.load()
  const own = databaseOf(config, config.database.own, log)
  const enforcer = enforcerOf(config, { keeper, own, log })
  const gate = new Gate(
    { session: upstream.session, languages: await loadLanguages(folders.texts) },
    {
      standing: () => gateStanding(keeper, product),
      seats: seatTable(own, () => idleMinutesOf(keeper) * 60),
      noticeShown: (key) => keeper.shown(key),
      record: (event, data) => {
        if (!metering.count(event)) keeper.note(event, data)
      },
      monotonic: () => process.uptime() * 1000,
      upstream,
    },
  )
  const reported = new ReportedUsage(() => process.uptime() * 1000)
  const cooperation = handlerForApplications(config, keeper, gate, reported)
  const metering = startMetering(config, {
    ...{ keeper, own, log, users: enforcer.countUsers },
    application: meterDatabase(config, log),
    monotonic: () => process.uptime() * 1000,
    // Without the table nobody knows who else has a seat.
    peak: () => (keeper.standing.effects.limits.sessions && gate.seats.reachable ? gate.seats.takePeak() : null),
    reported: () => reported.take(),
  })
  keeper.onChange = () => void enforcer.run()
  // No request waits for it: a session that comes before finds its own seat again. But nothing is freed before.
  const loaded = enforcer.run().then(() => gate.seats.load(keeper.record.downSeconds))
  const working = { keeper, enforcer, gate, metering, audits, loaded }
  const status = () => licenceStatus(working)
  const usage = () => usageOf(status(), metering)
  return {
    verbs: verbsOf(working, status, usage),
    jobs: jobsOf(working, usage),
    handler: eitherOf(gateHandler(gate), cooperation),
    keeper,
    summary: () => summary(status()),
  }
}

const databaseOf = (config: Config, database: string, log: Log) =>
  new PostgresDatabase({ ...config.database, database }, (error) => log('database-lost', { message: messageOf(error) }))

const enforcerOf = (
  config: Config,
  { keeper, own, log }: { keeper: LicenceKeeper; own: PostgresDatabase; log: Log },
): Enforcer =>
  new Enforcer(config, {
    application: databaseOf(config, config.database.application, log),
    own,
    effects: () => keeper.standing.effects,
    guardMessage: () => guardMessage(keeper),
    record: (kind, data) => keeper.note(kind, data),
    log,
  })

function verbsOf(
  { keeper, enforcer, metering, audits }: Working,
  status: () => LicenceStatus,
  usage: () => Usage,
): LicensingVerbs {
  return {
    'licence-show': () => status(),
    'licence-import': async ({ text, replace = false }) => {
      const taken = await keeper.take(text, replace, usage())
      await enforcer.run()
      const items = taken.map(({ document, jti, changed, warnings }) => ({
        document,
        jti,
        changed,
        warnings: [...warnings],
      }))
      return { items, licence: status() }
    },
    'licence-request': async (request: VerbRequest<'licence-request'>) => ({
      text: await keeper.request(request, usage()),
    }),
    'licence-audit': async (request) => {
      // What is over is sealed first. An audit does not fail because there is nothing new to count.
      await metering.run().catch(() => undefined)
      return audits.audit(request, usage())
    },
    'licence-samples': (request) => audits.samples(request),
    'licence-shown': async ({ keys }) => {
      for (const key of keys) keeper.shown(key)
      return {}
    },
    'maintenance-set': async ({ maintenance }) => {
      await keeper.announce(maintenance)
      return {}
    },
    'guards-remove': async () => {
      await enforcer.removeGuards()
      return {}
    },
    'guards-install': async () => {
      await enforcer.installGuards()
      return {}
    },
  }
}

const eitherOf =
  (...handlers: readonly Handler[]): Handler =>
  async (request, response) => {
    for (const handler of handlers) if (await handler(request, response)) return true
    return false
  }

/** Knows no path unless a service of the stack has the token. */
function handlerForApplications(
  { cooperation, meters, product }: Config,
  keeper: LicenceKeeper,
  gate: Gate,
  usage: ReportedUsage,
): Handler {
  if (!cooperation) return async () => false
  const standing = () => gateStanding(keeper, product)
  return cooperationHandler({
    ...{ ...cooperation, seats: gate.seats, standing, usage, meters: new Set(reportedMeters(meters)) },
    entitlements: () => {
      const blocked = standing().blocked !== null
      return entitlementsOf({ standing: keeper.standing, licence: keeper.licence, blocked, product: product.name })
    },
  })
}

const jobsOf = ({ keeper, enforcer, gate, metering, loaded }: Working, usage: () => Usage): Job[] => {
  const job = (name: string, intervalSeconds: number, run: () => Promise<void>): Job => ({
    ...{ name, intervalSeconds, jitterSeconds: 0, run },
  })
  return [
    job('standing', 15, () => keeper.evaluateIfDue(usage())),
    job('enforcement', 30, () => enforcer.run()),
    job('seats', 15, async () => {
      await loaded
      await gate.seats.cull(idleMinutesOf(keeper))
    }),
    // A minute is sampled once; asked more often, none is missed.
    job('samples', 15, async () => {
      await loaded
      await metering.run()
    }),
  ]
}
