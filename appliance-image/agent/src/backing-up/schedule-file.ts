import { rename } from 'node:fs/promises'
import { freshState, OPERATIONS, type ScheduleState, scheduleStateSchema } from '@domicile/backup/schedule'
import * as z from 'zod/mini'
import { readFileIfThere, writeFileAtomic } from '../atomic-file.ts'
import { type Log, messageOf } from '../log.ts'

const keptSchema = z.strictObject({
  schedule: scheduleStateSchema,
  /** What the helper took on and has not told the end of; its id. */
  asked: z.nullable(z.strictObject({ id: z.uuid(), operation: z.enum(OPERATIONS) })),
  /** Since when nobody answers at the helper's socket; null while somebody does. */
  goneSince: z.nullable(z.iso.datetime()),
  /** When the file before this one could not be read, until somebody tells again how the snapshots are. */
  brokenAt: z.nullable(z.iso.datetime()),
  /** What was bad when it was last told on: codes, in order. */
  alerted: z._default(z.array(z.string()), []),
})

export interface Kept {
  readonly schedule: ScheduleState
  readonly asked: z.infer<typeof keptSchema>['asked']
  readonly goneSince: string | null
  readonly brokenAt: string | null
  readonly alerted: readonly string[]
}

/** What must outlast a restart of the agent. */
export class ScheduleFile {
  readonly #path: string
  readonly #log: Log
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string, log: Log) {
    this.#path = path
    this.#log = log
  }

  /** What was kept. A file that cannot be read is put aside: backups begin anew rather than not at all. */
  async read(now: Date): Promise<Kept> {
    const fresh = { schedule: freshState(now), asked: null, goneSince: null, brokenAt: null, alerted: [] }
    const text = await readFileIfThere(this.#path).catch(messageOf)
    if (text === null) return fresh
    try {
      return keptSchema.parse(JSON.parse(text))
    } catch (error) {
      this.#log('backup-state-broken', { message: messageOf(error) })
      await rename(this.#path, `${this.#path}.broken`).catch(() => undefined)
      return { ...fresh, brokenAt: now.toISOString() }
    }
  }

  /** One after the other. A full disk must not keep backups from being made: it is said, and kept in memory. */
  write(kept: Kept): Promise<void> {
    this.#writing = this.#writing.then(() =>
      writeFileAtomic(this.#path, `${JSON.stringify(kept)}\n`, 0o600).catch((error) =>
        this.#log('backup-state-not-written', { message: messageOf(error) }),
      ),
    )
    return this.#writing
  }
}
