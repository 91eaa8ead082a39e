import { readdir } from 'node:fs/promises'
import { backupFolder } from './folder.ts'

/**
 * Whether there is anything that somebody could restore. Known by what the engines have written, not by our own catalogue:
 * that one may be lost, and what it spoke of is worth no less.
 */
export async function hasBackups(appliance: string): Promise<boolean> {
  const { archive, pointInTime } = backupFolder(appliance)
  if ((await entriesOf(`${archive}/snapshots`)).length > 0) return true
  const clusters = await entriesOf(`${pointInTime}/backup`)
  const sets = await Promise.all(clusters.map((cluster) => entriesOf(`${pointInTime}/backup/${cluster}`)))
  return sets.flat().some((entry) => /^\d{8}-\d{6}F/.test(entry))
}

const entriesOf = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
