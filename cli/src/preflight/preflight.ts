import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type Requirements, runChecks, type Verdict } from '@domicile/stacks/preflight'
import type { Manifest } from '@domicile/stacks/stack'
import { Flags } from '@oclif/core'
import { z } from 'zod'
import { LIB } from '../appliance/records.ts'
import { collectFacts } from './collect-facts.ts'
import { readNetwork } from './network.ts'

const DOCKER_SOCKET = '/var/run/docker.sock'

/** A value that becomes part of the plan, in the one form it may have. */
const shaped =
  (name: string, shape: { safeParse(value: string): { success: boolean } }, example: string) =>
  async (value: string) => {
    if (shape.safeParse(value).success) return value
    throw new UserError(`--${name} ${value} is not of the right form.`, {
      code: 'USAGE',
      hint: `For example: --${name} ${example}`,
      exitCode: ExitCode.Usage,
    })
  }

/** The plan gives fixed addresses in networks of exactly this size. */
const network24 = z.cidrv4().regex(/\.0\/24$/)

/** Where the appliance is published; shared by `preflight` and `install`. */
export const hostFlags = {
  address: Flags.string({
    summary: 'address of this host to publish on (all by default)',
    helpValue: 'IPV4',
    parse: shaped('address', z.ipv4(), '192.0.2.10'),
  }),
  'http-port': Flags.integer({
    summary: 'port for HTTP, which only redirects (80)',
    min: 1,
    max: 65535,
    helpValue: 'PORT',
  }),
  'https-port': Flags.integer({ summary: 'port for HTTPS (443)', min: 1, max: 65535, helpValue: 'PORT' }),
  subnet: Flags.string({
    summary: 'free /24 network for the appliance, given twice: inside and edge; chosen by itself otherwise',
    multiple: true,
    helpValue: 'CIDR',
    parse: shaped('subnet', network24, '10.201.0.0/24'),
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
