import { readdir, readFile, rm } from 'node:fs/promises'
import { jsonOf } from '@domicile/backup/json'
import { BackupRefusal } from '@domicile/backup/refusal'
import {
  NEW_TARGET_STATE,
  type Target,
  type TargetState,
  targetSchema,
  targetStateSchema,
} from '@domicile/backup/targets'
import { writeDurably } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { backupFolder } from '../folder.ts'

/** Where everything of one second copy is: on the host, root's alone. */
export interface TargetFiles {
  readonly record: string
  readonly state: string
  /** Password of its repository: 43 characters, another one than the archive's. */
  readonly key: string
  readonly sshKey: string
  readonly sshPublicKey: string
  readonly knownHosts: string
  readonly s3Credentials: string
  /** PEM; only where the store has a certificate of the house. */
  readonly ca: string
  /** Of its own: what one repository remembers must not be mixed with another's. */
  readonly cache: string
}

export function targetFiles(appliance: string, target: string): TargetFiles {
  const { targets, cache } = backupFolder(appliance)
  const file = (end: string) => `${targets}/${target}.${end}`
  return {
    record: file('json'),
    state: file('state.json'),
    key: file('key'),
    sshKey: file('ssh'),
    sshPublicKey: file('ssh.pub'),
    knownHosts: file('known-hosts'),
    s3Credentials: file('s3'),
    ca: file('ca.pem'),
    cache: `${cache}/target-${target}`,
  }
}

export const rootOnly = (path: string, content: string) =>
  writeDurably({ path, content, ...{ mode: 0o600, uid: 0, gid: 0 } })

/** By name. @throws BackupRefusal TARGET_RECORD when one cannot be read */
export async function readTargets(appliance: string): Promise<Target[]> {
  const { targets } = backupFolder(appliance)
  const entries = await readdir(targets).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const names = entries.filter((entry) => /^[a-z][a-z0-9-]*\.json$/.test(entry)).map((entry) => entry.slice(0, -5))
  return Promise.all(names.toSorted().map((name) => readRecord(targetFiles(appliance, name).record)))
}

/** @throws UserError NO_TARGET (7) */
export async function findTarget(appliance: string, name: string): Promise<Target> {
  const targets = await readTargets(appliance)
  const found = targets.find((target) => target.name === name)
  if (found) return found
  throw new UserError(`There is no second copy “${name}”.`, {
    code: 'NO_TARGET',
    hint:
      targets.length > 0
        ? `There are: ${targets.map((target) => target.name).join(', ')}.`
        : 'Add one: domicile backup target add NAME URL',
    exitCode: ExitCode.NotFound,
  })
}

async function readRecord(path: string): Promise<Target> {
  const read = targetSchema.safeParse(jsonOf(await readFile(path, 'utf8')))
  if (read.success) return read.data
  throw new BackupRefusal(`${path} is not what was written there.`, {
    code: 'TARGET_RECORD',
    hint: 'Put it back as it was. Or move it away and add the second copy anew; what is at its place stays.',
    kind: 'unverified',
  })
}

export const writeTarget = (appliance: string, target: Target): Promise<void> =>
  rootOnly(targetFiles(appliance, target.name).record, `${JSON.stringify(target, null, 2)}\n`)

/** What cannot be read is learnt anew by the next copy. */
export async function readTargetState(appliance: string, name: string): Promise<TargetState> {
  const text = await readFile(targetFiles(appliance, name).state, 'utf8').catch(() => '')
  const read = targetStateSchema.safeParse(jsonOf(text))
  return read.success ? read.data : NEW_TARGET_STATE
}

export const writeTargetState = (appliance: string, name: string, state: TargetState): Promise<void> =>
  rootOnly(targetFiles(appliance, name).state, `${JSON.stringify(state, null, 2)}\n`)

/** What this host knows of it, its keys too. What is at its place stays there. */
export async function forgetTarget(appliance: string, name: string): Promise<void> {
  const { record, cache, ...others } = targetFiles(appliance, name)
  // The record goes last: what was interrupted can be removed again.
  for (const path of Object.values(others)) await rm(path, { force: true })
  await rm(cache, { recursive: true, force: true })
  await rm(record, { force: true })
}
