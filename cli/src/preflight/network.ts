import { networkInterfaces } from 'node:os'
import type { Dns, Forwarding, Network, Route } from '@domicile/stacks/preflight'
import { output } from './fact.ts'
import { readText } from './host.ts'

export function readNetwork(): Network {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.map(({ address, cidr }) => ({ interface: name, address, cidr: cidr ?? address })),
  )
  return { routes: routesOf(readText('/proc/net/route')), addresses }
}

/** The routes in the text of /proc/net/route, the default route left out. */
export function routesOf(table: string): Route[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter((row) => row[7] && row[7].trim() !== '00000000')
    .map((row) => ({ interface: row[0] ?? '', subnet: `${dotted(row[1] ?? '')}/${ones(row[7]?.trim() ?? '')}` }))
}

const dotted = (hex: string) =>
  (hex.match(/../g) ?? [])
    .toReversed()
    .map((byte) => parseInt(byte, 16))
    .join('.')

const ones = (hex: string) => parseInt(hex, 16).toString(2).replaceAll('0', '').length

/** getent asks as every program does (/etc/hosts, then DNS), in a process of its own that a dead resolver can hold. */
export async function readDns(hostname: string, signal: AbortSignal): Promise<Dns> {
  const NOT_FOUND = 2
  const text = await output('getent', ['ahosts', '--', hostname], signal).catch((error: { code?: unknown }) => {
    if (error.code === NOT_FOUND) return ''
    throw error
  })
  const addresses = text.split('\n').map((line) => line.split(/\s+/)[0] ?? '')
  return { hostname, addresses: [...new Set(addresses.filter(Boolean))] }
}

export function readForwarding(): Forwarding {
  return { ipForward: readText('/proc/sys/net/ipv4/ip_forward') === '1', bridgeNetfilter: readBridgeNetfilter() }
}

function readBridgeNetfilter(): boolean {
  try {
    return readText('/proc/sys/net/bridge/bridge-nf-call-iptables') === '1'
  } catch {
    return false // the module is not loaded
  }
}
