import { expect, test } from 'vitest'
import type { ContainerSpec } from '../plan/index.ts'
import { containerDrift, postgresDrift } from './drift.ts'
import type { FoundContainer } from './engine.ts'

const spec: ContainerSpec = {
  service: 'app',
  name: 'erp-app-1',
  image: 'sha256:aa',
  imageReference: 'app:1',
  environment: { WORKERS: '2' },
  user: '971:971',
  after: [],
  mounts: [{ type: 'volume', source: 'erp_files', target: '/data', readOnly: false }],
  tmpfs: {},
  networks: [{ network: 'erp_internal', aliases: ['app'], address: '10.201.0.10' }],
  ports: [],
  capabilities: [],
  memoryBytes: 100,
  pids: 50,
  stopSeconds: 10,
  labels: { 'com.docker.compose.config-hash': 'h' },
}

const running: FoundContainer = {
  name: 'erp-app-1',
  service: 'app',
  image: 'sha256:aa',
  state: 'running',
  health: 'healthy',
  healthLog: '',
  healthCommand: [],
  exitCode: 0,
  restarts: 0,
  startedAt: '2026-11-22T10:00:00Z',
  labels: { 'com.docker.compose.config-hash': 'h' },
  environment: { WORKERS: '2', PATH: '/usr/bin' },
  user: '971:971',
  command: [],
  mounts: [{ type: 'volume', source: 'erp_files', target: '/data', readOnly: false }],
  networks: [{ network: 'erp_internal', address: '10.201.0.10' }],
  ports: [],
  readOnlyRoot: true,
  capabilitiesAdded: [],
  capabilitiesDropped: ['ALL'],
  privileged: false,
  securityOptions: ['no-new-privileges'],
  memoryBytes: 100,
  pids: 50,
  restartPolicy: 'unless-stopped',
}

test('a container as it was made does not differ', () => {
  expect(containerDrift(spec, running)).toEqual([])
})

test.each<[string, Partial<FoundContainer>]>([
  ['image digest', { image: 'sha256:bb' }],
  ['state', { state: 'exited' }],
  ['environment', { environment: { WORKERS: '9' } }],
  ['mounts', { mounts: [] }],
  ['networks', { networks: [{ network: 'bridge', address: '172.17.0.2' }] }],
  ['ports', { ports: [{ address: '0.0.0.0', host: 5432, container: 5432 }] }],
  ['user', { user: 'root' }],
  ['read-only root', { readOnlyRoot: false }],
  ['privileged', { privileged: true }],
  ['capabilities', { capabilitiesAdded: ['SYS_ADMIN'] }],
  ['no new privileges', { securityOptions: [] }],
  ['memory limit', { memoryBytes: 200 }],
  ['process limit', { pids: 0 }],
  ['restart policy', { restartPolicy: 'no' }],
  ['configuration', { labels: { 'com.docker.compose.config-hash': 'other' } }],
])('a change of the %s is named', (aspect, change) => {
  expect(containerDrift(spec, { ...running, ...change }).map((difference) => difference.aspect)).toEqual([aspect])
})

test('a missing container is one difference', () => {
  expect(containerDrift(spec, undefined)).toMatchObject([{ kind: 'container', subject: 'app', found: 'is missing' }])
})

test('PostgreSQL settings are compared by what they mean', () => {
  expect(postgresDrift({ shared_buffers: '1024MB', idle: '1h' }, { shared_buffers: '1GB', idle: '60min' })).toEqual([])
  expect(postgresDrift({ work_mem: '4MB' }, { work_mem: '8MB' })).toMatchObject([
    { kind: 'postgres', subject: 'work_mem', wanted: '4MB', found: '8MB' },
  ])
})
