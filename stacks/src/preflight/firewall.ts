import { type HostFacts, type IptablesForward, isUnknown, type NftForwardChain } from './facts.ts'
import { type Check, type Finding, fail, pass, type Verdict, warn } from './verdict.ts'

interface Trouble {
  readonly verdict: Verdict['verdict']
  readonly value: string
  readonly hint: string
}

const WANTED = 'traffic to containers let through'

const dropsEverything = (rule: string) => /^-A FORWARD -j (DROP|REJECT)/.test(rule)

/** Docker's own rules come first and let its bridges through; trouble is what stands before them, or their absence. */
function iptablesTroubles({ policy, rules, dockerUser }: IptablesForward, engineUsesIptables: boolean): Trouble[] {
  const docker = rules.findIndex((rule) => /-j DOCKER-(USER|FORWARD)\b/.test(rule))
  const troubles: Trouble[] = []
  if (engineUsesIptables && docker < 0) {
    const dropped = policy === 'DROP' || rules.some(dropsEverything)
    troubles.push({
      verdict: dropped ? 'fail' : 'warn',
      value: 'Docker’s rules are gone from the chain FORWARD',
      hint: 'Something flushed them; bring them back with `systemctl restart docker`.',
    })
  }
  if (docker > 0 && rules.slice(0, docker).some(dropsEverything))
    troubles.push({
      verdict: 'fail',
      value: 'a rule before Docker’s drops everything',
      hint: 'Move it behind them: see the order with `iptables -S FORWARD`.',
    })
  if (dockerUser.some((rule) => /-j (DROP|REJECT)/.test(rule)))
    troubles.push({
      verdict: 'warn',
      value: 'rules in DOCKER-USER drop traffic',
      hint: 'Check that they let the appliance’s ports in: `iptables -S DOCKER-USER`.',
    })
  return troubles
}

/** A packet must pass every table: what one drops, Docker's accept in another does not bring back. */
const nftTroubles = (chains: readonly NftForwardChain[]): Trouble[] =>
  chains
    .filter(({ policy }) => policy === 'drop')
    .map(({ family, table, chain, acceptsBridges }) => ({
      verdict: acceptsBridges ? 'warn' : 'fail',
      value: `nftables drops by policy in ${family} ${table} ${chain}`,
      hint: acceptsBridges
        ? `Check that the rules for bridges in ${table} ${chain} cover new ones: \`nft list chain ${family} ${table} ${chain}\`.`
        : `Let containers through: \`nft 'insert rule ${family} ${table} ${chain} iifname "br-*" accept'\`, the same with oifname, and keep both in /etc/nftables.conf.`,
    }))

function frontTroubles({ firewall }: HostFacts): Trouble[] {
  const troubles: Trouble[] = []
  if (firewall.ufw === true)
    troubles.push({
      verdict: 'warn',
      value: 'ufw is active',
      hint: 'Published ports pass it by: restrict them with rules in DOCKER-USER, not with `ufw deny`.',
    })
  if (firewall.firewalld === true)
    troubles.push({
      verdict: 'warn',
      value: 'firewalld is active',
      hint: 'Published ports are in its zone "docker": start firewalld before the engine, and `systemctl restart docker` after a complete reload.',
    })
  return troubles
}

const unreadTroubles = ({ firewall }: HostFacts): Trouble[] =>
  Object.entries(firewall).flatMap(([name, fact]) =>
    isUnknown(fact)
      ? [
          {
            verdict: 'warn',
            value: `${name} unknown: ${fact.unknown}`,
            hint: 'Run preflight as root to read the rules.',
          },
        ]
      : [],
  )

function judgeFirewall(facts: HostFacts): Finding {
  const { firewall, engine } = facts
  const backend = isUnknown(engine.answer) ? 'none' : engine.answer.firewallBackend
  const troubles = [
    ...(isUnknown(firewall.iptables) ? [] : iptablesTroubles(firewall.iptables, backend.startsWith('iptables'))),
    ...(isUnknown(firewall.nftables) ? [] : nftTroubles(firewall.nftables)),
    ...frontTroubles(facts),
    ...unreadTroubles(facts),
  ]
  if (troubles.length === 0) return pass('nothing stands in the way', WANTED)
  const value = troubles.map((trouble) => trouble.value).join('; ')
  const hint = [...new Set(troubles.map((trouble) => trouble.hint))].join(' ')
  return troubles.some(({ verdict }) => verdict === 'fail') ? fail(value, WANTED, hint) : warn(value, WANTED, hint)
}

export const FIREWALL_CHECKS: readonly Check[] = [{ id: 'firewall', title: 'Firewall', run: judgeFirewall }]
