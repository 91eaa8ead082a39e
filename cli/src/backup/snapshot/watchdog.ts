import { BackupRefusal } from '@domicile/backup/refusal'

/** An engine that does not get on for so long never will. Waiting for a lock of the database ends before. */
const LIMIT_MS = 30 * 60_000

export interface Watchdog {
  /** Ends when the person stops it, or when nothing has moved for too long. */
  readonly signal: AbortSignal
  /**
   * From here to the end of `work`, what is told to `seen` must change from time to time.
   * @throws BackupRefusal ENGINE_STUCK
   */
  watch<T>(doing: string, work: (seen: (progress: object) => void) => Promise<T>): Promise<T>
}

/** Only the engines are watched, which say how far they are: no other step of a snapshot is ended by a clock. */
export function watchdog(signal: AbortSignal, limitMs = LIMIT_MS): Watchdog {
  const stuck = new AbortController()
  return {
    signal: AbortSignal.any([signal, stuck.signal]),
    async watch(doing, work) {
      let last = ''
      const end = () => stuck.abort(engineStuck(doing, limitMs))
      const timer = setTimeout(end, limitMs)
      try {
        return await work((progress) => {
          const now = JSON.stringify(progress)
          if (now !== last) timer.refresh()
          last = now
        })
      } catch (error) {
        throw stuck.signal.aborted ? stuck.signal.reason : error
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

const engineStuck = (doing: string, limitMs: number) =>
  new BackupRefusal(`${doing} did not get on for ${Math.round(limitMs / 60_000)} minutes and was ended.`, {
    code: 'ENGINE_STUCK',
    hint: 'Nothing half-made counts. See whether the disk answers (dmesg, df -h) and whether something holds a lock in the database, then run it again.',
    kind: 'failed',
  })
