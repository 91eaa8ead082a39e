import { readFile } from 'node:fs/promises'
import type { Sheet } from '@domicile/backup/keys'
import { fingerprint } from '@domicile/backup/targets'
import { layoutOf } from '@domicile/stacks/plan'
import { agentOf } from '../../facts/running.ts'
import { backupFolder } from '../folder.ts'
import { readTargets, targetFiles } from '../targets/store.ts'

/** The keys as they are in force now, with every second copy. Root alone may. */
export async function readSheet(appliance: string, now: Date): Promise<Sheet> {
  const { archiveKey, pointInTimeKey } = backupFolder(appliance)
  const targets = await readTargets(appliance)
  return {
    appliance,
    installation: await installationOf(appliance),
    madeAt: now,
    archiveKey: await readFile(archiveKey, 'utf8'),
    pointInTimeKey: await readIfThere(pointInTimeKey),
    copies: await Promise.all(
      targets.map(async ({ name, url, hostKey }) => ({
        ...{ name, url, hostKey: hostKey && fingerprint(hostKey) },
        key: await readFile(targetFiles(appliance, name).key, 'utf8'),
      })),
    ),
  }
}

/** Null while the agent does not answer: the keys matter more than whose they are. */
const installationOf = (appliance: string): Promise<string | null> =>
  agentOf(layoutOf(appliance).lib)
    .call('licence-show', {})
    .then(
      ({ installation }) => installation,
      () => null,
    )

/** An appliance of before point in time has none. */
const readIfThere = (path: string) =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
