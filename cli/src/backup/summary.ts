import { type Summary, summaryOf } from '@domicile/backup/schedule'
import { readCatalogue } from './catalogue.ts'
import { readTargetState, readTargets } from './targets/store.ts'

/** How the snapshots of an appliance are, in what its agent needs to know. @throws BackupRefusal when its records are broken */
export async function backupSummary(appliance: string, now: Date): Promise<Summary> {
  const targets = await readTargets(appliance)
  const copies = await Promise.all(
    targets.map(async ({ name, addedAt }) => {
      const { last } = await readTargetState(appliance, name)
      return { target: name, since: addedAt, newest: last }
    }),
  )
  return summaryOf(await readCatalogue(appliance), copies, now)
}
