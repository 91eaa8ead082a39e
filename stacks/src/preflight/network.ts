import { chooseSubnets, overlaps } from '../plan/subnets.ts'
import { type Dns, type Fact, type HostFacts, isUnknown, type PortHolder, type PortUse } from './facts.ts'
import { type Check, type Finding, fail, judge, pass, warn } from './verdict.ts'

function describe({ container, process, pid, address }: PortHolder): string {
  if (container) return `container ${container}`
  return process ? `${process} (pid ${pid})` : `a program on ${address}`
}

function howToFree(holder: PortHolder | undefined): string {
  if (holder?.container) return `stop the container ${holder.container}`
  if (holder?.unit) return `\`systemctl disable --now ${holder.unit}\``
  return holder?.pid ? `stop process ${holder.pid}` : 'run preflight as root to see who holds it'
}

function judgePort(fact: Fact<PortUse>, port: number, otherwise: string): Finding {
  return judge(fact, `port ${port} free`, ({ holders }) => {
    if (holders.length === 0) return pass('free', `port ${port} free`)
    const names = [...new Set(holders.map(describe))].join(', ')
    return fail(
      `held by ${names}`,
      `port ${port} free`,
      `Use another port with \`${otherwise}\`, or ${howToFree(holders[0])}.`,
    )
  })
}

const portHttp: Check = {
  id: 'port-http',
  title: 'Port for HTTP',
  run: ({ ports }, _, wanted) => judgePort(ports.http, wanted.ports.http, '--http-port 8080'),
}

const portHttps: Check = {
  id: 'port-https',
  title: 'Port for HTTPS',
  run: ({ ports }, _, wanted) => judgePort(ports.https, wanted.ports.https, '--https-port 8443'),
}

interface Named {
  readonly subnet: string
  readonly owner: string
}

const engineNetworks = ({ engine }: HostFacts) => (isUnknown(engine.answer) ? [] : engine.answer.networks)

/** Routes of the host's own making: those of the engine's bridges are left out. IPv4 only, as the plan's networks are. */
function hostRoutes(facts: HostFacts): Named[] {
  if (isUnknown(facts.network)) return []
  const bridges = engineNetworks(facts).map((network) => network.interface)
  const routes = facts.network.routes.filter((route) => !bridges.includes(route.interface))
  const routed = (name: string, cidr: string) =>
    routes.some((route) => route.interface === name && overlaps(route.subnet, cidr))
  const addresses = facts.network.addresses.filter(
    ({ interface: name, cidr }) => !cidr.includes(':') && !bridges.includes(name) && !routed(name, cidr),
  )
  return [
    ...routes.map((route) => ({ subnet: route.subnet, owner: `route over ${route.interface}` })),
    ...addresses.map((address) => ({ subnet: address.cidr, owner: `address of ${address.interface}` })),
  ]
}

const engineSubnets = (facts: HostFacts): Named[] =>
  engineNetworks(facts).flatMap(({ name, subnets }) =>
    subnets.map((subnet) => ({ subnet, owner: `Docker network ${name}` })),
  )

/** Every IPv4 network that is taken on this host; what `chooseSubnets` has to keep clear of. */
export const subnetsInUse = (facts: HostFacts): string[] => [
  ...new Set([...hostRoutes(facts), ...engineSubnets(facts)].map(({ subnet }) => subnet)),
]

const clashes = (subnets: readonly string[], taken: readonly Named[]) =>
  subnets.flatMap((subnet) =>
    taken
      .filter((entry) => overlaps(subnet, entry.subnet))
      .map(({ owner, subnet: other }) => `${subnet} and ${other} (${owner})`),
  )

const networkClash: Check = {
  id: 'network-clash',
  title: 'Networks apart from those in use',
  run: (facts, _, { subnets }) =>
    judge(facts.network, 'no clash', () => {
      const free = freeSubnets(subnetsInUse(facts))
      const suggestion = free ? ` ${free.join(' and ')} are free.` : ''
      const taken = [...hostRoutes(facts), ...engineSubnets(facts)]
      const chosen = clashes(subnets ?? [], taken)
      if (chosen.length > 0)
        return fail(chosen.join('; '), 'no clash', `Choose other networks for the appliance.${suggestion}`)
      if (!subnets && !free)
        return fail(
          'nothing free in 10.201.0.0 to 10.204.255.0',
          'no clash',
          'Choose two private /24 networks that nobody uses.',
        )
      const existing = clashes(
        engineSubnets(facts).map(({ subnet }) => subnet),
        hostRoutes(facts),
      )
      if (existing.length > 0)
        return warn(
          existing.join('; '),
          'no clash',
          'Containers cannot reach that part of your network: set "bip" and "default-address-pools" in /etc/docker/daemon.json.',
        )
      return pass(`${(subnets ?? free ?? []).join(' and ')} free`, 'no clash')
    }),
}

function freeSubnets(inUse: readonly string[]): string[] | undefined {
  try {
    return chooseSubnets(2, inUse)
  } catch {
    return undefined
  }
}

const LOOPBACK = /^(127\.|::1$)/
const LITERAL = /^(\d+\.\d+\.\d+\.\d+|\[?[\da-f:]*:[\da-f:.]*\]?)$/i

const dns: Check = {
  id: 'dns',
  title: 'Name in DNS',
  run: (facts, _, { hostname }) => {
    const wanted = 'an address of this host'
    if (!hostname) return pass('no name asked about', wanted)
    if (hostname === 'localhost' || hostname.endsWith('.localhost')) return pass('this host only', wanted)
    if (LITERAL.test(hostname)) return pass(`${hostname} is an address`, wanted)
    return judge(facts.dns ?? { unknown: 'not looked up' }, wanted, (answer) => judgeAddresses(facts, answer))
  },
}

function judgeAddresses(facts: HostFacts, { hostname, addresses }: Dns): Finding {
  const wanted = 'an address of this host'
  const own = isUnknown(facts.network) ? [] : facts.network.addresses.map(({ address }) => address)
  const value = addresses.join(', ')
  const reachable = own.find((address) => !LOOPBACK.test(address) && !address.includes(':')) ?? 'ADDRESS'
  if (addresses.length === 0)
    return fail('not found', wanted, `Have this record added to DNS: \`${hostname}. IN A ${reachable}\`.`)
  if (addresses.every((address) => LOOPBACK.test(address)))
    return warn(value, wanted, `${hostname} is in /etc/hosts only; people at other computers need it in DNS.`)
  if (addresses.some((address) => own.includes(address))) return pass(value, wanted)
  return warn(
    value,
    wanted,
    'Another host answers to that name: right if it passes requests on to this one, else correct DNS.',
  )
}

const forwarding: Check = {
  id: 'ip-forward',
  title: 'Forwarding to containers',
  run: ({ forwarding, engine }) =>
    judge(forwarding, 'on', ({ ipForward, bridgeNetfilter }) => {
      if (ipForward) return pass(bridgeNetfilter ? 'on, bridges filtered' : 'on', 'on')
      if (isUnknown(engine.answer)) return pass('off until the engine starts', 'on')
      return fail(
        'off',
        'on',
        'Nothing reaches a container: `sysctl -w net.ipv4.ip_forward=1`, and take the 0 out of /etc/sysctl.d.',
      )
    }),
}

export const NETWORK_CHECKS: readonly Check[] = [portHttp, portHttps, networkClash, dns, forwarding]
