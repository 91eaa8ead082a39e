import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type Requirements, runChecks, type Verdict } from '@domicile/stacks/preflight'
import type { Manifest } from '@domicile/stacks/stack'
import { Flags } from '@oclif/core'
import { LIB } from '../appliance/records.ts'
import { collectFacts } from './collect-facts.ts'
import { readNetwork } from './network.ts'

const DOCKER_SOCKET = '/var/run/docker.sock'

/** Where the appliance is published; shared by `preflight` and `install`. */
export const hostFlags = {
  address: Flags.string({ summary: 'address of this host to publish on (all by default)', helpValue: 'IPV4' }),
  'http-port': Flags.integer({ summary: 'port for HTTP, which only redirects (80)', min: 1, max: 65535 }),
  'https-port': Flags.integer({ summary: 'port for HTTPS (443)', min: 1, max: 65535 }),
  subnet: Flags.string({
    summary: 'two free /24 networks, instead of automatic choice',
    multiple: true,
    helpValue: 'CIDR',
  }),
}

export const acceptFlag = Flags.string({
  summary: 'answer for a failed check: CHECK=REASON (recorded with your name)',
  multiple: true,
  helpValue: 'CHECK=REASON',
})

/** @throws UserError ACCEPT_FORM (2) */
export function parseAccepted({ accept = [] }: { accept?: readonly string[] | undefined }): Record<string, string> {
  return Object.fromEntries(
    accept.map((entry) => {
      const [, check, why] = /^([a-z-]+)=(.+)$/.exec(entry) ?? []
      if (check && why) return [check, why]
      throw new UserError(`--accept ${entry} has no reason.`, {
        code: 'ACCEPT_FORM',
        hint: 'Write --accept disk-size="will be enlarged on Monday".',
        exitCode: ExitCode.Usage,
      })
    }),
  )
}

export interface PreflightRequest {
  readonly name: string
  readonly manifest: Pick<Manifest, 'requires' | 'strict'>
  readonly extractedBytes: number
  readonly hostname: string | undefined
  readonly flags: {
    readonly address?: string | undefined
    readonly 'http-port'?: number | undefined
    readonly 'https-port'?: number | undefined
    readonly subnet?: readonly string[] | undefined
  }
}

/** Learns about this host and judges it against what the release needs. Reads only. */
export async function preflight({
  name,
  manifest,
  extractedBytes,
  hostname,
  flags,
}: PreflightRequest): Promise<readonly Verdict[]> {
  const ports = { http: flags['http-port'] ?? 80, https: flags['https-port'] ?? 443 }
  const facts = await collectFacts({
    ports,
    dataDir: LIB,
    dockerSocket: DOCKER_SOCKET,
    ...(flags.address && { address: flags.address }),
    ...(hostname && { hostname }),
  })
  const { cpu, memory, disk, arch } = manifest.requires
  const requirements: Requirements = {
    cpu,
    memoryBytes: memory,
    diskBytes: disk,
    arch,
    extractedBytes,
    strict: manifest.strict,
  }
  const subnets = flags.subnet ?? []
  return runChecks(facts, requirements, {
    name,
    ports,
    ...(hostname && { hostname }),
    ...(subnets.length > 0 && { subnets }),
  })
}

/** IPv4 ranges that this host already routes or has addresses in; the appliance’s networks keep away from them. */
export function routesInUse(): string[] {
  const { routes, addresses } = readNetwork()
  return [...routes.map(({ subnet }) => subnet), ...addresses.map(({ cidr }) => cidr)].filter((cidr) =>
    /^[\d.]+\/\d+$/.test(cidr),
  )
}
