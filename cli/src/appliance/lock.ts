import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

interface Holder {
  readonly pid: number
  /** Start of the process in clock ticks since boot: tells a reused pid from the process that took the lock. */
  readonly startTicks: string
  readonly bootId: string
  readonly operation: string
  readonly since: string
}

/** Everybody may write to /run/lock, and what anybody puts there would stop us. */
const FOLDER = '/run'
const lockPath = (appliance: string) => `${FOLDER}/domicile-${appliance}.lock`

/**
 * Runs `work` while this process alone may change the appliance. A lock whose process is gone, or that is older than
 * the last boot, is nobody’s and is taken over.
 * @throws UserError LOCKED (exit 8) that names the operation and process holding it
 */
export async function withLock<T>(appliance: string, operation: string, work: () => Promise<T>): Promise<T> {
  const path = lockPath(appliance)
  takeLock(path, operation)
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/** Who holds a lock now, in words; null: nobody. It may be another one by the time that this is read. */
export function lockHolder(appliance: string): string | null {
  const holder = readHolder(lockPath(appliance))
  return holder && alive(holder) ? inWords(holder) : null
}

/** Written beside and linked: nobody ever sees a lock that does not say yet whose it is. */
export function takeLock(path: string, operation: string): void {
  const beside = `${path}.${process.pid}`
  writeFileSync(beside, JSON.stringify(holderNow(operation)), { mode: 0o644 })
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (linked(beside, path)) return
      const holder = readHolder(path)
      if (alive(holder)) throw locked(holder)
      removeStale(path, `${beside}.stale`)
    }
    throw locked(readHolder(path))
  } finally {
    rmSync(beside, { force: true })
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Moves a dead one's lock away. One that somebody else took over since goes back to its place. */
function removeStale(path: string, aside: string): void {
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (alive(readHolder(aside))) linked(aside, path)
  rmSync(aside, { recursive: true, force: true })
}

const holderNow = (operation: string): Holder => ({
  pid: process.pid,
  startTicks: startTicks(process.pid) ?? '',
  bootId: bootId(),
  operation,
  since: new Date().toISOString(),
})

const alive = (holder: Holder | undefined): boolean =>
  holder !== undefined && holder.bootId === bootId() && startTicks(holder.pid) === (holder.startTicks ?? '')

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** Field 22 of /proc/PID/stat, counted after the process name, which may hold spaces; `undefined` when it is gone. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

const inWords = ({ operation, pid, since }: Holder) => `“${operation}” (process ${pid}, since ${since})`

const locked = (holder: Holder | undefined) =>
  new UserError(`Another operation is at work: ${holder ? inWords(holder) : 'it has only just begun'}.`, {
    code: 'LOCKED',
    hint: 'Wait until it has ended and run the command again.',
    exitCode: ExitCode.Locked,
  })
