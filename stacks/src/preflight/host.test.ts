import { expect, test } from 'vitest'
import type { HostFacts } from './facts.ts'
import { ANSWER, HEALTHY } from './healthy-host.fixture.ts'
import { check } from './one-check.fixture.ts'

const GIB = 2 ** 30
const memory = (total: number, available = total) => ({
  memory: { totalBytes: total * GIB, availableBytes: available * GIB, swapBytes: 0 },
})
const access = (apparmor: boolean, apparmorParser: boolean, selinux: 'enforcing' | 'permissive' | 'off') => ({
  mandatoryAccessControl: { apparmor, apparmorParser, selinux },
})
const labelled = { engine: { ...HEALTHY.engine, answer: { ...ANSWER, securityOptions: ['selinux'] } } }

const cases: [string, Partial<HostFacts>, 'pass' | 'warn' | 'fail'][] = [
  ['cpu-count', { cpuCount: 2 }, 'pass'],
  ['cpu-count', { cpuCount: 1 }, 'fail'],
  ['cpu-level', { cpuLevel: 2 }, 'pass'],
  ['cpu-level', { cpuLevel: 1 }, 'warn'],
  ['cpu-level', { cpuLevel: { unknown: 'not an x86-64 processor' }, architecture: 'arm64' }, 'pass'],
  ['memory', memory(2), 'pass'],
  ['memory', memory(1.99), 'warn'],
  ['memory', memory(1.8), 'warn'],
  ['memory', memory(1.79), 'fail'],
  ['memory', memory(8, 2), 'pass'],
  ['memory', memory(8, 1.9), 'warn'],
  ['architecture', { architecture: 'amd64' }, 'pass'],
  ['architecture', { architecture: 'arm64' }, 'fail'],
  ['kernel', { kernel: '4.18.0-553.el8_10.x86_64' }, 'pass'],
  ['kernel', { kernel: '4.17.19' }, 'warn'],
  ['kernel', { kernel: '3.10.0-1160.el7.x86_64' }, 'warn'],
  ['kernel', { kernel: '3.9.11' }, 'fail'],
  ['kernel', { kernel: '10.0.1' }, 'pass'],
  ['cgroups', { cgroups: { version: 1, controllers: ['cpu', 'memory', 'pids'] } }, 'pass'],
  ['cgroups', { cgroups: { version: 2, controllers: ['cpu', 'pids'] } }, 'fail'],
  ['time-sync', { timeSync: { synchronized: false, source: 'chronyc' } }, 'warn'],
  ['virtualization', { virtualization: { kind: 'none', name: '' } }, 'pass'],
  ['virtualization', { virtualization: { kind: 'container', name: 'lxc' } }, 'warn'],
  ['systemd', { systemd: { running: false, engineAtBoot: false } }, 'warn'],
  ['mandatory-access-control', access(true, false, 'off'), 'warn'],
  ['mandatory-access-control', access(false, false, 'off'), 'pass'],
  ['mandatory-access-control', access(false, false, 'enforcing'), 'pass'],
  ['mandatory-access-control', { ...access(false, false, 'permissive'), ...labelled }, 'pass'],
  ['mandatory-access-control', { ...access(false, false, 'enforcing'), ...labelled }, 'warn'],
]

test.each(cases)('%s of %j is %s', (id, facts, verdict) => {
  expect(check(id, facts)).toMatchObject({ verdict })
})

test.each([
  [64, 'pass'],
  [65, 'fail'],
])('a host name of %i characters is a %s', (length, verdict) => {
  expect(check('hostname', {}, { hostname: 'h'.repeat(length) })).toMatchObject({ verdict })
})
