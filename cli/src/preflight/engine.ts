import { existsSync, realpathSync } from 'node:fs'
import { request } from 'node:http'
import type { Engine, EngineAnswer, EngineNetwork, Fact, PublishedPort } from '@domicile/stacks/preflight'
import { isUnknown } from '@domicile/stacks/preflight'
import { fact, findProgram } from './fact.ts'

/** A busy engine takes seconds to count its containers. */
const TIMEOUT_MS = 4000

/** One GET over the engine's socket. @throws Error when it is absent, refused, or no JSON comes back */
function get(socketPath: string, path: string, signal: AbortSignal): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const outgoing = request({ socketPath, path, signal, agent: false, headers: { host: 'docker' } }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('error', reject)
    response.on('data', (chunk: string) => {
      text += chunk
    })
    response.on('end', () => {
      if (response.statusCode !== 200) return reject(new Error(`GET ${path} was answered with ${response.statusCode}`))
      try {
        resolve(JSON.parse(text))
      } catch {
        reject(new Error(`GET ${path} was not answered with JSON`))
      }
    })
  })
  outgoing.on('error', reject).end()
  return promise
}

/** Asks the engine what it is; reads only. */
export async function readEngine(socketPath: string): Promise<Engine> {
  let denied = false
  const answer = await fact(async (signal) => {
    const ask = (path: string) => get(socketPath, path, signal)
    // The first answer alone, so that a refusal is one and the reason is that of the socket.
    const version = await ask('/version').catch((error: NodeJS.ErrnoException) => {
      denied = error.code === 'EACCES'
      throw explain(error, socketPath)
    })
    return answerOf(version, await ask('/info'), await ask('/networks'), await ask('/containers/json'))
  }, TIMEOUT_MS)
  const binary = findProgram('dockerd')
  return { binary, socket: existsSync(socketPath), snap: isSnap(answer, socketPath, binary), denied, answer }
}

function explain(error: NodeJS.ErrnoException, socketPath: string): Error {
  if (error.code === 'ENOENT') return new Error(`there is no ${socketPath}`)
  if (error.code === 'ECONNREFUSED') return new Error(`nobody listens on ${socketPath}`)
  return error
}

function isSnap(answer: Fact<EngineAnswer>, socketPath: string, binary: string | undefined): boolean {
  if (!isUnknown(answer)) return answer.rootDir.startsWith('/var/snap/')
  const socket = existsSync(socketPath) ? realpathSync(socketPath) : ''
  if (/^\/(var\/)?snap\//.test(socket)) return true
  return (binary ?? findProgram('docker', ['/snap/bin']) ?? '').startsWith('/snap/')
}

interface Version {
  readonly Version?: string
  readonly ApiVersion?: string
  readonly Components?: readonly { readonly Name?: string }[]
}

interface Info {
  readonly Driver?: string
  readonly DriverStatus?: readonly (readonly string[])[]
  readonly CgroupDriver?: string
  readonly DockerRootDir?: string
  readonly LiveRestoreEnabled?: boolean
  readonly LoggingDriver?: string
  readonly SecurityOptions?: readonly string[] | null
  readonly MemoryLimit?: boolean
  readonly PidsLimit?: boolean
  readonly FirewallBackend?: { readonly Driver?: string }
}

interface NetworkRow {
  readonly Id: string
  readonly Name: string
  readonly Driver: string
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null }
  readonly Options?: Readonly<Record<string, string>> | null
}

interface ContainerRow {
  readonly Names?: readonly string[]
  readonly Ports?: readonly { readonly IP?: string; readonly PublicPort?: number; readonly Type?: string }[]
}

/** The engine's four answers in our words. Fields that an old engine leaves out get what it does without them. */
export function answerOf(
  versionBody: unknown,
  infoBody: unknown,
  networks: unknown,
  containers: unknown,
): EngineAnswer {
  const version = versionBody as Version
  const info = infoBody as Info
  const status = new Map((info.DriverStatus ?? []).map(([key = '', value = '']) => [key, value]))
  const dType = status.get('Supports d_type')
  const options = (info.SecurityOptions ?? []).map((option) => option.replace(/^name=/, '').split(',')[0] ?? '')
  return {
    product: version.Components?.some(({ Name }) => Name?.includes('Podman')) ? 'Podman' : 'Docker',
    version: version.Version ?? '',
    apiVersion: version.ApiVersion ?? '',
    storageDriver: info.Driver ?? '',
    containerdSnapshotter: status.get('driver-type')?.startsWith('io.containerd.snapshotter') ?? false,
    backingFileSystem: status.get('Backing Filesystem'),
    supportsDType: dType === undefined ? undefined : dType === 'true',
    cgroupDriver: info.CgroupDriver ?? '',
    rootDir: info.DockerRootDir ?? '',
    usernsRemap: options.includes('userns'),
    rootless: options.includes('rootless'),
    liveRestore: info.LiveRestoreEnabled ?? false,
    loggingDriver: info.LoggingDriver ?? '',
    securityOptions: options,
    memoryLimit: info.MemoryLimit ?? true,
    pidsLimit: info.PidsLimit ?? true,
    firewallBackend: info.FirewallBackend?.Driver ?? 'iptables',
    networks: networksOf(networks as readonly NetworkRow[]),
    publishedPorts: publishedPortsOf(containers as readonly ContainerRow[]),
  }
}

/** macvlan and ipvlan networks take addresses from the office's own network: that is their purpose and no clash. */
const networksOf = (rows: readonly NetworkRow[]): EngineNetwork[] =>
  rows
    .filter(({ Driver }) => !['macvlan', 'ipvlan'].includes(Driver))
    .map(({ Id, Name, Driver, IPAM, Options }) => ({
      name: Name,
      interface: Driver === 'bridge' ? (Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`) : '',
      subnets: (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet && !Subnet.includes(':') ? [Subnet] : [])),
    }))
    .filter(({ subnets }) => subnets.length > 0)

const publishedPortsOf = (rows: readonly ContainerRow[]): PublishedPort[] =>
  rows.flatMap(({ Names, Ports }) =>
    (Ports ?? []).flatMap(({ IP, PublicPort, Type }) =>
      PublicPort && Type === 'tcp'
        ? [{ container: Names?.[0]?.replace(/^\//, '') ?? 'unnamed', address: IP ?? '0.0.0.0', port: PublicPort }]
        : [],
    ),
  )
