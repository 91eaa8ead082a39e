import type { Host } from './host.ts'

/** Everything that an installation could leave on a host, as sorted lines that a person can compare. */
export type Inventory = Readonly<Record<keyof typeof PARTS, readonly string[]>>

/**
 * What a running host writes by itself, what only looks different after a file came and went (a folder's size and time),
 * and the engine's store, which is asked for in its own words.
 */
const APART = [
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/lib/systemd',
  '/var/log',
  '/var/cache',
]

/** Put there by the engine of the machine that runs the tests, anew at every boot. Their content counts, not their time. */
const MOUNTED = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']

const prune = [...APART, ...MOUNTED].map((path) => `-path ${path} -prune`).join(' -o ')

const PARTS = {
  files: `find / \\( ${prune} -o -name 'systemd-private-*' -prune \\) -o -type d -printf '%p/ %m %U:%G\\n' -o -printf '%p %y %m %U:%G %s %T@ %l\\n'`,
  locks: "find /run/lock /run/systemd/system -mindepth 1; find /run -maxdepth 1 -name 'domicile-*'",
  configuration: "find /etc -type f -not -path /etc/hosts -exec sha256sum {} +; sed 's/^/hosts: /' /etc/hosts",
  users: 'getent passwd; getent group',
  units: 'systemctl list-unit-files --no-legend --plain',
  containers: "docker ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.Image}}'",
  networks: "docker network ls --no-trunc --format '{{.Name}} {{.Driver}}'",
  volumes: "docker volume ls --format '{{.Name}}'",
  images: "docker images --all --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'",
  firewall: "iptables-save | grep -v '^#' | sed 's/\\[[0-9:]*\\]//'",
  interfaces: "ip -brief address | sed 's/@[^ ]*//' | awk '{ print $1, $3 }'; ip route show",
} as const

export async function inventory(host: Host): Promise<Inventory> {
  const parts = Object.entries(PARTS).map(async ([part, command]) => {
    // The engine of the machine that runs the tests may give another address at every boot.
    const text = (await host.must('sh', ['-c', command])).replaceAll(host.address, 'ADDRESS')
    const lines = text.split('\n').filter(Boolean).toSorted()
    return [part, lines.map((line, index) => (line === lines[index - 1] ? `${line} (again)` : line))]
  })
  return Object.fromEntries(await Promise.all(parts)) as Inventory
}

/** What came and what went between two inventories; empty when they are equal. */
export function changes(before: Inventory, after: Inventory): string[] {
  return Object.keys(PARTS).flatMap((part) => {
    const [old, now] = [before[part as keyof Inventory], after[part as keyof Inventory]]
    const [oldLines, nowLines] = [new Set(old), new Set(now)]
    return [
      ...old.filter((line) => !nowLines.has(line)).map((line) => `gone: ${part}: ${line}`),
      ...now.filter((line) => !oldLines.has(line)).map((line) => `new: ${part}: ${line}`),
    ]
  })
}

/** Every change since an inventory was taken. */
export const changesSince = async (host: Host, before: Inventory) => changes(before, await inventory(host))
