import { expect, test } from 'vitest'
import type { Disk, HostFacts } from './facts.ts'
import { HEALTHY } from './healthy-host.fixture.ts'
import { check } from './one-check.fixture.ts'

const GIB = 2 ** 30

const engineDisk = (change: Partial<Disk>): Partial<HostFacts> => ({
  engineDisk: { ...(HEALTHY.engineDisk as Disk), ...change },
})
const dataDisk = (change: Partial<Disk>): Partial<HostFacts> => ({
  dataDisk: { ...(HEALTHY.dataDisk as Disk), ...change },
})
const latency = (p99Ms: number, onDataDisk = true): Partial<HostFacts> => ({
  diskLatency: { p99Ms, writes: 200, measuredAt: '/var/lib', onDataDisk },
})

const cases: [string, Partial<HostFacts>, 'pass' | 'warn' | 'fail'][] = [
  ['disk-size', engineDisk({ freeBytes: 20 * GIB }), 'pass'],
  ['disk-size', engineDisk({ freeBytes: 20 * GIB - 1 }), 'fail'],
  ['disk-size', { engineDisk: { unknown: 'no answer within 1.5 s' } }, 'warn'],
  // The appliances' folder only has to take the unpacked release, and counts only where it is another disk.
  ['disk-size', dataDisk({ freeBytes: 0 }), 'pass'],
  ['disk-size', dataDisk({ device: 2, freeBytes: GIB }), 'pass'],
  ['disk-size', dataDisk({ device: 2, freeBytes: GIB - 1 }), 'fail'],
  ['disk-inodes', engineDisk({ freeInodes: 200_000 }), 'pass'],
  ['disk-inodes', engineDisk({ freeInodes: 199_999 }), 'warn'],
  ['disk-inodes', engineDisk({ freeInodes: 50_000 }), 'warn'],
  ['disk-inodes', engineDisk({ freeInodes: 49_999 }), 'fail'],
  ['disk-inodes', engineDisk({ totalInodes: 0, freeInodes: 0 }), 'pass'],
  ['disk-latency', latency(10), 'pass'],
  ['disk-latency', latency(10.1), 'warn'],
  ['disk-latency', latency(50), 'warn'],
  ['disk-latency', latency(50.1), 'fail'],
  ['disk-latency', latency(0.1, false), 'warn'],
  ['disk-mount', engineDisk({ mountOptions: ['rw', 'nosuid', 'nodev'] }), 'pass'],
  ['disk-mount', engineDisk({ mountOptions: ['rw', 'noexec'] }), 'warn'],
  ['disk-mount', engineDisk({ mountOptions: ['ro', 'noexec'] }), 'fail'],
]

test.each(cases)('%s of %j is %s', (id, facts, verdict) => {
  expect(check(id, facts)).toMatchObject({ verdict })
})

test('a release that unpacks to more than half of what the stack asks for raises the need to twice its size', () => {
  const facts = engineDisk({ freeBytes: 29 * GIB })

  expect(check('disk-size', facts, {}, { extractedBytes: 14 * GIB }).verdict).toBe('pass')
  expect(check('disk-size', facts, {}, { extractedBytes: 15 * GIB })).toMatchObject({
    verdict: 'fail',
    value: '29 GiB of 100 GiB',
    wanted: '30 GiB free in /var/lib/docker',
    hint: expect.stringContaining('Free or add 1 GiB in /var/lib'),
  })
})
