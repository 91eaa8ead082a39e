import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { writeDurably } from '@domicile/stacks/apply'
import { z } from 'zod'
import { backupFolder } from '../folder.ts'

/** What a check found damaged and no backup has made good yet. */
const damageSchema = z.strictObject({
  at: z.iso.datetime(),
  /** The engine's packs that cannot be read. */
  packs: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
})

const pathOf = (appliance: string) => `${backupFolder(appliance).root}/damage.json`

/** Undefined: the archive was whole when it was last looked at. A record that cannot be read says that it was not. */
export async function readDamage(appliance: string): Promise<z.infer<typeof damageSchema> | undefined> {
  if (!existsSync(pathOf(appliance))) return undefined
  try {
    return damageSchema.parse(JSON.parse(await readFile(pathOf(appliance), 'utf8')))
  } catch {
    return { at: new Date(0).toISOString(), packs: [] }
  }
}

export const writeDamage = (appliance: string, at: Date, packs: readonly string[]): Promise<void> =>
  writeDurably({
    path: pathOf(appliance),
    content: `${JSON.stringify({ at: at.toISOString(), packs })}\n`,
    ...{ mode: 0o600, uid: 0, gid: 0 },
  })

export const forgetDamage = (appliance: string): Promise<void> => rm(pathOf(appliance), { force: true })
