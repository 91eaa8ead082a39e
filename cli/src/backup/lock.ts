import { withLock } from '../appliance/lock.ts'

/**
 * One backup operation at a time. It has a lock of its own: a long night's snapshot must not keep an admin from applying a
 * licence. What also changes the appliance (a restore's switch) takes the appliance's lock inside of this one.
 * @throws UserError LOCKED (8)
 */
export const withBackupLock = <T>(appliance: string, operation: string, work: () => Promise<T>): Promise<T> =>
  withLock(`${appliance}.backup`, operation, work)
