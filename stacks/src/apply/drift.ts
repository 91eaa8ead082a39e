import { type ContainerSpec, type Difference, HASH_LABEL } from '../plan/index.ts'
import type { FoundContainer } from './engine.ts'

/** Everything in which a running container differs from its spec; empty when it is as wanted. */
export function containerDrift(spec: ContainerSpec, found: FoundContainer | undefined): Difference[] {
  const differs = (aspect: string, wanted: string, is: string): Difference => ({
    kind: 'container',
    subject: spec.service,
    aspect,
    wanted,
    found: is,
  })
  if (!found) return [differs('container', 'exists', 'is missing')]
  const compare = (aspect: string, wanted: readonly string[], is: readonly string[]) => {
    const [missing, extra] = [
      wanted.filter((entry) => !is.includes(entry)),
      is.filter((entry) => !wanted.includes(entry)),
    ]
    return missing.length + extra.length === 0
      ? []
      : [differs(aspect, missing.join(', ') || 'nothing', extra.join(', ') || 'nothing')]
  }
  const one = (aspect: string, wanted: string, is: string) => (wanted === is ? [] : [differs(aspect, wanted, is)])

  const differences = [
    ...(found.state === 'running' ? [] : [differs('state', 'running', found.state)]),
    ...one('image digest', spec.image, found.image),
    ...compare(
      'environment',
      Object.entries(spec.environment).map(([key, value]) => `${key}=${value}`),
      // What the image itself sets is not ours to judge.
      Object.entries(found.environment)
        .filter(([key]) => key in spec.environment)
        .map(([key, value]) => `${key}=${value}`),
    ),
    ...compare('mounts', spec.mounts.map(mountText), found.mounts.map(mountText)),
    ...compare('networks', spec.networks.map(networkText), found.networks.map(networkText)),
    ...compare('ports', spec.ports.map(portText), found.ports.map(portText)),
    ...(spec.user === undefined ? [] : one('user', spec.user, found.user)),
    ...one('read-only root', 'true', String(found.readOnlyRoot)),
    ...one('privileged', 'false', String(found.privileged)),
    ...compare(
      'capabilities',
      spec.capabilities,
      found.capabilitiesAdded.map((name) => name.replace(/^CAP_/, '')),
    ),
    ...one('dropped capabilities', 'ALL', found.capabilitiesDropped.join(', ')),
    ...one(
      'no new privileges',
      'true',
      String(found.securityOptions.some((option) => option.startsWith('no-new-privileges'))),
    ),
    ...one('memory limit', String(spec.memoryBytes), String(found.memoryBytes)),
    ...one('process limit', String(spec.pids), String(found.pids)),
    ...one('restart policy', 'unless-stopped', found.restartPolicy),
  ]
  if (differences.length > 0) return differences
  // Whatever else went into the spec, a mounted configuration file above all, is in its hash.
  return one('configuration', spec.labels[HASH_LABEL] ?? '', found.labels[HASH_LABEL] ?? 'none')
}

const mountText = ({
  type,
  source,
  target,
  readOnly,
}: {
  type: string
  source: string
  target: string
  readOnly: boolean
}) => `${type} ${source} on ${target}${readOnly ? ' (read-only)' : ''}`
const networkText = ({ network, address }: { network: string; address: string }) => `${network} ${address}`
const portText = ({ address, host, container }: { address: string; host: number; container: number }) =>
  `${address}:${host}->${container}`

/** PostgreSQL settings that are not as rendered. Sizes are compared as PostgreSQL prints them after normalising. */
export const postgresDrift = (
  wanted: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): Difference[] =>
  Object.entries(wanted)
    .filter(([name, value]) => normalise(found[name] ?? '') !== normalise(value))
    .map(([name, value]) => ({
      kind: 'postgres' as const,
      subject: name,
      aspect: 'PostgreSQL setting',
      wanted: value,
      found: found[name] ?? 'unknown',
    }))

/** `1GB` and `1024MB`, `1h` and `60min` are the same setting. */
function normalise(value: string): string {
  const units: Readonly<Record<string, number>> = {
    kB: 1,
    MB: 1024,
    GB: 1024 ** 2,
    ms: 1,
    s: 1000,
    min: 60_000,
    h: 3_600_000,
  }
  const match = /^(\d+)(kB|MB|GB|ms|s|min|h)$/.exec(value)
  return match ? String(Number(match[1]) * (units[match[2] ?? ''] ?? 1)) : value
}
