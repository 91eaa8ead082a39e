import { expect, test } from 'vitest'
import type { HostFacts, PortHolder } from './facts.ts'
import { ANSWER, HEALTHY } from './healthy-host.fixture.ts'
import { subnetsInUse } from './network.ts'
import { check } from './one-check.fixture.ts'

const held = (holder: Partial<PortHolder>): Partial<HostFacts> => ({
  ports: { ...HEALTHY.ports, https: { port: 443, holders: [{ address: '0.0.0.0', ...holder }] } },
})

const routes = (...subnets: string[]): Partial<HostFacts> => ({
  network: { routes: subnets.map((subnet) => ({ interface: 'eth1', subnet })), addresses: [] },
})

test.each([
  [{ container: 'shop-nginx' }, 'held by container shop-nginx', 'stop the container shop-nginx'],
  [{ process: 'apache2', pid: 7, unit: 'apache2.service' }, 'held by apache2 (pid 7)', 'disable --now apache2.service'],
  [{ process: 'node', pid: 8 }, 'held by node (pid 8)', 'stop process 8'],
  [{}, 'held by a program on 0.0.0.0', 'run preflight as root'],
])('a port held by %j fails, names the holder and two ways out', (holder, value, wayOut) => {
  const verdict = check('port-https', held(holder))

  expect(verdict).toMatchObject({ verdict: 'fail', value, wanted: 'port 443 free' })
  expect(verdict.hint).toContain('--https-port 8443')
  expect(verdict.hint).toContain(wayOut)
})

test('networks of the choice that overlap with a route or with Docker’s fail, and free ones are suggested', () => {
  const facts = routes('10.201.0.0/23', '192.168.0.0/16')

  expect(check('network-clash', facts, { subnets: ['10.201.1.0/24'] })).toMatchObject({
    verdict: 'fail',
    value: '10.201.1.0/24 and 10.201.0.0/23 (route over eth1)',
    hint: expect.stringContaining('10.201.2.0/24 and 10.201.3.0/24 are free'),
  })
  expect(check('network-clash', facts, { subnets: ['172.17.9.0/24'] }).verdict).toBe('fail')
  expect(check('network-clash', facts, { subnets: ['10.201.2.0/24'] }).verdict).toBe('pass')
})

test('without a choice it passes while two networks are left, and fails when none is', () => {
  expect(check('network-clash', routes('10.200.0.0/14')).value).toBe('10.204.0.0/24 and 10.204.1.0/24 free')
  expect(check('network-clash', routes('10.0.0.0/8'))).toMatchObject({ verdict: 'fail' })
})

test('a network of Docker’s that hides part of the office is a warning; its own bridge is not', () => {
  expect(check('network-clash', routes('172.17.4.0/24'))).toMatchObject({ verdict: 'warn' })
  expect(check('network-clash', {}).verdict).toBe('pass')
})

test('an address without a route counts as in use, one under its own route is not counted twice', () => {
  const network = {
    routes: [{ interface: 'eth0', subnet: '192.168.7.0/24' }],
    addresses: [
      { interface: 'eth0', address: '192.168.7.20', cidr: '192.168.7.20/24' },
      { interface: 'eth0', address: 'fd00::2', cidr: 'fd00::2/64' },
      { interface: 'vip', address: '10.201.0.9', cidr: '10.201.0.9/32' },
    ],
  }

  expect(subnetsInUse({ ...HEALTHY, network })).toEqual(['192.168.7.0/24', '10.201.0.9/32', '172.17.0.0/16'])
})

const dns = (...addresses: string[]): Partial<HostFacts> => ({ dns: { hostname: 'erp.example.org', addresses } })

test.each([
  ['erp.example.org', dns('192.168.7.20'), 'pass'],
  ['erp.example.org', dns('203.0.113.4', '192.168.7.20'), 'pass'],
  ['erp.example.org', dns('203.0.113.4'), 'warn'],
  ['erp.example.org', dns('127.0.1.1'), 'warn'],
  ['erp.example.org', dns(), 'fail'],
  ['localhost', dns(), 'pass'],
  ['erp.localhost', dns(), 'pass'],
  ['203.0.113.4', dns(), 'pass'],
  ['[2001:db8::7]', dns(), 'pass'],
])('%s with %j is a %s', (hostname, facts, verdict) => {
  expect(check('dns', facts, { hostname })).toMatchObject({ verdict })
})

test('a missing name comes with the record to ask for', () => {
  expect(check('dns', dns()).hint).toContain('erp.example.org. IN A 192.168.7.20')
})

test('forwarding that is off is a failure only beside a running engine, which would have turned it on', () => {
  const forwarding = { ipForward: false, bridgeNetfilter: false }
  const engine = { ...HEALTHY.engine, answer: { unknown: 'not installed' } }

  expect(check('ip-forward', { forwarding }).verdict).toBe('fail')
  expect(check('ip-forward', { forwarding, engine }).verdict).toBe('pass')
  expect(check('ip-forward', { engine: { ...HEALTHY.engine, answer: ANSWER } }).verdict).toBe('pass')
})
