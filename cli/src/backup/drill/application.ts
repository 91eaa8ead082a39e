import { existsSync } from 'node:fs'
import { chown, mkdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { waitUntilHealthy } from '@domicile/stacks/apply'
import { type ContainerSpec, type Mount, type NetworkSpec, sealed } from '@domicile/stacks/plan'
import type { Stack } from '@domicile/stacks/stack'
import type { Appliance } from '../../appliance/appliance.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { YIELDING_SHARES } from '../room.ts'
import { type DrillFolder, inNetwork, ROOMS } from './place.ts'

/** Where every container finds its secrets. */
const SECRETS = '/run/secrets/'

/**
 * The service that people reach and what it needs to start, in start order. Others, which work by themselves, stay away: what
 * they would do has been done, or is to be done by the real ones.
 */
export function servicesTried({ manifest, compose }: Pick<Stack, 'manifest' | 'compose'>): string[] {
  const ordered: string[] = []
  const visit = (name: string, path: readonly string[]) => {
    const service = compose.services[name]
    if (!service || ordered.includes(name) || path.includes(name)) return
    for (const other of service.depends_on) visit(other, [...path, name])
    ordered.push(name)
  }
  visit(manifest.gateway.service, [])
  return ordered
}

interface Setting {
  readonly appliance: string
  readonly stack: Pick<Stack, 'compose'>
  readonly folder: DrillFolder
  readonly network: NetworkSpec
}

/**
 * The container of a service as it runs, but that its secrets and documents are the restored ones, that it is in the closed
 * network of the drill alone, and that it ends for good when it ends.
 */
export function drillContainer(running: ContainerSpec, { appliance, stack, folder, network }: Setting): ContainerSpec {
  const { name: _, labels: __, service, mounts, ...spec } = running
  const volumes = stack.compose.services[service]?.volumes ?? []
  const moved = mounts.map((mount): Mount => {
    const volume = volumes.find(({ target }) => mount.type === 'volume' && target === mount.target)?.source
    if (volume !== undefined) return { ...mount, type: 'bind', source: volumeFolder(folder, volume) }
    if (!mount.target.startsWith(SECRETS)) return mount
    return { ...mount, source: `${folder.secrets}/${basename(mount.source)}` }
  })
  return sealed(
    appliance,
    {
      ...{ ...spec, service: ROOMS.service(service), mounts: moved, ports: [], after: [] },
      cpuShares: YIELDING_SHARES,
      networks: [inNetwork(network, service)],
    },
    true,
  )
}

/** The restored documents where there are any; a volume that is not backed up begins empty, as after a loss. */
const volumeFolder = (folder: DrillFolder, volume: string) =>
  existsSync(folder.documents(volume)) ? folder.documents(volume) : folder.volumes(volume)

/**
 * Starts the application's own images against the restored database and waits for their good health.
 * @throws UserError UNHEALTHY (1) with what the application printed last
 */
export async function tryApplication(
  { name, stack, blueprint }: Pick<Appliance, 'name' | 'stack' | 'blueprint'>,
  { folder, network }: Pick<Setting, 'folder' | 'network'>,
  { engine, signal, say }: { engine: DockerEngine; signal: AbortSignal; say: (text: string) => void },
): Promise<void> {
  const started: string[] = []
  try {
    for (const service of servicesTried(stack)) {
      const running = blueprint.containers.find((one) => one.service === service)
      if (!running) throw new Error(`the plan has no container for ${service}`)
      const container = drillContainer(running, { appliance: name, stack, folder, network })
      await makeEmptyVolumes(container, folder)
      started.push(container.name)
      await engine.createContainer(container)
      await engine.startContainer(container.name)
      await waitUntilHealthy(engine, container.name, service, { say, signal })
    }
  } finally {
    // What holds nothing of value is not asked to end.
    for (const container of started) await engine.stopContainer(container, 0)
    for (const container of started) await engine.removeContainer(container)
  }
}

async function makeEmptyVolumes({ mounts, user = '0' }: ContainerSpec, { volumes }: DrillFolder): Promise<void> {
  const [uid = 0, gid = uid] = user.split(':').map(Number)
  for (const { source } of mounts.filter(({ source }) => source.startsWith(volumes('')))) {
    await mkdir(source, { recursive: true, mode: 0o700 })
    await chown(source, uid, gid)
  }
}
