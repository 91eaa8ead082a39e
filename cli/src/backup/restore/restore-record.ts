import { readFile, rm } from 'node:fs/promises'
import { jsonOf } from '@domicile/backup/json'
import { type Restore, restoreSchema } from '@domicile/backup/restore'
import { writeDurably } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type HostFile, layoutOf } from '@domicile/stacks/plan'

const recordPath = (appliance: string) => `${layoutOf(appliance).lib}/restore.json`

/** Beside the appliance's own journal: filling new volumes changes nothing of it, and takes long. */
export const restoreJournal = (appliance: string) => `${layoutOf(appliance).lib}/restore.jsonl`

export const restoreFile = (appliance: string, restore: Restore): HostFile => ({
  ...{ path: recordPath(appliance), content: `${JSON.stringify(restore, null, 2)}\n`, mode: 0o644, uid: 0, gid: 0 },
})

export const writeRestore = (appliance: string, restore: Restore): Promise<void> =>
  writeDurably(restoreFile(appliance, restore))

/** The restore that is under way or waits for a person. @throws UserError RECORD_INVALID (2) when somebody broke it */
export async function readRestore(appliance: string): Promise<Restore | undefined> {
  const path = recordPath(appliance)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const read = restoreSchema.safeParse(jsonOf(text))
  if (read.success) return read.data
  throw new UserError(`${path} cannot be read.`, {
    code: 'RECORD_INVALID',
    hint: 'It says which volumes belong to the restore that waits. Undo the last change to it; nothing was touched.',
    exitCode: ExitCode.Usage,
  })
}

/** Afterwards nothing knows of a restore. */
export async function forgetRestore(appliance: string): Promise<void> {
  await rm(restoreJournal(appliance), { force: true })
  await rm(recordPath(appliance), { force: true })
}
