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
      const ticks = (after[index]?.ticks ?? 0) - (before[index]?.ticks ?? 0)
      return { service, rss: after[index]?.rssMib ?? 0, cpu: (ticks / 100 / (MEASURE_MS / 1000)) * 100 }
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

/** RSS in MiB and CPU ticks (1/100 s) of every process of a container, children that have ended included. */
async function measure(service: string): Promise<{ rssMib: number; ticks: number }> {
  const { stdout } = await execa('docker', ['top', `${NAME}-${service}-1`, '-o', 'pid'])
  const pids = stdout
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
  const processes = await Promise.all(pids.map(readProcess))
  return {
    rssMib: processes.reduce((sum, { rssMib }) => sum + rssMib, 0),
    ticks: processes.reduce((sum, { ticks }) => sum + ticks, 0),
  }
}

async function readProcess(pid: string) {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
  ])
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // utime, stime, cutime, cstime
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { rssMib: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024, ticks }
}
