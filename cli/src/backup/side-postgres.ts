import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Mount } from '@domicile/stacks/plan'
import type { Appliance } from '../appliance/appliance.ts'
import { POSTGRES_USER } from '../appliance/postgres.ts'
import { type Room, type RoomSpec, type RoomTools, withRoom } from './room.ts'

const MIB = 2 ** 20

export interface SidePostgres {
  /** Ends up in the room's name. */
  readonly service: string
  /** What PostgreSQL keeps everything in: a volume, mounted at `/var/lib/postgresql`. */
  readonly data: Mount
  readonly mounts?: readonly Mount[]
  /** PostgreSQL settings besides ours, for example those that recover to an instant. */
  readonly settings?: Readonly<Record<string, string>>
  readonly memoryBytes?: number
  /** None, unless somebody in a closed network of its own shall reach it. */
  readonly network?: RoomSpec['network']
  /** What is thrown away afterwards need not reach the disk. */
  readonly scratch?: boolean
  /** Nobody waits for it. */
  readonly yields?: boolean
}

/**
 * Nothing of a server beside goes into the point-in-time repository of the running one, and nobody but this program asks
 * it anything. What a crash would leave is never used, so that nothing waits for the disk until the end.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  archive_mode: 'off',
  autovacuum: 'off',
  // Its default place has 64 MiB in a room.
  dynamic_shared_memory_type: 'mmap',
  fsync: 'off',
  full_page_writes: 'off',
  listen_addresses: '127.0.0.1',
  maintenance_work_mem: '256MB',
  // One transaction loads everything.
  max_locks_per_transaction: '1024',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  shared_buffers: '256MB',
  wal_level: 'minimal',
}

const LOG = '/tmp/postgres.log'
/** Outlives the shell that started it, and ends with the room. */
const START = `setsid start-postgres "$@" >${LOG} 2>&1 </dev/null & echo $! >/tmp/postgres.pid`
/** Over TCP, which nothing answers while a cluster is being made or recovered. */
const READY = ['pg_isready', '--quiet', '--host=127.0.0.1']
const RUNS = ['sh', '-c', 'kill -0 "$(cat /tmp/postgres.pid)"']
const POLL_MS = 200

/**
 * A PostgreSQL of the appliance's own version in a room without network: on an empty volume a new cluster, on a filled one
 * the cluster that is there. It runs while `work` does, and is shut down and on the disk when this returns.
 *
 * @throws UserError SIDE_POSTGRES_FAILED (1) with its last lines when it does not start or does not end well
 */
export async function withSidePostgres<T>(
  appliance: Pick<Appliance, 'name' | 'state' | 'blueprint'>,
  {
    service,
    data,
    mounts = [],
    settings = {},
    memoryBytes = 1024 * MIB,
    network = 'none',
    scratch = false,
    yields = false,
  }: SidePostgres,
  tools: RoomTools,
  work: (room: Room) => Promise<T>,
): Promise<T> {
  const password = `${appliance.blueprint.layout.lib}/secrets/postgres_password`
  const spec = {
    ...({ service, role: 'postgres', network, user: POSTGRES_USER, memoryBytes, yields } as const),
    mounts: [
      data,
      { type: 'bind', source: password, target: '/run/secrets/postgres_password', readOnly: true } as const,
      ...mounts,
    ],
    tmpfs: { '/run/postgresql': 'rw,noexec,nosuid,nodev,size=16m,uid=70,gid=70,mode=0775' },
  }
  return withRoom(appliance, spec, tools, async (room) => {
    const options = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    await room.exec(['sh', '-c', START, 'sh', ...options])
    await untilReady(room, tools.signal)
    const result = await work(room)
    if (!scratch) await end(room)
    return result
  })
}

/** However long it takes to make or to recover a cluster: only its end is a failure. */
async function untilReady(room: Room, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    if ((await room.exec(READY)).exitCode === 0) return
    if ((await room.exec(RUNS)).exitCode !== 0) throw await failed(room, 'did not start')
    await sleep(POLL_MS, undefined, { signal })
  }
}

async function end(room: Room): Promise<void> {
  const stopped = await room.exec(['pg_ctl', 'stop', '--mode=fast', '--wait', '--timeout=3600'])
  if (stopped.exitCode !== 0) throw await failed(room, 'did not end')
  const synced = await room.exec(['sh', '-c', 'initdb --sync-only --pgdata="$PGDATA"'])
  if (synced.exitCode !== 0) throw await failed(room, 'could not be written to the disk')
}

async function failed(room: Room, what: string): Promise<UserError> {
  const { stdout } = await room.exec(['tail', '-n', '20', LOG])
  return new UserError(`The PostgreSQL beside the running one ${what}. Its last lines:\n${stdout.trim()}`, {
    code: 'SIDE_POSTGRES_FAILED',
    hint: 'The running appliance was not touched. The lines above say why; a full disk and too little memory are the usual causes.',
    exitCode: ExitCode.Failed,
  })
}
