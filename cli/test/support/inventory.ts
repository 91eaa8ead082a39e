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

const prune = APART.map((path) => `-path ${path} -prune`).join(' -o ')

const PARTS = {
  files: `find / \\( ${prune} -o -name 'systemd-private-*' -prune \\) -o -type d -printf '%p/ %m %U:%G\\n' -o -printf '%p %y %m %U:%G %s %T@ %l\\n'`,
  locks: "find /run/lock /run/systemd/system -mindepth 1; find /run -maxdepth 1 -name 'domicile-*'",
  configuration: 'find /etc -type f -exec sha256sum {} +',
  users: 'getent passwd; getent group',
  units: 'systemctl list-unit-files --no-legend --plain',
  containers: "docker ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.Image}}'",
  networks: "docker network ls --no-trunc --format '{{.Name}} {{.Driver}}'",
  volumes: "docker volume ls --format '{{.Name}}'",
  images: "docker images --all --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'",
  firewall: "iptables-save | grep -v '^#' | sed 's/\\[[0-9:]*\\]//'",
  interfaces: "ip -brief address | awk '{ print $1, $3 }'; ip route show",
} as const

export async function inventory(host: Host): Promise<Inventory> {
  const parts = Object.entries(PARTS).map(async ([part, command]) => {
    const lines = (await host.must('sh', ['-c', command])).split('\n').filter(Boolean)
    return [part, lines.toSorted()]
  })
  return Object.fromEntries(await Promise.all(parts)) as Inventory
}
