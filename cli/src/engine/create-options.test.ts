import type { ContainerSpec } from '@domicile/stacks/plan'
import { expect, test } from 'vitest'
import { toCreateOptions } from './create-options.ts'

const spec = (changes: Partial<ContainerSpec> = {}): ContainerSpec => ({
  service: 'app',
  name: 'erp-app-1',
  image: 'sha256:aa',
  imageReference: 'app:1',
  environment: {},
  after: [],
  mounts: [],
  tmpfs: {},
  networks: [
    { network: 'erp_internal', aliases: ['app'], address: '10.201.0.10' },
    { network: 'erp_edge', aliases: ['app'], address: '10.201.1.10' },
  ],
  ports: [{ address: '0.0.0.0', host: 443, container: 8443 }],
  capabilities: [],
  memoryBytes: 100,
  pids: 50,
  stopSeconds: 10,
  labels: { 'com.docker.compose.oneoff': 'False' },
  ...changes,
})

test('every container is confined, whatever its spec says', () => {
  expect(toCreateOptions(spec()).HostConfig).toMatchObject({
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    CapAdd: [],
    SecurityOpt: ['no-new-privileges'],
    Memory: 100,
    MemorySwap: 100,
    PidsLimit: 50,
    LogConfig: { Config: { 'max-size': '10m', 'max-file': '3' } },
  })
})

test('the image is named by its content', () => {
  expect(toCreateOptions(spec()).Image).toBe('sha256:aa')
})

test('services come back after a reboot, jobs do not', () => {
  const policy = (options: ReturnType<typeof toCreateOptions>) => options.HostConfig?.RestartPolicy?.Name

  expect(policy(toCreateOptions(spec()))).toBe('unless-stopped')
  expect(policy(toCreateOptions(spec({ labels: { 'com.docker.compose.oneoff': 'True' } })))).toBe('no')
})

test('ports are published on the chosen address alone', () => {
  expect(toCreateOptions(spec()).HostConfig?.PortBindings).toEqual({
    '8443/tcp': [{ HostIp: '0.0.0.0', HostPort: '443' }],
  })
})

test('work that can wait gets less of the processors, all else what the engine gives', () => {
  expect(toCreateOptions(spec({ cpuShares: 64 })).HostConfig).toMatchObject({ CpuShares: 64 })
  expect(toCreateOptions(spec()).HostConfig).not.toHaveProperty('CpuShares')
})

test('a folder that may be missing is asked for in the form in which the engine makes it, and nothing else is', () => {
  const bind = { type: 'bind', source: '/backup/spool', target: '/spool', readOnly: false } as const
  const file = { type: 'bind', source: '/conf', target: '/etc/conf', readOnly: true } as const
  const { HostConfig } = toCreateOptions(spec({ mounts: [{ ...bind, mayBeMissing: true }, file] }))

  expect(HostConfig?.Binds).toEqual(['/backup/spool:/spool:rw'])
  expect(HostConfig?.Mounts?.map(({ Source }) => Source)).toEqual(['/conf'])
})
