import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { PortHolder, PortUse, PublishedPort } from '@domicile/stacks/preflight'
import { readText } from './host.ts'

interface Listener {
  readonly address: string
  readonly port: number
  readonly inode: string
}

const LISTEN = '0A'

/** The listening sockets in the text of /proc/net/tcp or tcp6. */
export function listenersOf(table: string): Listener[] {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
  return rows
    .filter((row) => row[3] === LISTEN)
    .map((row) => {
      const [address = '', port = ''] = row[1]?.split(':') ?? []
      return { address: addressOf(address), port: parseInt(port, 16), inode: row[9] ?? '' }
    })
}

/** The kernel prints each 32-bit word of an address in the byte order of the machine, which is little-endian. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse())
  if (bytes.length === 4) return bytes.map((byte) => parseInt(byte, 16)).join('.')
  const groups = (bytes.join('').match(/.{4}/g) ?? []).map((group) => parseInt(group, 16).toString(16))
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff')
    return bytes
      .slice(12)
      .map((byte) => parseInt(byte, 16))
      .join('.')
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** Two sockets collide on a port when either takes every address, or both the same. */
export const collide = (a: string | undefined, b: string): boolean =>
  !a || isAny(a) || b === '::' || (b === '0.0.0.0' && !a.includes(':')) || a === b

const isAny = (address: string) => address === '0.0.0.0' || address === '::'

/** Who keeps the appliance from listening on this port; reads the kernel's tables and binds nothing. */
export function readPort(port: number, address: string | undefined, published: readonly PublishedPort[]): PortUse {
  const tables = [readText('/proc/net/tcp'), readIpv6Table()]
  const listeners = tables
    .flatMap(listenersOf)
    .filter((entry) => entry.port === port && collide(address, entry.address))
  const containers = published.filter((entry) => entry.port === port && collide(address, entry.address))
  const owners = listeners.length > 0 ? processesBySocket(listeners.map(({ inode }) => inode)) : new Map()
  const holders = listeners.map((entry): PortHolder => {
    const container = containers.find((candidate) => collide(candidate.address, entry.address))?.container
    return { address: entry.address, ...owners.get(entry.inode), ...(container && { container }) }
  })
  // Without its proxy the engine listens nowhere and takes the packets before they reach a socket.
  return {
    port,
    holders: holders.length > 0 ? holders : containers.map(({ address, container }) => ({ address, container })),
  }
}

function readIpv6Table(): string {
  try {
    return readText('/proc/net/tcp6')
  } catch {
    return '' // IPv6 is switched off
  }
}

interface Owner {
  readonly process: string
  readonly pid: number
  readonly unit?: string
}

/** Of other users' processes only root sees the sockets: those stay out of the map. */
function processesBySocket(inodes: readonly string[]): Map<string, Owner> {
  const wanted = new Map(inodes.map((inode) => [`socket:[${inode}]`, inode]))
  const owners = new Map<string, Owner>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const target of socketsOf(pid)) {
      const inode = wanted.get(target)
      if (inode && !owners.has(inode)) owners.set(inode, ownerOf(pid))
    }
  }
  return owners
}

function socketsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => linkOf(`/proc/${pid}/fd/${descriptor}`))
  } catch {
    return [] // ended meanwhile, or not ours to see
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function ownerOf(pid: string): Owner {
  const unit = /\/([^/\n]+\.service)\b/.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1]
  const process = readText(`/proc/${pid}/comm`)
  // The unit of docker-proxy is the engine itself, which nobody should stop for a port.
  return { process, pid: Number(pid), ...(unit && process !== 'docker-proxy' && { unit }) }
}
