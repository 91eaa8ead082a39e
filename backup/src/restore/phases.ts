import { BackupRefusal } from '../refusal.ts'
import type { Phase, Restore, Volumes } from './record.ts'

/** Which side the appliance's pointers name; `mixed`: neither wholly. */
export type Side = 'before' | 'after' | 'mixed'

/** @param inUse the engine's volumes that the appliance's record names, by what they are for */
export function sideInUse({ before, after }: Pick<Restore, 'before' | 'after'>, inUse: Volumes): Side {
  const is = (side: Volumes) => Object.entries(side).every(([key, name]) => inUse[key] === name)
  return is(after) ? 'after' : is(before) ? 'before' : 'mixed'
}

/**
 * What to do about a restore that nobody is at work on any more.
 * - `discard`: remove the new volumes; nothing of what runs was touched.
 * - `go-on`: the pointers name the side that was switched to; make it run, or go back.
 * - `remove`: go on removing the side that does not run.
 * - `wait`: it waits for a person who accepts it or takes it back.
 */
export type Settling = 'discard' | 'go-on' | 'remove' | 'wait'

/** What an interruption at any moment leaves, and what follows from it. The pointers are one file: they never are half-way. */
export function afterInterruption({ phase, ...restore }: Restore, inUse: Volumes): Settling {
  if (phase === 'beside') return 'discard'
  if (phase === 'removing') return 'remove'
  if (phase !== 'switching') return 'wait'
  // Killed before the pointers were written: nothing was switched, and only a switch back leaves something to keep.
  if (sideInUse(restore, inUse) === 'before' && restore.switchedAt === null) return 'discard'
  return 'go-on'
}

/** What waits for a person once the switch has ended. */
export const afterSwitch = (to: Side): Phase => (to === 'after' ? 'switched' : 'undone')

/** The side that does not run, which accepting removes. @throws BackupRefusal RESTORE_UNSETTLED */
export function idleSide(restore: Restore, inUse: Volumes): Volumes {
  const side = sideInUse(restore, inUse)
  if (side === 'after') return restore.before
  if (side === 'before') return restore.after
  throw new BackupRefusal('What runs is neither the side from before the restore nor the restored one.', {
    code: 'RESTORE_UNSETTLED',
    hint: 'Nothing was touched. Look at `domicile restore status`, and at "volumes" in state.json against restore.json beside it.',
  })
}

/** @throws BackupRefusal RESTORE_WAITS while an earlier one was neither accepted nor taken back for good */
export function refuseWhileWaiting(restore: Restore | undefined): void {
  if (!restore || restore.phase === 'beside') return
  throw new BackupRefusal(
    `The restore of ${restore.beganAt.slice(0, 16).replace('T', ' ')} UTC still waits: both sides are there, the one that runs and the one that does not.`,
    {
      code: 'RESTORE_WAITS',
      hint: 'Keep what runs now with `domicile restore accept`, or go to the other side with `domicile restore undo`; then restore again.',
    },
  )
}
