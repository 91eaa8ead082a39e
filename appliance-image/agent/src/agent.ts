import { mkdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import type { Auditor } from './auditing/auditor.ts'
import { type BackingUp, startBackingUp } from './backing-up/backing-up.ts'
import type { Planner } from './backing-up/planner.ts'
import type { Config } from './config.ts'
import { healthServer } from './health-server.ts'
import type { Judge } from './licensing/judge.ts'
import { type Licensing, startLicensing } from './licensing/licensing.ts'
import type { Log } from './log.ts'
import { PROTOCOL_VERSION, type VerbResponse } from './protocol.ts'
import { Scheduler } from './scheduler.ts'
import { listenAt, socketServer, type Verbs } from './socket-server.ts'
import { Certificates } from './tls/certificates.ts'
import type { Issuer } from './tls/issuer.ts'
import { TlsFolder } from './tls/tls-folder.ts'
import { TlsState } from './tls/tls-state.ts'

export interface AgentPorts {
  readonly issuer: Issuer
  readonly judge: Judge
  readonly auditor: Auditor
  readonly planner: Planner
  readonly clock: () => Date
  readonly random: () => number
  readonly log: Log
}

const CHECK_SECONDS = 60
const ORDER_SECONDS = 300

/**
 * Starts everything the agent does; it is over when the process ends, at whatever moment.
 *
 * @throws Error when a folder, the port or the socket can not be used
 */
export async function startAgent(
  config: Config,
  { issuer, judge, auditor, planner, clock, random, log }: AgentPorts,
): Promise<void> {
  const { folders, http, appliance } = config
  await mkdir(folders.state, { recursive: true, mode: 0o700 })
  const state = new TlsState(folders.state, log)
  const certificates = new Certificates(config, { state, folder: new TlsFolder(folders.tls), issuer, clock, log })
  await certificates.load()
  const licensing = await startLicensing(config, { judge, auditor, clock, log })
  const backingUp = await startBackingUp(config, { keeper: licensing.keeper, planner, clock, log })
  const scheduler = new Scheduler(
    [
      { name: 'certificates', intervalSeconds: CHECK_SECONDS, jitterSeconds: 0, run: certificates.check },
      { name: 'acme', intervalSeconds: ORDER_SECONDS, jitterSeconds: 60, run: () => certificates.orderIfDue() },
      ...licensing.jobs,
      ...backingUp.jobs,
    ],
    { clock, random, log },
  )

  const health = {
    problem: async () => lateTimers(scheduler) ?? (await certificates.problem()),
    get thumbprint() {
      return certificates.thumbprint
    },
  }
  const port = await listen(healthServer(health, licensing.handler), http)
  await listenAt(
    socketServer(verbsOf(config, { certificates, licensing, backingUp, scheduler }), log),
    join(folders.run, 'agent.sock'),
  )
  scheduler.start()
  log('started', { version: manifest.version, appliance, hostnames: config.hostnames, port })
}

interface Parts {
  readonly certificates: Certificates
  readonly licensing: Licensing
  readonly backingUp: BackingUp
  readonly scheduler: Scheduler
}

function verbsOf({ appliance }: Config, { certificates, licensing, backingUp, scheduler }: Parts): Verbs {
  return {
    ...licensing.verbs,
    ...backingUp.verbs,
    status: async (): Promise<VerbResponse<'status'>> => ({
      protocol: PROTOCOL_VERSION,
      version: manifest.version,
      appliance,
      uptimeSeconds: Math.round(process.uptime()),
      memoryBytes: process.memoryUsage.rss(),
      tls: certificates.status(),
      licence: licensing.summary(),
      backup: await backingUp.status(),
      timers: scheduler.status(),
    }),
    'tls-root': () => certificates.root(),
    'tls-set': (request) => certificates.set(request),
    'tls-use': (request) => certificates.use(request),
    'tls-renew': (request) => certificates.renew(request),
  }
}

function lateTimers(scheduler: Scheduler): string | null {
  const late = scheduler.late()
  return late.length > 0 ? `timers that do not run: ${late.join(', ')}` : null
}

/** The port it listens on, which the system chooses where 0 was asked for. */
const listen = (server: Server, { host, port }: Config['http']) =>
  new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
