import { expect, test } from 'vitest'
import type { Firewall, HostFacts, IptablesForward } from './facts.ts'
import { ANSWER, HEALTHY } from './healthy-host.fixture.ts'
import { check } from './one-check.fixture.ts'

const firewall = (change: Partial<Firewall>): Partial<HostFacts> => ({ firewall: { ...HEALTHY.firewall, ...change } })
const iptables = (change: Partial<IptablesForward>) =>
  firewall({ iptables: { policy: 'DROP', rules: ['-A FORWARD -j DOCKER-USER'], dockerUser: [], ...change } })
const chain = (policy: string, acceptsBridges: boolean) =>
  firewall({ nftables: [{ family: 'inet', table: 'guard', chain: 'forward', policy, acceptsBridges }] })

const REJECT = '-A FORWARD -j REJECT --reject-with icmp-host-prohibited'

const cases: [string, Partial<HostFacts>, 'pass' | 'warn' | 'fail'][] = [
  ['Docker’s rules under a policy of DROP', iptables({}), 'pass'],
  ['a reject behind Docker’s rules', iptables({ rules: ['-A FORWARD -j DOCKER-USER', REJECT] }), 'pass'],
  ['a reject before Docker’s rules', iptables({ rules: [REJECT, '-A FORWARD -j DOCKER-USER'] }), 'fail'],
  ['flushed rules under DROP', iptables({ rules: [] }), 'fail'],
  ['flushed rules before a reject', iptables({ policy: 'ACCEPT', rules: [REJECT] }), 'fail'],
  ['flushed rules under ACCEPT', iptables({ policy: 'ACCEPT', rules: [] }), 'warn'],
  ['a drop in DOCKER-USER', iptables({ dockerUser: ['-A DOCKER-USER -i eth0 -j DROP'] }), 'warn'],
  ['an nftables chain that drops', chain('drop', false), 'fail'],
  ['an nftables chain that drops but knows bridges', chain('drop', true), 'warn'],
  ['an nftables chain that accepts', chain('accept', false), 'pass'],
  ['ufw', firewall({ ufw: true }), 'warn'],
  ['firewalld', firewall({ firewalld: true }), 'warn'],
  ['rules that may not be read', firewall({ iptables: { unknown: 'only root may read the rules' } }), 'warn'],
]

test.each(cases)('%s: %j is a %s', (_, facts, verdict) => {
  expect(check('firewall', facts)).toMatchObject({ verdict })
})

test('rules of Docker’s are not missed where there is no engine, or one that uses nftables', () => {
  const flushed = iptables({ rules: [] })
  const absent = { ...HEALTHY.engine, answer: { unknown: 'not installed' } }
  const nftables = { ...HEALTHY.engine, answer: { ...ANSWER, firewallBackend: 'nftables' } }

  expect(check('firewall', { ...flushed, engine: absent }).verdict).toBe('pass')
  expect(check('firewall', { ...flushed, engine: nftables }).verdict).toBe('pass')
})
