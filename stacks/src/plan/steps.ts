import type { Blueprint, DatabaseSpec, HostDirectory, HostFile, SecretSpec, VolumeSpec } from './blueprint.ts'
import type { ContainerSpec, NetworkSpec } from './container-spec.ts'

/** One change to the host, as data. Each kind has a handler in `apply/` that can run it again and undo it. */
export type Action =
  | { readonly kind: 'directories'; readonly directories: readonly HostDirectory[] }
  | { readonly kind: 'files'; readonly files: readonly HostFile[] }
  | { readonly kind: 'secrets'; readonly secrets: readonly SecretSpec[] }
  | { readonly kind: 'images'; readonly images: readonly ImageWanted[] }
  | { readonly kind: 'network'; readonly network: NetworkSpec }
  | { readonly kind: 'volume'; readonly volume: string; readonly key: string; readonly appliance: string }
  | { readonly kind: 'container'; readonly container: ContainerSpec }
  | { readonly kind: 'discard'; readonly container: string; readonly appliance: string }
  | { readonly kind: 'healthy'; readonly container: string; readonly service: string }
  | { readonly kind: 'database'; readonly postgres: string; readonly database: DatabaseSpec }
  | {
      readonly kind: 'initialize'
      readonly postgres: string
      readonly database: DatabaseSpec
      readonly job: ContainerSpec
    }
  | { readonly kind: 'grants'; readonly postgres: string; readonly database: DatabaseSpec }
  | { readonly kind: 'reset-settings'; readonly postgres: string; readonly settings: readonly string[] }
  | { readonly kind: 'units'; readonly units: UnitsWanted }
  | { readonly kind: 'reachable'; readonly url: string; readonly path: string }

/** A service that the host's own service manager starts when somebody asks at its socket. */
export interface UnitsWanted {
  /** Names of the units. */
  readonly socket: string
  readonly service: string
  readonly files: readonly HostFile[]
}

export interface ImageWanted {
  readonly reference: string
  /** Image ID. */
  readonly digest: string
  /** Digests of the uncompressed layers, lowest first; identify the content whatever store the engine uses. */
  readonly layers: readonly string[]
}

export interface Step {
  /** Unique in its plan and stable between runs; the journal names it. */
  readonly id: string
  readonly title: string
  /** What undoing it does, in words; absent when there is nothing to undo. */
  readonly undo?: string
  readonly action: Action
}

export interface InstallParts {
  readonly blueprint: Blueprint
  readonly images: readonly ImageWanted[]
  /** What is wanted and the unpacked stack: files that are written before anything runs. */
  readonly records: readonly HostFile[]
  /** Path that must answer with 200 through the gateway at the end. */
  readonly healthPath: string
  /** Absent where the host has no service manager that we know. */
  readonly units?: UnitsWanted | undefined
}

/** Every step of an installation in order. Pure: equal parts give equal steps, which is what makes a resumed install safe. */
export function installSteps({ blueprint, images, records, healthPath, units }: InstallParts): Step[] {
  const { containers, database, jobs } = blueprint
  const [postgres, ...others] = containers
  if (postgres?.service !== 'postgres') throw new Error('a blueprint starts with postgres')
  return [
    directoriesStep(`Make the folders ${blueprint.layout.etc} and ${blueprint.layout.lib}`, blueprint.directories),
    filesStep('release', 'Write down what is wanted and what the vendor signed', records),
    filesStep('configuration', 'Write the configuration of PostgreSQL, gateway and agent', blueprint.files),
    secretsStep(blueprint.secrets),
    imagesStep(images),
    ...blueprint.networks.map(networkStep),
    ...blueprint.volumes.map((volume) => volumeStep(volume, blueprint.name)),
    ...startSteps([postgres]),
    databaseStep(postgres.name, database),
    ...(jobs.initialize ? [initializeStep(postgres.name, database, jobs.initialize)] : []),
    grantsStep(postgres.name, database),
    ...startSteps(others),
    ...(units ? [unitsStep(units)] : []),
    {
      id: 'reachable',
      title: `See ${blueprint.url} answer`,
      action: { kind: 'reachable', url: blueprint.url, path: healthPath },
    },
  ]
}

/**
 * Starts containers one after the other without waiting, but for those that must be healthy before the next may start;
 * then waits for the rest. Warming up together takes as long as the slowest, not as long as all.
 */
export function startSteps(containers: readonly ContainerSpec[]): Step[] {
  const waited = new Set<string>()
  const waitFor = (container: ContainerSpec): Step[] => {
    if (waited.has(container.service)) return []
    waited.add(container.service)
    return [healthyStep(container)]
  }
  const starts = containers.flatMap((container) => [
    ...containers.filter(({ service }) => container.after.includes(service)).flatMap(waitFor),
    startStep(container),
  ])
  return [...starts, ...containers.flatMap(waitFor)]
}

const startStep = (container: ContainerSpec): Step => ({
  id: `container ${container.service}`,
  title: `Start ${container.service}`,
  undo: `remove the container ${container.name}`,
  action: { kind: 'container', container },
})

const healthyStep = ({ name, service }: ContainerSpec): Step => ({
  id: `healthy ${service}`,
  title: `Wait until ${service} is healthy`,
  action: { kind: 'healthy', container: name, service },
})

const initializeStep = (postgres: string, database: DatabaseSpec, job: ContainerSpec): Step => ({
  id: 'initialize',
  title: 'Initialise the application’s database',
  action: { kind: 'initialize', postgres, database, job },
})

export const unitsStep = (units: UnitsWanted): Step => ({
  id: 'units',
  title: 'Start the helper that makes backups when the agent asks',
  undo: `stop and remove ${units.socket} and ${units.service}`,
  action: { kind: 'units', units },
})

export const directoriesStep = (title: string, directories: readonly HostDirectory[]): Step => ({
  id: 'directories',
  title,
  undo: 'remove the folders that were not there before',
  action: { kind: 'directories', directories },
})

export const imagesStep = (images: readonly ImageWanted[]): Step => ({
  id: 'images',
  title: 'Load the images',
  undo: 'remove the images that were not there before',
  action: { kind: 'images', images },
})

export const filesStep = (id: string, title: string, files: readonly HostFile[]): Step => ({
  id,
  title,
  undo: 'write the old content, or remove what was not there before',
  action: { kind: 'files', files },
})

export const networkStep = (network: NetworkSpec): Step => ({
  id: `network ${network.name}`,
  title: `Make the network ${network.name} (${network.subnet}${network.internal ? ', closed' : ''})`,
  undo: 'remove the network',
  action: { kind: 'network', network },
})

/** What is there already stays as it is. */
export const secretsStep = (secrets: readonly SecretSpec[]): Step => ({
  id: 'secrets',
  title: secrets.length === 1 ? 'Make a secret' : `Make ${secrets.length} secrets`,
  undo: 'remove the secrets that were not there before',
  action: { kind: 'secrets', secrets },
})

/** Safe to run again: what was given stays given. */
export const grantsStep = (postgres: string, database: DatabaseSpec): Step => ({
  id: 'grants',
  title: `Give ${database.app} its rights on rows`,
  action: { kind: 'grants', postgres, database },
})

/** What is there already stays as it is. */
export const databaseStep = (postgres: string, database: DatabaseSpec): Step => ({
  id: 'database',
  title: `Create the database ${database.name} and its roles`,
  action: { kind: 'database', postgres, database },
})

export const volumeStep = ({ key, name }: VolumeSpec, appliance: string): Step => ({
  id: `volume ${name}`,
  title: `Make the volume ${name}`,
  undo: 'remove the volume if it was made here',
  action: { kind: 'volume', volume: name, key, appliance },
})
