import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { installErp, prepareBench, table, uninstallErp } from './fixture.ts'

const NAME = 'bench-idle'
const SETTLE_MS = 30_000
const MEASURE_MS = 60_000
const OURS = ['gateway', 'agent']

/** Memory and CPU at rest of what is added beside PostgreSQL and the application. From /proc, not from `docker stats`. */
export async function benchIdle(): Promise<void> {
  await prepareBench()
  await installErp(NAME)
  try {
    await sleep(SETTLE_MS)
    const before = await Promise.all(OURS.map(measure))
    await sleep(MEASURE_MS)
    const after = await Promise.all(OURS.map(measure))
    const rows = OURS.map((service, index) => {
      const used = (after[index]?.cpuSeconds ?? Number.NaN) - (before[index]?.cpuSeconds ?? Number.NaN)
      return { service, rss: after[index]?.rssMib ?? 0, cpu: (used / (MEASURE_MS / 1000)) * 100 }
    })
    const sum = {
      service: 'together',
      rss: rows.reduce((total, { rss }) => total + rss, 0),
      cpu: rows.reduce((total, { cpu }) => total + cpu, 0),
    }
    table([
      ['service', 'RSS', 'CPU of one core over 60 s'],
      ...[...rows, sum].map(({ service, rss, cpu }) => [service, `${rss.toFixed(1)} MiB`, `${cpu.toFixed(2)} %`]),
      ['wanted', '<= 90 MiB', '< 1 %'],
    ])
  } finally {
    await uninstallErp(NAME)
  }
}

/** RSS of every process of a container, in MiB, and the CPU time its control group has used, in seconds: health checks too. */
async function measure(service: string): Promise<{ rssMib: number; cpuSeconds: number }> {
  const name = `${NAME}-${service}-1`
  const { stdout } = await execa('docker', ['top', name, '-o', 'pid'])
  const pids = stdout
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
  const rss = await Promise.all(
    pids.map(async (pid) => Number(/VmRSS:\s+(\d+)/.exec(await text(`/proc/${pid}/status`))?.[1] ?? 0) / 1024),
  )
  return { rssMib: rss.reduce((sum, mib) => sum + mib, 0), cpuSeconds: await cpuSeconds(pids[0] ?? '') }
}

/** Control groups version 1 count nanoseconds in cpuacct.usage, version 2 microseconds in cpu.stat. */
async function cpuSeconds(pid: string): Promise<number> {
  const groups = (await text(`/proc/${pid}/cgroup`)).split('\n').map((line) => line.split(':'))
  const path = groups.find(([, controllers = '']) => controllers.split(',').includes('cpuacct'))?.[2]
  if (path) return Number(await text(`/sys/fs/cgroup/cpuacct${path}/cpuacct.usage`)) / 1e9
  const unified = groups.find(([number]) => number === '0')?.[2] ?? ''
  return Number(/usage_usec (\d+)/.exec(await text(`/sys/fs/cgroup${unified}/cpu.stat`))?.[1] ?? Number.NaN) / 1e6
}

const text = (path: string) => readFile(path, 'utf8').catch(() => '')
