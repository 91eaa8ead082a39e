import { readFile } from 'node:fs/promises'
import { type Sheet, sheetDigest } from '@domicile/backup/keys'
import { writeDurably } from '@domicile/stacks/apply'
import { z } from 'zod'
import { backupFolder } from '../folder.ts'
import { readSheet } from './read-sheet.ts'

/**
 * `missing`: nobody has said yet that the recovery sheet is stored; `void`: somebody has, and a key or a second copy changed
 * since; `unknown`: whoever asks may not read the keys.
 */
export interface SheetStatus {
  readonly state: 'stored' | 'missing' | 'void' | 'unknown'
  /** When it was said to be stored. */
  readonly storedAt: string | null
}

const storedSchema = z.strictObject({ format: z.literal(1), digest: z.string(), storedAt: z.iso.datetime() })

const path = (appliance: string) => `${backupFolder(appliance).root}/recovery-sheet.json`

/** For `status` and `doctor`; never throws. */
export async function sheetStatus(appliance: string): Promise<SheetStatus> {
  try {
    const stored = await readStored(appliance)
    if (!stored) return { state: 'missing', storedAt: null }
    const { storedAt, digest } = stored
    return { state: digest === digestOf(await readSheet(appliance, new Date(0))) ? 'stored' : 'void', storedAt }
  } catch {
    return { state: 'unknown', storedAt: null }
  }
}

/** Somebody has it: remembered by what it says, so that a key that changes makes it void. */
export const markStored = (appliance: string, sheet: Sheet, at: Date): Promise<void> =>
  writeDurably({
    path: path(appliance),
    content: `${JSON.stringify({ format: 1, digest: digestOf(sheet), storedAt: at.toISOString() })}\n`,
    ...{ mode: 0o600, uid: 0, gid: 0 },
  })

/** Whose it is says the agent, which may be silent now and not then. */
const digestOf = (sheet: Sheet): string => sheetDigest({ ...sheet, installation: null })

async function readStored(appliance: string) {
  const text = await readFile(path(appliance), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : storedSchema.parse(JSON.parse(text))
}
