import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Fact } from '@domicile/stacks/preflight'

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Users other than root seldom have the administrator's folders on their path. */
const searchPath = () => [...new Set([...(process.env['PATH']?.split(':') ?? []), ...SYSTEM_FOLDERS])].filter(Boolean)

/**
 * Learns one fact within its own time; whatever goes wrong becomes the reason why it is unknown.
 * `read` is told by the signal when nobody waits any more.
 */
export async function fact<T>(
  read: (signal: AbortSignal) => T | Promise<T>,
  timeoutMs = 1500,
): Promise<Fact<Awaited<T>>> {
  const stop = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs)
  })
  try {
    return await Promise.race([Promise.resolve(stop.signal).then(read), expiry])
  } catch (error) {
    return { unknown: reason(error) }
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'not allowed for this user',
  EPERM: 'not allowed for this user',
  ENOSPC: 'no space left on the disk',
  EROFS: 'the disk is read-only',
}

function reason(error: unknown): string {
  const { code = '', path, message, stderr } = error as NodeJS.ErrnoException & { stderr?: string }
  if (code === 'ENOENT' && path) return `${path} is not there`
  // Programs say `dd: error writing 'FILE': No space left on device`: the end is the reason.
  const complaint = stderr?.split('\n')[0]?.split(': ').at(-1)
  return MEANINGS[code] ?? (complaint || message || String(error))
}

const run = promisify(execFile)

/**
 * What a program of the system prints. A child can be left behind when a dead disk holds it;
 * a system call in our own process would keep us from ever exiting.
 */
export async function output(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const env = { PATH: searchPath().join(':'), LC_ALL: 'C' }
  const running = run(program, args, { signal, env, killSignal: 'SIGKILL', maxBuffer: 16 * 2 ** 20 })
  running.child.unref()
  return (await running).stdout
}

/** Where a program is installed. */
export function findProgram(name: string, folders: readonly string[] = searchPath()): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
