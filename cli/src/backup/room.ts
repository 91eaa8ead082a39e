import { type ExecResult, removeOwnContainer } from '@domicile/stacks/apply'
import { UserError } from '@domicile/stacks/kernel'
import { type ContainerSpec, type Mount, sealed } from '@domicile/stacks/plan'
import type { Appliance } from '../appliance/appliance.ts'
import type { DockerEngine } from '../engine/docker-engine.ts'

const MIB = 2 ** 20
/** A sixteenth of what each of the application's containers gets while both want it; all of it otherwise. */
export const YIELDING_SHARES = 64

export interface RoomSpec {
  /** Ends up in the container's name: `<appliance>-<service>-job`. */
  readonly service: string
  /** Whose image: a role of the release. */
  readonly role: 'backup' | 'postgres' | (string & {})
  readonly mounts: readonly Mount[]
  /** `none` unless something must be reached; `bridge`: the engine's own, where no appliance is yet; or one made for the occasion. */
  readonly network: 'none' | 'internal' | 'edge' | 'bridge' | ContainerSpec['networks'][number]
  readonly user: string
  readonly capabilities?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly tmpfs?: Readonly<Record<string, string>>
  readonly memoryBytes?: number
  /** Whether the application goes first while both want the processors: nobody waits for this work. */
  readonly yields?: boolean
}

export interface RoomTools {
  readonly engine: DockerEngine
  readonly signal: AbortSignal
}

/** A container that does nothing by itself and in which programs are run, one after the other or side by side. */
export interface Room {
  readonly container: string
  readonly user: string
  exec(command: readonly string[], options?: { stdin?: string; line?: (text: string) => void }): Promise<ExecResult>
}

/**
 * Programs of the backup engines run in a container of their own, made for one piece of work and gone after it, with the
 * mounts, the network and the rights that this work needs and no others. Whatever runs in there ends with it, and it ends
 * with this process, also a killed one; what is left of that is removed when the next one begins.
 */
export async function withRoom<T>(
  { name, state }: Pick<Appliance, 'name' | 'state'>,
  spec: RoomSpec,
  { engine, signal }: RoomTools,
  work: (room: Room) => Promise<T>,
): Promise<T> {
  const container = containerOf(name, state.images, spec)
  await removeOwnContainer(engine, container.name, name)
  let left: Promise<void> | undefined
  // Once: the engine refuses to remove what it is removing.
  const leave = () => (left ??= removeOwnContainer(engine, container.name, name))
  const interrupt = () => void leave().catch(() => undefined)
  let letGo = () => {}
  try {
    await engine.createContainer(container)
    await engine.startContainer(container.name)
    letGo = await engine.leash(container.name, spec.user)
    signal.throwIfAborted()
    signal.addEventListener('abort', interrupt, { once: true })
    const { user } = spec
    return await work({
      container: container.name,
      user,
      exec: (command, options) => engine.exec(container.name, command, { user, ...options }),
    })
  } finally {
    signal.removeEventListener('abort', interrupt)
    letGo()
    await leave()
  }
}

function containerOf(
  appliance: string,
  images: Appliance['state']['images'],
  { service, role, mounts, network, user, yields = false, ...spec }: RoomSpec,
): ContainerSpec {
  const image = images.find((candidate) => candidate.role === role)
  if (!image) throw imageUnknown(role)
  const one = sealed(
    appliance,
    {
      service,
      image: image.digest,
      imageReference: image.reference,
      entrypoint: ['sleep', 'infinity'],
      command: [],
      environment: spec.environment ?? {},
      user,
      mounts,
      tmpfs: { '/tmp': 'rw,nosuid,nodev,size=64m,mode=1777', ...spec.tmpfs },
      networks: networksOf(appliance, network),
      ports: [],
      capabilities: spec.capabilities ?? [],
      memoryBytes: spec.memoryBytes ?? 768 * MIB,
      ...(yields && { cpuShares: YIELDING_SHARES }),
      pids: 200,
      after: [],
      stopSeconds: 1,
    },
    true,
  )
  return one
}

function networksOf(appliance: string, network: RoomSpec['network']): ContainerSpec['networks'] {
  if (network === 'none') return []
  if (typeof network === 'object') return [network]
  return [{ network: network === 'bridge' ? 'bridge' : `${appliance}_${network}`, aliases: [], address: '' }]
}

/** Releases of before there were backups have no image for them. */
const imageUnknown = (role: string) =>
  new UserError(`The installed release has no image for ${role}.`, {
    code: 'RELEASE_WITHOUT_BACKUP',
    hint: 'It was built before Domicile made backups. Ask the vendor for a newer one.',
  })
