import { expect, test } from 'vitest'
import type { Engine, EngineAnswer, HostFacts } from './facts.ts'
import { ANSWER, HEALTHY } from './healthy-host.fixture.ts'
import { check } from './one-check.fixture.ts'

const engine = (change: Partial<Engine>): Partial<HostFacts> => ({ engine: { ...HEALTHY.engine, ...change } })
const answer = (change: Partial<EngineAnswer>) => engine({ answer: { ...ANSWER, ...change } })
const silent = { answer: { unknown: 'no answer within 4 s' } }

const cases: [string, Partial<HostFacts>, 'pass' | 'warn' | 'fail'][] = [
  ['engine-present', engine({ binary: undefined }), 'pass'],
  ['engine-present', engine({ binary: undefined, socket: false, ...silent }), 'fail'],
  ['engine-reachable', engine(silent), 'fail'],
  ['engine-version', answer({ version: '20.10.10' }), 'pass'],
  ['engine-version', answer({ version: '20.10.24+dfsg1' }), 'pass'],
  ['engine-version', answer({ version: '29.0.0-rc.1' }), 'pass'],
  ['engine-version', answer({ version: '20.10.9' }), 'warn'],
  ['engine-version', answer({ version: '19.03.15' }), 'fail'],
  ['engine-version', answer({ version: '' }), 'fail'],
  ['engine-version', answer({ product: 'Podman', version: '5.4.2' }), 'fail'],
  ['engine-storage', answer({ storageDriver: 'overlayfs', containerdSnapshotter: true }), 'pass'],
  ['engine-storage', answer({ storageDriver: 'devicemapper' }), 'warn'],
  ['engine-storage', answer({ storageDriver: 'vfs' }), 'fail'],
  ['engine-storage', answer({ supportsDType: false }), 'fail'],
  ['engine-storage', answer({ supportsDType: undefined }), 'pass'],
  ['engine-snap', engine({ snap: true }), 'fail'],
  ['engine-limits', answer({ memoryLimit: false }), 'warn'],
  ['engine-limits', answer({ pidsLimit: false }), 'warn'],
  ['engine-users', answer({ usernsRemap: true }), 'warn'],
  ['engine-users', answer({ rootless: true }), 'warn'],
  ['engine-logging', answer({ loggingDriver: 'journald' }), 'pass'],
  ['engine-logging', answer({ loggingDriver: 'none' }), 'warn'],
  ['engine-live-restore', answer({ liveRestore: true }), 'pass'],
  ['engine-at-boot', { systemd: { running: true, engineAtBoot: false } }, 'warn'],
  ['engine-at-boot', { systemd: { running: false, engineAtBoot: true } }, 'warn'],
]

test.each(cases)('%s of %j is %s', (id, facts, verdict) => {
  expect(check(id, facts)).toMatchObject({ verdict })
})

test.each([
  ['no engine', { binary: undefined, socket: false }, 'domicile host prepare'],
  ['no permission', { denied: true }, 'sudo'],
  ['a silent engine', {}, 'journalctl -u docker'],
])('with %s the hint names the command that helps', (_, change, command) => {
  expect(check('engine-reachable', engine({ ...silent, ...change })).hint).toContain(command)
})
