import { expect, test } from 'vitest'
import { iptablesForwardOf, nftForwardChainsOf } from './firewall.ts'

test('of iptables’ rules those that container traffic passes are kept, in order', () => {
  const listing = `-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER
-N DOCKER-USER
-A INPUT -j DROP
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
`

  expect(iptablesForwardOf(listing)).toEqual({
    policy: 'DROP',
    rules: ['-A FORWARD -j DOCKER-USER', '-A FORWARD -o docker0 -j DOCKER'],
    dockerUser: ['-A DOCKER-USER -j RETURN'],
  })
})

test('without any rules the kernel accepts', () => {
  expect(iptablesForwardOf('')).toEqual({ policy: 'ACCEPT', rules: [], dockerUser: [] })
})

const base = (family: string, table: string, name: string, policy: string, hook = 'forward') => ({
  chain: { family, table, name, handle: 1, type: 'filter', hook, prio: 10, policy },
})

// As nft 1.0.6 prints `list ruleset` for two tables of the administrator's beside those of iptables and of the engine.
const RULESET = {
  nftables: [
    { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } },
    base('ip', 'filter', 'FORWARD', 'drop'),
    base('ip', 'docker-bridges', 'filter-FORWARD', 'accept'),
    base('inet', 'guard', 'input', 'drop', 'input'),
    base('inet', 'guard', 'forward', 'drop'),
    {
      rule: {
        ...{ family: 'inet', table: 'guard', chain: 'forward', handle: 3 },
        expr: [
          { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] } },
          { accept: null },
        ],
      },
    },
    base('inet', 'open', 'passing', 'drop'),
    {
      rule: {
        ...{ family: 'inet', table: 'open', chain: 'passing', handle: 2 },
        expr: [{ match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'br-*' } }, { accept: null }],
      },
    },
  ],
}

test('of nftables’ chains the administrator’s own on the forward hook are kept', () => {
  expect(nftForwardChainsOf(RULESET)).toEqual([
    { family: 'inet', table: 'guard', chain: 'forward', policy: 'drop', acceptsBridges: false },
    { family: 'inet', table: 'open', chain: 'passing', policy: 'drop', acceptsBridges: true },
  ])
})
