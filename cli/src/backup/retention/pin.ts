import { lockHolder, withLock } from '../../appliance/lock.ts'

const pinOf = (appliance: string, run: string) => `${appliance}.backup.pin.${run}`

/**
 * While `work` runs, no policy removes this snapshot: it is being restored or tried. Held by the process, so that a dead one
 * holds nothing; it need not hold the backup lock all the time.
 * @throws UserError LOCKED (8) when another process has it pinned
 */
export const withPin = <T>(appliance: string, run: string, work: () => Promise<T>): Promise<T> =>
  withLock(pinOf(appliance, run), `work with the snapshot ${run}`, work)

export const isPinned = (appliance: string, run: string): boolean => lockHolder(pinOf(appliance, run)) !== null
