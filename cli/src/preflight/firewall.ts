import { readdirSync } from 'node:fs'
import type { Firewall, IptablesForward, NftForwardChain } from '@domicile/stacks/preflight'
import { fact, findProgram, output } from './fact.ts'
import { readText } from './host.ts'

export async function readFirewall(): Promise<Firewall> {
  const [ufw, firewalld, iptables, nftables] = await Promise.all([
    fact(ufwActive),
    fact(() => runs('firewalld')),
    fact(readIptables),
    fact(readNftables),
  ])
  return { ufw, firewalld, iptables, nftables }
}

function ufwActive(): boolean {
  return findProgram('ufw') !== undefined && /^ENABLED=yes/im.test(readText('/etc/ufw/ufw.conf'))
}

const runs = (name: string): boolean =>
  readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readText(`/proc/${pid}/comm`) === name
    } catch {
      return false // ended meanwhile
    }
  })

function requireRoot(): void {
  if (process.geteuid?.() !== 0) throw new Error('only root may read the rules')
}

const NO_RULES: IptablesForward = { policy: 'ACCEPT', rules: [], dockerUser: [] }

async function readIptables(signal: AbortSignal): Promise<IptablesForward> {
  if (!findProgram('iptables')) return NO_RULES
  requireRoot()
  const version = await output('iptables', ['--version'], signal)
  // Merely listing a legacy table would load its kernel module: a change that preflight does not make.
  if (version.includes('legacy') && !readText('/proc/net/ip_tables_names').split('\n').includes('filter'))
    return NO_RULES
  return iptablesForwardOf(await output('iptables', ['-w', '1', '-S'], signal))
}

/** The chains that container traffic passes, from the text of `iptables -S`. */
export function iptablesForwardOf(listing: string): IptablesForward {
  const lines = listing.split('\n')
  return {
    policy: /^-P FORWARD (\w+)/m.exec(listing)?.[1] ?? 'ACCEPT',
    rules: lines.filter((line) => line.startsWith('-A FORWARD ')),
    dockerUser: lines.filter((line) => line.startsWith('-A DOCKER-USER ')),
  }
}

async function readNftables(signal: AbortSignal): Promise<NftForwardChain[]> {
  if (!findProgram('nft')) return []
  requireRoot()
  return nftForwardChainsOf(JSON.parse(await output('nft', ['-j', 'list', 'ruleset'], signal)))
}

interface NftRuleset {
  readonly nftables: readonly { readonly chain?: NftChain; readonly rule?: NftRule }[]
}

interface NftChain {
  readonly family: string
  readonly table: string
  readonly name: string
  readonly hook?: string
  readonly policy?: string
}

interface NftRule {
  readonly family: string
  readonly table: string
  readonly chain: string
  readonly expr: unknown
}

/** The base chains on the forward hook in `nft -j list ruleset`, without those of iptables and of the engine. */
export function nftForwardChainsOf({ nftables }: NftRuleset): NftForwardChain[] {
  const rules = nftables.flatMap(({ rule }) => (rule ? [rule] : []))
  return nftables
    .flatMap(({ chain }) => (chain?.hook === 'forward' ? [chain] : []))
    .filter(({ table, name }) => !(table === 'filter' && name === 'FORWARD') && table !== 'docker-bridges')
    .map(({ family, table, name, policy = 'accept' }) => ({
      family,
      table,
      chain: name,
      policy,
      acceptsBridges: rules.some(
        (rule) => rule.family === family && rule.table === table && rule.chain === name && acceptsBridge(rule.expr),
      ),
    }))
}

function acceptsBridge(expression: unknown): boolean {
  const text = JSON.stringify(expression)
  return text.includes('"accept"') && /"(docker0|br-[^"]*)"/.test(text)
}
