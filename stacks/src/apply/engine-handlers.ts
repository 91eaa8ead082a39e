import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, UserError } from '../kernel/index.ts'
import { HASH_LABEL, type ImageWanted, projectLabels } from '../plan/index.ts'
import type { Engine, FoundContainer, FoundImage } from './engine.ts'
import type { Handlers, Progress } from './operation.ts'
import { isOurs, ownerOf, refuseForeign, removeOwnContainer } from './ownership.ts'

/** A container is waited for as long as this after its last sign of progress, in milliseconds. */
const HEALTH_DEADLINE_MS = 300_000
const RESTARTS_THAT_MEAN_BROKEN = 3
const POLL_MS = 250

interface Existed {
  readonly existed: boolean
}

/**
 * Handlers for what lives in the container engine.
 * @param archive opens the release’s images anew each time it is called
 * @param shared references of images that other appliances of this host brought: they are there, yet they are not the
 * host’s own, and whichever appliance is removed last takes them away
 */
export function engineHandlers(
  engine: Engine,
  archive: () => Promise<Readable>,
  shared: readonly string[] = [],
): Pick<Handlers, 'images' | 'network' | 'volume' | 'container' | 'discard' | 'healthy'> {
  return {
    images: {
      look: async ({ images }) => {
        const found = await Promise.all(
          images.map(async (image) => ({ image, there: await engine.findImage(image.reference) })),
        )
        const there = found.filter(({ image, there }) => isImage(image, there)).map(({ image }) => image.reference)
        return {
          present: there.filter((reference) => !shared.includes(reference)),
          shared: there.filter((reference) => shared.includes(reference)),
        }
      },
      run: async ({ images }) => {
        if (await missing(engine, images)) await engine.loadImages(await archive())
        const wrong = await missing(engine, images)
        if (wrong) throw wrongImage(wrong)
      },
      undo: async ({ images }, before) => {
        const kept = Object.values(before as { present: string[]; shared: string[] }).flat()
        for (const image of images.filter(({ reference }) => !kept.includes(reference)))
          if (isImage(image, await engine.findImage(image.reference))) await engine.removeImage(image.reference)
      },
    },
    network: {
      look: async ({ network }): Promise<Existed> => ({
        existed: (await engine.findNetwork(network.name)) !== undefined,
      }),
      run: async ({ network }) => {
        const found = await engine.findNetwork(network.name)
        refuseForeign('network', network.name, found, ownerOf(network))
        if (found && (found.subnet !== network.subnet || found.internal !== network.internal))
          await engine.removeNetwork(network.name)
        else if (found) return
        await engine.createNetwork(network)
      },
      undo: async ({ network }, before) => {
        if ((before as Existed).existed) return
        const found = await engine.findNetwork(network.name)
        if (found && isOurs(found, ownerOf(network))) await engine.removeNetwork(network.name)
      },
    },
    volume: {
      look: async ({ volume }): Promise<Existed> => ({ existed: (await engine.findVolume(volume)) !== undefined }),
      run: async ({ volume, key, appliance }) => {
        const found = await engine.findVolume(volume)
        refuseForeign('volume', volume, found, appliance)
        if (found) return
        await engine.createVolume(volume, { ...projectLabels(appliance), 'com.docker.compose.volume': key })
      },
      // A volume that was there before holds somebody’s data and is not ours to remove.
      undo: async ({ volume }, before) => {
        if (!(before as Existed).existed) await engine.removeVolume(volume)
      },
    },
    container: {
      look: async ({ container }): Promise<Existed> => ({
        existed: (await engine.findContainer(container.name)) !== undefined,
      }),
      run: async ({ container }) => {
        const found = await engine.findContainer(container.name)
        refuseForeign('container', container.name, found, ownerOf(container))
        const same = found?.labels[HASH_LABEL] === container.labels[HASH_LABEL]
        if (found && !same) await engine.removeContainer(container.name)
        if (!same) await engine.createContainer(container)
        await engine.startContainer(container.name)
      },
      undo: async ({ container }) => removeOwnContainer(engine, container.name, ownerOf(container)),
    },
    discard: {
      look: async () => null,
      run: async ({ container, appliance }) => {
        refuseForeign('container', container, await engine.findContainer(container), appliance)
        await engine.removeContainer(container)
      },
    },
    healthy: {
      look: async () => null,
      run: async ({ container, service }, progress) => waitUntilHealthy(engine, container, service, progress),
    },
  }
}

/** The first image that is absent or has other content than the release says; its identity is its layers. */
async function missing(engine: Engine, images: readonly ImageWanted[]): Promise<string | undefined> {
  for (const image of images) if (!isImage(image, await engine.findImage(image.reference))) return image.reference
  return undefined
}

/** Whether what the engine holds under that name is what the release brought: somebody may have moved the tag. */
export const isImage = (wanted: Omit<ImageWanted, 'reference'>, found: FoundImage | undefined): boolean =>
  found !== undefined &&
  (found.id === wanted.digest ||
    (found.layers.length === wanted.layers.length &&
      found.layers.every((layer, index) => layer === wanted.layers[index])))

const wrongImage = (reference: string) =>
  new UserError(`The engine does not hold the image ${reference} as the release describes it.`, {
    code: 'IMAGE_MISMATCH',
    hint: 'The release is verified, so the engine’s store may be damaged: look at `docker system df` and the disk, then run the command again.',
    exitCode: ExitCode.Unverified,
  })

/**
 * Waits for a container’s own health check, or for two steady seconds when it has none. Runs the check itself instead of
 * waiting for the engine’s next interval. Says what it waits for and the last answer; ends early when the container has
 * given up.
 */
export async function waitUntilHealthy(
  engine: Engine,
  name: string,
  service: string,
  { say, signal }: Progress,
): Promise<void> {
  const began = Date.now()
  for (;;) {
    signal.throwIfAborted()
    const found = await engine.findContainer(name)
    if (!found) throw unhealthy(service, 'the container is gone', '')
    const answer = await askHealth(engine, found)
    if (answer === 'healthy') return
    const waited = Date.now() - began
    if (gaveUp(found) || waited > HEALTH_DEADLINE_MS) {
      const why = gaveUp(found)
        ? `it ended ${found.restarts + 1} times, the last time with code ${found.exitCode}`
        : `not healthy after ${HEALTH_DEADLINE_MS / 1000} s; last answer: ${answer}`
      throw unhealthy(service, why, await engine.lastLogs(name, 20))
    }
    say(
      `${service} is ${found.state}; last answer: ${answer} (${Math.round(waited / 1000)} of ${HEALTH_DEADLINE_MS / 1000} s)`,
    )
    await sleep(POLL_MS, undefined, { signal })
  }
}

const STEADY_MS = 2000

/** Runs a container’s own health check now. @returns `healthy`, or what the check said */
export async function askHealth(
  engine: Engine,
  { name, state, health, healthCommand, startedAt }: FoundContainer,
): Promise<string> {
  if (state !== 'running') return `it is ${state}`
  if (health === 'healthy') return 'healthy'
  if (healthCommand.length === 0) return Date.now() - Date.parse(startedAt) > STEADY_MS ? 'healthy' : 'no health check'
  try {
    const { exitCode, stdout, stderr } = await engine.exec(name, healthCommand)
    return exitCode === 0 ? 'healthy' : `${stderr}${stdout}`.trim().slice(-200) || `code ${exitCode}`
  } catch (error) {
    // It may have ended between two questions; the next look tells.
    return (error as Error).message
  }
}

const gaveUp = ({ state, restarts }: FoundContainer) =>
  restarts >= RESTARTS_THAT_MEAN_BROKEN || state === 'dead' || state === 'exited'

const unhealthy = (service: string, why: string, logs: string) =>
  new UserError(`${service} did not become healthy: ${why}.${logs ? `\nIts last lines:\n${logs}` : ''}`, {
    code: 'UNHEALTHY',
    hint: `The lines above are what ${service} printed; if they do not help, send them to the vendor.`,
  })
