import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, open, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Disk, DiskLatency } from '@domicile/stacks/preflight'
import { output } from './fact.ts'
import { readText } from './host.ts'

/** What a small commit of a database writes; the figure that etcd's users measure with, so that results compare. */
const WRITE_BYTES = 2300
const MAX_WRITES = 200
const MAX_MS = 2000

/** Free space where `path` is, or would be. */
export async function readDisk(path: string, signal: AbortSignal): Promise<Disk> {
  const measuredAt = await nearestExisting(path, signal)
  const [space, { dev }] = await Promise.all([statfs(measuredAt), stat(measuredAt)])
  return {
    path,
    measuredAt,
    device: dev,
    totalBytes: space.blocks * space.bsize,
    freeBytes: space.bavail * space.bsize,
    totalInodes: space.files,
    freeInodes: space.ffree,
    mountOptions: mountOptionsOf(readText('/proc/self/mountinfo'), measuredAt),
  }
}

/** A child asks first: on a dead network file system it is the child that hangs, and it can be left behind. */
export async function nearestExisting(path: string, signal: AbortSignal): Promise<string> {
  const answered = await output('stat', ['-f', path], signal).then(
    () => true,
    () => false,
  )
  signal.throwIfAborted()
  return answered || path === '/' ? path : nearestExisting(dirname(path), signal)
}

/** The options of the mount that holds `path`, from /proc/self/mountinfo, those of its file system included. */
export function mountOptionsOf(mountinfo: string, path: string): string[] {
  const mounts = mountinfo.split('\n').map((line) => {
    const [own = '', fileSystem = ''] = line.split(' - ')
    const fields = own.split(' ')
    const options = [...(fields[5]?.split(',') ?? []), ...(fileSystem.split(' ')[2]?.split(',') ?? [])]
    return { point: unescapeOctal(fields[4] ?? ''), options }
  })
  const holding = mounts.filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
  // The longest mount point holds the path; of several mounts on one point, the last is on top.
  const top = holding.reduce((best, mount) => (mount.point.length >= best.point.length ? mount : best), {
    point: '',
    options: [] as string[],
  })
  return [...new Set(top.options)]
}

const unescapeOctal = (text: string) => text.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)))

/** How long a write takes until it is safe, measured with a file that is removed again. */
export async function measureLatency(directory: string, signal: AbortSignal): Promise<DiskLatency> {
  const wanted = await nearestExisting(directory, signal)
  const measuredAt = await nearestWritable(wanted)
  const [there, here] = await Promise.all([stat(wanted), stat(measuredAt)])
  const file = join(measuredAt, `.domicile-latency-${randomUUID()}`)
  const place = { measuredAt, onDataDisk: there.dev === here.dev }
  try {
    if (!(await takesOneWrite(file, signal))) return { p99Ms: MAX_MS, writes: 1, ...place }
    const times = await timeWrites(file, signal)
    return { p99Ms: percentile(times, 0.99), writes: times.length, ...place }
  } finally {
    await output('rm', ['-f', file], AbortSignal.timeout(500)).catch(() => undefined)
  }
}

/** False when the disk took too long. As in nearestExisting it is a child that hangs. */
async function takesOneWrite(file: string, signal: AbortSignal): Promise<boolean> {
  const late = AbortSignal.timeout(MAX_MS)
  const args = ['if=/dev/zero', `of=${file}`, `bs=${WRITE_BYTES}`, 'count=1', 'conv=fsync']
  return output('dd', args, AbortSignal.any([signal, late])).then(
    () => true,
    (error) => {
      if (late.aborted) return false
      throw error
    },
  )
}

async function nearestWritable(directory: string): Promise<string> {
  const writable = await access(directory, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (writable) return directory
  return directory === '/' ? tmpdir() : nearestWritable(dirname(directory))
}

async function timeWrites(file: string, signal: AbortSignal): Promise<number[]> {
  await using handle = await open(file, 'a')
  const block = Buffer.alloc(WRITE_BYTES, 1)
  const times: number[] = []
  const start = performance.now()
  while (times.length < MAX_WRITES && performance.now() - start < MAX_MS && !signal.aborted) {
    const before = performance.now()
    await handle.write(block)
    await handle.datasync()
    times.push(performance.now() - before)
  }
  return times
}

/** Nearest rank: the smallest value that `share` of all values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
