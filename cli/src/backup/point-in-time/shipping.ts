import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { jsonOf } from '@domicile/backup/json'
import { REPOSITORY } from '@domicile/backup/point-in-time'
import { engineWords, type Target, type TargetPlace } from '@domicile/backup/targets'
import { type Engine, removeOwnContainer } from '@domicile/stacks/apply'
import { APPLIANCE_LABEL, type ContainerSpec, HASH_LABEL, type Mount, sealed } from '@domicile/stacks/plan'
import { z } from 'zod'
import type { Appliance } from '../../appliance/appliance.ts'
import { backupFolder } from '../folder.ts'
import { type RoomTools, withRoom } from '../room.ts'
import { readTargetState, readTargets } from '../targets/store.ts'
import { type Access, accessMounts, accessTo } from '../targets/target-room.ts'
import { failed } from './engine.ts'
import { pointInTimeOn, pointInTimeWanted } from './wanted.ts'

const MIB = 2 ** 20
const CACHE = '/shipping-cache'
const KEY = '/run/secrets/backup_point_in_time_key'
/** WAL is archived within 30 s; a copy is at most a minute behind. */
const SECONDS = 15
/** Where nothing can be removed, a copy a minute would be as many files as there are minutes. */
const SECONDS_WHERE_KEPT = 600

const shippingFolder = (appliance: string) => `${backupFolder(appliance).root}/shipping`

/** How far one second copy of the point-in-time repository is behind. */
export interface Shipping {
  readonly target: string
  /** When the shipper last looked for something new; null: it never did. Later than a minute ago, or it does not run. */
  readonly lookedAt: Date | null
  /** Since when something waits that is not there yet; null: nothing does. */
  readonly waitingSince: Date | null
  readonly error: string | null
}

/**
 * Makes the containers that copy the point-in-time repository to the second copies, one for each that can be reached at any
 * time, and removes those that nobody wants any more. The engine brings them back after a reboot. Safe to run again.
 */
export async function ensureShipping(
  appliance: Pick<Appliance, 'name' | 'state' | 'wanted'>,
  { engine }: { readonly engine: Engine },
): Promise<void> {
  const { name, state, wanted } = appliance
  const possible = pointInTimeOn(wanted) && pointInTimeWanted(wanted, state.images)
  const targets = possible ? (await readTargets(name)).filter(isThere) : []
  const specs = await Promise.all(targets.map((target) => shipper(appliance, target)))
  const found = await engine.listContainers(`${APPLIANCE_LABEL}=${name}`)
  const shippers = found.filter(({ service }) => service.startsWith(PREFIX))
  for (const { name: container } of shippers.filter((one) => !specs.some((spec) => spec.name === one.name)))
    await removeOwnContainer(engine, container, name)
  for (const spec of specs) {
    const there = shippers.find((one) => one.name === spec.name)
    if (there?.state === 'running' && there.labels[HASH_LABEL] === spec.labels[HASH_LABEL]) continue
    await removeOwnContainer(engine, spec.name, name)
    await engine.createContainer(spec)
    await engine.startContainer(spec.name)
  }
  const kept = new Set(targets.map((target) => target.name))
  for (const file of await readdir(shippingFolder(name)).catch(() => []))
    if (!kept.has(file.split('.')[0] ?? '')) await rm(`${shippingFolder(name)}/${file}`, { force: true })
}

const PREFIX = 'ship-'
/** A disk that is changed is not there at any time. */
const isThere = ({ url }: Target) => !url.startsWith('/')

async function shipper({ name, state }: Pick<Appliance, 'name' | 'state'>, target: Target): Promise<ContainerSpec> {
  const access = accessTo(name, target)
  const { removable } = await readTargetState(name, target.name)
  const keeps = removable === false
  const cache = `${backupFolder(name).cache}/shipping-${target.name}`
  for (const folder of [cache, shippingFolder(name)]) await mkdir(folder, { recursive: true, mode: 0o755 })
  const files = credentials(access, name)
  const { words, environment } = openWith(access.place)
  const limit = target.limitKiB === null ? [] : ['--limit-upload', String(target.limitKiB)]
  const image = state.images.find(({ role }) => role === 'backup')
  return sealed(name, {
    service: `${PREFIX}${target.name}`,
    image: image?.digest ?? '',
    imageReference: image?.reference ?? '',
    entrypoint: ['ship-wal'],
    command: [
      target.name,
      String(keeps ? SECONDS_WHERE_KEPT : SECONDS),
      keeps ? 'keeps' : 'removes',
      ...words,
      ...limit,
    ],
    environment: { TZ: 'UTC', HOME: '/tmp', ...environment, DOMICILE_CONFIG: await identity(files) },
    user: '0',
    mounts: [
      bind(backupFolder(name).pointInTime, REPOSITORY),
      bind(shippingFolder(name), '/shipping', false),
      bind(cache, CACHE, false),
      ...files,
    ],
    tmpfs: { '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777' },
    networks: [{ network: `${name}_${access.network}`, aliases: [], address: '' }],
    ports: [],
    capabilities: ['DAC_READ_SEARCH'],
    memoryBytes: 512 * MIB,
    cpus: 1,
    pids: 100,
    after: [],
    stopSeconds: 5,
  })
}

const bind = (source: string, target: string, readOnly = true): Mount => ({ type: 'bind', source, target, readOnly })
/** What reaches the place. The copy has the key of what is copied, which never changes: it is no secret to the other one. */
const credentials = ({ files, ...access }: Access, appliance: string): Mount[] => [
  ...accessMounts({ files, ...access }).filter(({ source }) => source !== files.cache && source !== files.key),
  bind(backupFolder(appliance).pointInTimeKey, KEY),
]

/** A container goes on with the file that it was started with; another one in its place is another container. */
async function identity(mounts: readonly Mount[]): Promise<string> {
  const files = await Promise.all(mounts.map(({ source }) => stat(source)))
  return files.map(({ ino, mtimeMs }) => `${ino}.${Math.floor(mtimeMs)}`).join(' ')
}

/** A repository of its own below the copy's place: nobody's locks are in another one's way. */
function openWith(place: TargetPlace) {
  const { repository, options, environment } = engineWords(place)
  return {
    environment,
    words: [
      ...['restic', '--repo', `${repository}/point-in-time`, '--password-file', KEY, '--cache-dir', CACHE],
      ...options.flatMap((option) => ['-o', option]),
    ],
  }
}

const told = z.object({
  lookedAt: z.iso.datetime(),
  waitingSince: z.iso.datetime().nullable(),
  error: z.string().max(400).nullable(),
})

/** How it stands with each second copy of the repository. */
export async function readShipping(appliance: string): Promise<Shipping[]> {
  const targets = (await readTargets(appliance)).filter(isThere)
  return Promise.all(
    targets.map(async ({ name: target }) => {
      const text = await readFile(`${shippingFolder(appliance)}/${target}.json`, 'utf8').catch(() => '{}')
      const { data } = told.safeParse(jsonOf(text))
      if (!data) return { target, lookedAt: null, waitingSince: null, error: null }
      const { lookedAt, waitingSince, error } = data
      return { target, lookedAt: new Date(lookedAt), waitingSince: waitingSince ? new Date(waitingSince) : null, error }
    }),
  )
}

const MINUTE_MS = 60_000
/** A copy that keeps everything is brought up only now and then. */
const LATE_MS = 15 * MINUTE_MS

/** What is late. @param shipping as `readShipping` has it */
export function lateShipping(shipping: readonly Shipping[], now: Date): { target: string; why: string }[] {
  return shipping.flatMap(({ target, lookedAt, waitingSince, error }) => {
    const since = (at: Date) => `${Math.round((now.getTime() - at.getTime()) / MINUTE_MS)} minutes`
    if (waitingSince && now.getTime() - waitingSince.getTime() > 2 * MINUTE_MS)
      return [{ target, why: `${since(waitingSince)} behind${error ? `: ${error}` : ''}` }]
    if (lookedAt === null) return [{ target, why: 'has had nothing yet' }]
    return now.getTime() - lookedAt.getTime() > LATE_MS
      ? [{ target, why: `nobody has looked for ${since(lookedAt)}` }]
      : []
  })
}

/**
 * Fills an empty point-in-time folder from a second copy, on a host that has lost its own or never had one.
 * @throws BackupRefusal, UserError what went wrong, in the engine's words
 */
export async function fetchPointInTime(
  appliance: Pick<Appliance, 'name' | 'state'>,
  access: Access,
  tools: RoomTools,
): Promise<void> {
  const { words, environment } = openWith(access.place)
  const room = {
    ...({ service: 'fetch-point-in-time', role: 'backup', user: '0', network: access.network } as const),
    mounts: [bind(backupFolder(appliance.name).pointInTime, REPOSITORY, false), ...credentials(access, appliance.name)],
    capabilities: ['DAC_OVERRIDE', 'CHOWN', 'FOWNER'],
    environment: { TZ: 'UTC', HOME: '/tmp', ...environment },
    tmpfs: { '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777', [CACHE]: 'rw,nosuid,nodev,size=256m' },
    memoryBytes: 1024 * MIB,
  }
  await withRoom(appliance, room, tools, async ({ exec }) => {
    const result = await exec([...words, 'restore', '--no-lock', '--target', '/', 'latest'])
    if (result.exitCode !== 0) throw failed('could not be brought back from the second copy', result)
  })
}
