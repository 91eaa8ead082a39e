import { type Summary, summaryOf } from '@domicile/backup/schedule'
import { readCatalogue } from './catalogue.ts'
import { readReadings } from './check/check-snapshots.ts'
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
  const summary = summaryOf(await readCatalogue(appliance), copies, now)
  return { ...summary, checked: summary.checked || (await wasRead(appliance, summary.snapshot)) }
}

/** A night reads its seventh of the archive once, after its snapshot; when a week has read all of it, that snapshot counts as read. */
async function wasRead(appliance: string, snapshot: Summary['snapshot']): Promise<boolean> {
  if (!snapshot) return false
  return Object.values(await readReadings(appliance)).some((at) => Date.parse(at) > Date.parse(snapshot.at))
}
