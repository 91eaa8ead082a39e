import { existsSync, readFileSync } from 'node:fs'
import type {
  Cgroups,
  MandatoryAccessControl,
  Memory,
  Systemd,
  TimeSync,
  Virtualization,
} from '@domicile/stacks/preflight'
import { findProgram, output } from './fact.ts'

// The kernel's own files are read synchronously: they answer at once, and stay readable when a dead disk
// has taken every thread that Node.js keeps for files.
export const readText = (path: string): string => readFileSync(path, 'utf8').trim()

const readIfThere = (path: string): string | undefined => {
  try {
    return readText(path)
  } catch {
    return undefined
  }
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' }

/** The kernel's name of the machine in the words of container images. */
export const architectureOf = (machine: string): string => ARCHITECTURES[machine] ?? machine

const LEVELS = [
  ['cx16', 'lahf_lm', 'popcnt', 'sse4_1', 'sse4_2', 'ssse3'],
  ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe', 'xsave'],
  ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'],
] as const

/**
 * The x86-64 level, 1 to 4, from /proc/cpuinfo.
 * @throws Error on another architecture
 */
export function cpuLevelOf(cpuinfo: string): number {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/))
  if (!flags.has('lm')) throw new Error('not an x86-64 processor')
  const missing = LEVELS.findIndex((level) => !level.every((flag) => flags.has(flag)))
  return missing < 0 ? 4 : missing + 1
}

/** @throws Error when /proc/meminfo lacks a line */
export function memoryOf(meminfo: string): Memory {
  const bytes = (key: string) => {
    const kib = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1]
    if (kib === undefined) throw new Error(`${key} is not in /proc/meminfo`)
    return Number(kib) * 1024
  }
  return { totalBytes: bytes('MemTotal'), availableBytes: bytes('MemAvailable'), swapBytes: bytes('SwapTotal') }
}

export function readCgroups(): Cgroups {
  const unified = readIfThere('/sys/fs/cgroup/cgroup.controllers')
  if (unified !== undefined) return { version: 2, controllers: unified.split(' ').filter(Boolean) }
  const rows = readText('/proc/cgroups')
    .split('\n')
    .map((line) => line.split(/\s+/))
  return { version: 1, controllers: rows.filter((row) => row[3] === '1').map(([name = '']) => name) }
}

export function readVirtualization(): Virtualization {
  const container = containerName()
  if (container) return { kind: 'container', name: container }
  const hypervisor = /^flags\s*:.*\bhypervisor\b/m.test(readText('/proc/cpuinfo'))
  const vendor = readIfThere('/sys/class/dmi/id/sys_vendor') ?? readIfThere('/sys/hypervisor/type')
  if (hypervisor || /QEMU|KVM|VMware|Xen|Virtual/i.test(vendor ?? ''))
    return { kind: 'vm', name: vendor || 'unnamed hypervisor' }
  return { kind: 'none', name: vendor ?? '' }
}

function containerName(): string | undefined {
  // A machine made from a container's image has the mark as well, but no layers under its root.
  const layered = /^(?:\S+ ){4}\/ .* - overlay /m.test(readText('/proc/self/mountinfo'))
  if (layered && existsSync('/.dockerenv')) return 'docker'
  if (layered && existsSync('/run/.containerenv')) return 'podman'
  // systemd leaves the name here for everyone; the environment of process 1 is for root only.
  return (
    readIfThere('/run/systemd/container') ||
    /(?:^|\0)container=([^\0]+)/.exec(readIfThere('/proc/1/environ') ?? '')?.[1]
  )
}

/** @throws Error when nobody on this host can tell */
export async function readTimeSync(signal: AbortSignal): Promise<TimeSync> {
  if (existsSync('/run/systemd/timesync/synchronized')) return { synchronized: true, source: 'systemd-timesyncd' }
  const systemd = await output('timedatectl', ['show', '-p', 'NTPSynchronized'], signal).catch(() => '')
  const answer = /NTPSynchronized=(yes|no)/.exec(systemd)?.[1]
  if (answer) return { synchronized: answer === 'yes', source: 'timedatectl' }
  const chrony = await output('chronyc', ['-c', 'tracking'], signal).catch(() => '')
  if (chrony) return { synchronized: chronySynchronized(chrony), source: 'chronyc' }
  throw new Error('neither timedatectl nor chronyc answers here')
}

/** The last field of `chronyc -c tracking` is the leap status. */
export const chronySynchronized = (tracking: string): boolean =>
  !/not synchronised/i.test(tracking.trim().split(',').at(-1) ?? '')

export function readMandatoryAccessControl(): MandatoryAccessControl {
  const enforce = readIfThere('/sys/fs/selinux/enforce')
  return {
    apparmor: readIfThere('/sys/module/apparmor/parameters/enabled') === 'Y',
    apparmorParser: findProgram('apparmor_parser') !== undefined,
    selinux: enforce === '1' ? 'enforcing' : enforce === '0' ? 'permissive' : 'off',
  }
}

const UNIT_FOLDERS = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']
const ENGINE_UNITS = ['docker.service', 'snap.docker.dockerd.service']

export function readSystemd(): Systemd {
  const links = UNIT_FOLDERS.flatMap((folder) =>
    ENGINE_UNITS.map((unit) => `${folder}/multi-user.target.wants/${unit}`),
  )
  return { running: readText('/proc/1/comm') === 'systemd', engineAtBoot: links.some((link) => existsSync(link)) }
}
