import { HELPER_SOCKET } from '@domicile/appliance-image/helper-protocol'
import { layoutOf } from '@domicile/stacks/plan'
import { backupLockHolder } from '../backup/lock.ts'
import { backupSummary } from '../backup/summary.ts'
import { alertOn } from './alert.ts'
import { Alerter } from './alerter.ts'
import { judgeThrown } from './judge-thrown.ts'
import { listenOn } from './listen.ts'
import { helperServer } from './server.ts'
import { tellAgent } from './tell.ts'
import { type Operations, Worker } from './worker.ts'

/** Held by systemd the socket costs nothing; the process that answers on it ends when nobody has wanted anything for so long. */
const IDLE_MS = 60_000

export interface HelperOptions {
  readonly appliance: string
  readonly version: string
  readonly operations: Operations
  readonly signal: AbortSignal
  readonly log: (event: string, fields?: Readonly<Record<string, unknown>>) => void
}

/** Serves until it is asked to end or, where systemd starts it again, until there is nothing to do. */
export async function serveHelper({ appliance, version, operations, signal, log }: HelperOptions): Promise<void> {
  const { lib } = layoutOf(appliance)
  const worker = new Worker({
    operations,
    judge: judgeThrown,
    summary: () => backupSummary(appliance, new Date()),
    holder: () => backupLockHolder(appliance),
    tell: (note) => tellAgent(lib, note, signal),
    clock: () => new Date(),
    log,
  })
  const alerter = new Alerter(() => alertOn(appliance, signal, log))
  const server = helperServer(worker, version, alerter.ask)
  const { activated } = await listenOn(server, `${lib}/run/${HELPER_SOCKET}`, process.env)
  log('serving', { appliance, version, activated })
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
    if (!activated) return
    const idle = setTimeout(() => (worker.busy || alerter.busy ? undefined : resolve()), IDLE_MS)
    signal.addEventListener('abort', () => clearTimeout(idle), { once: true })
    server.on('request', () => idle.refresh())
    worker.onIdle = () => void (signal.aborted || idle.refresh())
    // What nobody has answered yet is tried for longer than nothing is wanted.
    alerter.onIdle = worker.onIdle
  })
  server.close()
  await worker.stop()
  server.closeIdleConnections()
  log('ended', { appliance })
}
