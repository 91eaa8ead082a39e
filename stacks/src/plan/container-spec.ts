import { createHash } from 'node:crypto'

/** A container as the appliance wants it; the engine adapter turns it into the engine's own words. Plain data. */
export interface ContainerSpec {
  readonly service: string
  readonly name: string
  /** Image ID (`sha256:…`): the content, never a tag that can move. */
  readonly image: string
  readonly imageReference: string
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly user?: string
  readonly workingDir?: string
  readonly mounts: readonly Mount[]
  /** Path → mount options. */
  readonly tmpfs: Readonly<Record<string, string>>
  readonly networks: readonly Attachment[]
  readonly ports: readonly Port[]
  readonly capabilities: readonly string[]
  readonly memoryBytes: number
  readonly cpus?: number
  /** Of the processors while others want them, too; 1024 unless said. `nice` counts within a container only. */
  readonly cpuShares?: number
  readonly pids: number
  readonly shmBytes?: number
  readonly health?: Health
  /** Services that must be healthy before this one is started. */
  readonly after: readonly string[]
  readonly stopSignal?: string
  readonly stopSeconds: number
  readonly labels: Readonly<Record<string, string>>
}

export interface Mount {
  readonly type: 'volume' | 'bind'
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** A folder of the host that the engine makes, empty, where it is not there, instead of not starting the container. */
  readonly mayBeMissing?: boolean
}

export interface Attachment {
  readonly network: string
  readonly aliases: readonly string[]
  /** Fixed, so that nothing depends on the order in which containers start; empty: any, for what runs for a while. */
  readonly address: string
}

export interface Port {
  readonly address: string
  readonly host: number
  readonly container: number
}

/** Durations in milliseconds. */
export interface Health {
  readonly test: readonly string[]
  readonly interval: number
  readonly timeout: number
  readonly retries: number
  readonly startPeriod: number
}

export interface NetworkSpec {
  readonly name: string
  readonly key: string
  readonly internal: boolean
  readonly subnet: string
  readonly labels: Readonly<Record<string, string>>
}

export const HASH_LABEL = 'com.docker.compose.config-hash'
export const APPLIANCE_LABEL = 'io.domicile.appliance'

/** Compose's own labels, so that `docker compose ps`, Portainer and friends show the appliance as a project. */
export const projectLabels = (appliance: string) => ({
  'com.docker.compose.project': appliance,
  'com.docker.compose.version': '2.0.0',
  [APPLIANCE_LABEL]: appliance,
})

/** Adds the labels of a service and the hash of everything in the spec; equal hash = nothing to change. */
export function sealed(appliance: string, spec: Omit<ContainerSpec, 'labels' | 'name'>, oneoff = false): ContainerSpec {
  const name = oneoff ? `${appliance}-${spec.service}-job` : `${appliance}-${spec.service}-1`
  const hash = createHash('sha256')
    .update(canonical({ ...spec, name }))
    .digest('hex')
  const labels = {
    ...projectLabels(appliance),
    'com.docker.compose.service': spec.service,
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': oneoff ? 'True' : 'False',
    [HASH_LABEL]: hash,
  }
  return { ...spec, name, labels }
}

/** JSON with sorted keys: equal data gives equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, entry) =>
    entry && typeof entry === 'object' && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  )
}
