import { readFile, rm } from 'node:fs/promises'
import { RUN_ID } from '@domicile/backup/snapshot'
import { writeDurably } from '@domicile/stacks/apply'
import { z } from 'zod'
import { backupFolder } from '../folder.ts'

/** What is being brought onto this host; there while it is under way, so that it can be gone on with. */
const arrivalSchema = z.strictObject({
  format: z.literal(1),
  run: z.string().regex(RUN_ID),
  /** When the data was as it will be. */
  at: z.iso.datetime(),
  /** Without credentials. */
  from: z.string(),
  beganAt: z.iso.datetime(),
})
export type Arrival = z.infer<typeof arrivalSchema>

const path = (appliance: string) => `${backupFolder(appliance).root}/arrival.json`

export async function readArrival(appliance: string): Promise<Arrival | undefined> {
  const text = await readFile(path(appliance), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return arrivalSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const writeArrival = (appliance: string, arrival: Arrival): Promise<void> =>
  writeDurably({
    path: path(appliance),
    content: `${JSON.stringify(arrival)}\n`,
    ...{ mode: 0o600, uid: 0, gid: 0 },
  })

export const forgetArrival = (appliance: string): Promise<void> => rm(path(appliance), { force: true })
