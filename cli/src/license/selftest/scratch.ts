import { existsSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import {
  databaseHandlers,
  engineHandlers,
  hostHandlers,
  Journal,
  runOperation,
  type Stage,
  sql,
  type Timed,
  writeDurably,
} from '@domicile/stacks/apply'
import { UserError } from '@domicile/stacks/kernel'
import { chooseSubnets, layoutOf } from '@domicile/stacks/plan'
import type { PublicKey } from '@domicile/stacks/release'
import type { Appliance } from '../../appliance/appliance.ts'
import { postgresOf } from '../../appliance/postgres.ts'
import { applianceNames, isScratch, journalPath, LIB } from '../../appliance/records.ts'
import { remove, takeInventory } from '../../appliance/remove.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { reachableHandler } from '../../facts/reachable.ts'
import { unitsHandler } from '../../helper/systemd.ts'
import { memoryOf } from '../../preflight/host.ts'
import { routesInUse } from '../../preflight/preflight.ts'
import { copyHandler } from './copy-database.ts'
import { requireRoom, roomNeeded } from './room.ts'
import { type Place, planScratch, type ScratchPlan, scratchName } from './scratch-plan.ts'

/** Decides where the scratch copy goes and whether there is room for it. Changes nothing. @throws UserError NO_ROOM (3) */
export async function prepareScratch(appliance: Appliance, engine: DockerEngine, key: PublicKey): Promise<ScratchPlan> {
  await requireImages(appliance, engine)
  const plan = planScratch(appliance, key, await freePlace(engine))
  const { name } = appliance.blueprint.database
  const bytes = await sql(
    engine,
    postgresOf(appliance.blueprint),
    'postgres',
    `SELECT pg_database_size('${name.replaceAll("'", "''")}');`,
  )
  const [memory, disk] = [memoryOf(await readFile('/proc/meminfo', 'utf8')), await statfs(LIB)]
  requireRoom(roomNeeded(plan.blueprint.containers, Number(bytes)), {
    memory: memory.availableBytes,
    disk: disk.bavail * disk.bsize,
  })
  return plan
}

async function freePlace(engine: DockerEngine): Promise<Place> {
  const [internal = '', edge = ''] = chooseSubnets(2, [...(await engine.subnetsInUse()), ...routesInUse()])
  const [http = 0, https = 0] = await freePorts(2)
  return { ports: { http, https }, subnets: { internal, edge } }
}

/** Held together for a moment, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenSomewhere))
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      await new Promise((resolve) => server.close(resolve))
      return typeof address === 'object' ? (address?.port ?? 0) : 0
    }),
  )
}

const listenSomewhere = () =>
  new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

/** Sets the scratch copy up. What a failure leaves is the caller's to remove. */
export async function raiseScratch(
  { name, blueprint, mark, steps }: ScratchPlan,
  appliance: Appliance,
  engine: DockerEngine,
  { stage, signal }: { stage: Stage; signal: AbortSignal },
): Promise<Timed[]> {
  await writeDurably(mark)
  const handlers = {
    ...hostHandlers(),
    ...engineHandlers(engine, imagesGone),
    ...databaseHandlers(engine),
    initialize: copyHandler(engine, appliance.blueprint),
    reachable: reachableHandler(blueprint),
    units: unitsHandler(),
  }
  const { release } = appliance.state
  const subject = `scratch copy of ${release.name} ${release.version}`
  const tools = { journal: new Journal(journalPath(name)), handlers, stage, signal, now: () => new Date() }
  return runOperation({ name: 'install', subject, steps, undo: false }, tools)
}

/** By content: whatever a tag names today, the copy is made of what runs. */
async function requireImages({ state }: Appliance, engine: DockerEngine): Promise<void> {
  const found = await Promise.all(state.images.map(({ digest }) => engine.findImage(digest)))
  if (found.includes(undefined)) await imagesGone()
}

const imagesGone = async (): Promise<never> => {
  throw new UserError('Images of the appliance are gone from the engine, so there can be no copy of it.', {
    code: 'IMAGES_MISSING',
    hint: 'Bring them back from the release file: domicile apply --release RELEASE',
  })
}

/**
 * Removes every trace of a scratch copy, whole or half; there need not be any. Its data is a copy, so nothing is stopped
 * gently. Images are the running appliance's.
 * @returns whether there was something
 * @throws UserError NAME_TAKEN (3) when what has that name is no scratch copy
 */
export async function removeScratch(appliance: string, engine: DockerEngine): Promise<boolean> {
  const name = scratchName(appliance)
  const inventory = await takeInventory(name, undefined, engine)
  const { containers, networks, volumes } = inventory
  const things = [...containers, ...networks, ...volumes]
  const folder = (await applianceNames()).includes(name)
  if (things.length === 0 && !folder) return false
  // A removal that was killed among its last files has left a folder without its mark and nothing else.
  const husk = things.length === 0 && !existsSync(layoutOf(name).etc)
  if (!isScratch(name) && !husk) throw taken(name)
  await Promise.all(containers.map((container) => engine.stopContainer(container, 0)))
  await remove(name, { ...inventory, images: [] }, engine, 'nothing', () => undefined)
  return true
}

const taken = (name: string) =>
  new UserError(`There is an appliance “${name}” on this host, and it is no scratch copy of a self-test.`, {
    code: 'NAME_TAKEN',
    hint: 'It is left untouched. The self-test needs that name; install the appliance under another one.',
  })
