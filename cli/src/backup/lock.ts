import { lockHolder, withLock } from '../appliance/lock.ts'

const lockOf = (appliance: string) => `${appliance}.backup`

/**
 * One backup operation at a time. It has a lock of its own: a long night's snapshot must not keep an admin from applying a
 * licence. What also changes the appliance (a restore's switch) takes the appliance's lock inside of this one.
 * @throws UserError LOCKED (8)
 */
export const withBackupLock = <T>(appliance: string, operation: string, work: () => Promise<T>): Promise<T> =>
  withLock(lockOf(appliance), operation, work)

/** Who is at work on the backups, in words; null: nobody. */
export const backupLockHolder = (appliance: string): string | null => lockHolder(lockOf(appliance))
