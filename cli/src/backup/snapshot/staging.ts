import { mkdir, rm, writeFile } from 'node:fs/promises'
import { PATHS, partPath } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Mount } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import { trailPath } from '../../appliance/audit-trail.ts'
import { backupFolder } from '../folder.ts'

/** Where a snapshot's own files are made; in the rooms it is `/staging`. What is known of documents outlives the snapshot. */
export const STAGING = {
  root: '/staging',
  lists: '/staging/lists',
  known: '/staging/known',
  manifest: '/staging/manifest',
} as const

/** On the host. */
export const stagingFolder = (appliance: string) => `${backupFolder(appliance).cache}/staging`

/** @returns where roles are written to, on the host */
export async function prepareStaging(appliance: string): Promise<string> {
  const root = stagingFolder(appliance)
  for (const part of ['lists', 'manifest', 'state']) await rm(`${root}/${part}`, { recursive: true, force: true })
  for (const part of ['lists', 'known', 'manifest', 'state'])
    await mkdir(`${root}/${part}`, { recursive: true, mode: 0o700 })
  // Mounted before there is anything in it, and filled in its place.
  const roles = `${root}/state/roles.sql`
  await writeFile(roles, '', { mode: 0o600 })
  return roles
}

export interface DocumentVolume {
  /** Name in the stack. */
  readonly volume: string
  /** The engine's. */
  readonly source: string
}

/** @throws BackupRefusal VOLUME_MISSING (failed): the engine would make an empty one in its place */
export async function documentVolumes({
  stack,
  blueprint,
  engine,
}: Pick<Appliance, 'stack' | 'blueprint' | 'engine'>): Promise<DocumentVolume[]> {
  const found: DocumentVolume[] = []
  for (const { volume } of stack.manifest.documents) found.push({ volume, source: await sourceOf(volume) })
  return found

  async function sourceOf(key: string): Promise<string> {
    const source = blueprint.volumes.find((one) => one.key === key)?.name
    if (source && (await engine.findVolume(source))) return source
    throw volumeMissing(source ?? key)
  }
}

/** What the part `files` is made of, and the place in which it is prepared. */
export async function sourceMounts(appliance: Appliance, documents: readonly DocumentVolume[]): Promise<Mount[]> {
  const { name, blueprint, engine } = appliance
  const { lib, etc } = blueprint.layout
  const agent = blueprint.volumes.find(({ key }) => key === 'agent')?.name ?? ''
  if (!(await engine.findVolume(agent))) throw volumeMissing(agent)
  const read = (type: Mount['type'], source: string, target: string): Mount => ({
    type,
    source,
    target,
    readOnly: true,
  })
  const { state } = PATHS
  return [
    { type: 'bind', source: stagingFolder(name), target: STAGING.root, readOnly: false },
    read('bind', `${stagingFolder(name)}/lists`, PATHS.lists),
    read('bind', `${stagingFolder(name)}/state/roles.sql`, state.roles),
    read('bind', `${etc}/appliance.yaml`, state.settings),
    read('bind', `${lib}/state.json`, state.record),
    read('bind', trailPath(name), state.trail),
    read('bind', `${lib}/secrets`, state.secrets),
    read('bind', `${lib}/release/stack`, state.stack),
    read('volume', agent, state.agent),
    ...documents.map(({ volume, source }) => read('volume', source, partPath('documents', volume))),
  ]
}

const volumeMissing = (volume: string) =>
  new BackupRefusal(`The volume ${volume} is missing, and its data with it.`, {
    code: 'VOLUME_MISSING',
    hint: 'Nothing was changed. `domicile status` says what else is amiss; `domicile restore --latest` brings the data of the last snapshot back.',
    kind: 'failed',
  })
