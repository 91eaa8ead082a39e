import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

interface Holder {
  readonly pid: number
  /** Start of the process in clock ticks since boot: tells a reused pid from the process that took the lock. */
  readonly startTicks: string
  readonly bootId: string
  readonly operation: string
  readonly since: string
}

const FOLDER = existsSync('/run/lock') ? '/run/lock' : '/run'

/**
 * Runs `work` while this process alone may change the appliance. A lock whose process is gone, or that is older than
 * the last boot, is nobody’s and is taken over.
 * @throws UserError LOCKED (exit 8) that names the operation and process holding it
 */
export async function withLock<T>(appliance: string, operation: string, work: () => Promise<T>): Promise<T> {
  const path = `${FOLDER}/domicile-${appliance}.lock`
  take(path, operation)
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function take(path: string, operation: string): void {
  const mine: Holder = {
    pid: process.pid,
    startTicks: startTicks(process.pid) ?? '',
    bootId: bootId(),
    operation,
    since: new Date().toISOString(),
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx', mode: 0o644 })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = readHolder(path)
    if (holder && alive(holder)) throw locked(holder)
    rmSync(path, { force: true })
  }
}

const alive = ({ pid, startTicks: ticks, bootId: boot }: Holder) => boot === bootId() && startTicks(pid) === ticks

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

const locked = ({ operation, pid, since }: Holder) =>
  new UserError(`Another operation is at work: “${operation}” (process ${pid}, since ${since}).`, {
    code: 'LOCKED',
    hint: 'Wait until it has ended and run the command again.',
    exitCode: ExitCode.Locked,
  })
