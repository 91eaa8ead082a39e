import { chown, mkdir, rm } from 'node:fs/promises'
import { PATHS } from '@domicile/backup/archive'
import { removeOwnContainer } from '@domicile/stacks/apply'
import {
  APPLIANCE_LABEL,
  type ContainerSpec,
  chooseSubnets,
  type NetworkSpec,
  projectLabels,
} from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { routesInUse } from '../../preflight/preflight.ts'
import { backupFolder } from '../folder.ts'
import { TARGET_ROOM } from '../targets/target-room.ts'

/** Names of the rooms of a drill, and the beginning of the names of what it starts of the application. */
export const ROOMS = {
  archive: 'drill',
  postgres: 'drill-postgres',
  service: (name: string) => `drill-${name}`,
} as const

/** Where the folder of a drill is in the room that restores. */
export const INSIDE = '/drill'

/** Where a drill keeps what it restores: below the backups, which may have a disk of their own. */
export interface DrillFolder {
  readonly root: string
  /** Owned by PostgreSQL. */
  readonly postgres: string
  /** What was in the part `files`, below the folder. */
  readonly snapshot: string
  readonly secrets: string
  readonly documents: (volume: string) => string
  /** Empty ones, for volumes of the application that are not documents. */
  readonly volumes: (volume: string) => string
}

export function drillFolder(appliance: string): DrillFolder {
  const root = `${backupFolder(appliance).root}/drill`
  return {
    root,
    postgres: `${root}/postgres`,
    snapshot: `${root}${PATHS.files}`,
    secrets: `${root}${PATHS.state.secrets}`,
    documents: (volume) => `${root}${PATHS.documents}/${volume}`,
    volumes: (volume) => `${root}/volumes/${volume}`,
  }
}

const networkOf = (appliance: string) => `${appliance}_drill`

/** In there are the throw-away PostgreSQL and the application, and there is no way out. */
export async function makeNetwork(appliance: string, engine: DockerEngine): Promise<NetworkSpec> {
  const [subnet = ''] = chooseSubnets(1, [...(await engine.subnetsInUse()), ...routesInUse()])
  const network = {
    ...{ name: networkOf(appliance), key: 'drill', internal: true, subnet },
    labels: { ...projectLabels(appliance), 'com.docker.compose.network': 'drill' },
  }
  await engine.createNetwork(network)
  return network
}

export const inNetwork = ({ name }: NetworkSpec, alias: string): ContainerSpec['networks'][number] => ({
  ...{ network: name, aliases: [alias], address: '' },
})

/**
 * Makes the folder of a drill, of which nothing may be there. Nobody but root gets in: documents are readable for everybody
 * where they are restored. What is bound into a container is reached without going through here.
 */
export async function makeFolder({ root, postgres }: DrillFolder, owner: number): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  await mkdir(postgres, { mode: 0o700 })
  await chown(postgres, owner, owner)
}

/**
 * Removes every trace of a drill, whole or half; there need not be any. The caller holds the backup lock, so that nobody is
 * at work in it.
 */
export async function clearDrill(
  { name, stack }: Pick<Appliance, 'name' | 'stack'>,
  engine: DockerEngine,
): Promise<void> {
  const services = Object.keys(stack.compose.services).map(ROOMS.service)
  for (const service of [ROOMS.archive, TARGET_ROOM, ROOMS.postgres, ...services])
    await removeOwnContainer(engine, `${name}-${service}-job`, name)
  const network = await engine.findNetwork(networkOf(name))
  if (network?.labels[APPLIANCE_LABEL] === name) await engine.removeNetwork(networkOf(name))
  await rm(drillFolder(name).root, { recursive: true, force: true })
}
