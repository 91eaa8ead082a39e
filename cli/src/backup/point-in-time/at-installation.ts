import { statfs } from 'node:fs/promises'
import type { Timed } from '@domicile/stacks/apply'
import { readState, readWanted, type WantedRecord } from '../../appliance/records.ts'
import { firstBase } from './turn.ts'
import { pointInTimeOn, pointInTimeWanted } from './wanted.ts'

/** A week of changes and the bases under them; who has less keeps the room for snapshots. */
const LEAST_FREE_BYTES = 10 * 2 ** 30

/** What a new appliance wants: to keep every change, where the disk has room for it. */
export async function backupAtInstallation(): Promise<WantedRecord['backup']> {
  // Its own folder may not be there yet.
  const { bsize, bavail } = await statfs('/var/lib')
  return bavail * bsize < LEAST_FREE_BYTES ? { pointInTime: 'off' } : undefined
}

/** The appliance runs, whatever becomes of this: the night tries again. */
export async function beginPointInTime(
  name: string,
  tools: Parameters<typeof firstBase>[1],
  say: (text: string) => void,
): Promise<Timed[]> {
  const [wanted, state] = [await readWanted(name), await readState(name)]
  if (!wanted || !state || !pointInTimeWanted(wanted, state.images)) return []
  if (!pointInTimeOn(wanted)) {
    say(
      'There is little room on the disk: one can go back to snapshots, not to any moment. See domicile backup point-in-time on.',
    )
    return []
  }
  try {
    return [await firstBase(name, tools)]
  } catch (error) {
    tools.signal.throwIfAborted()
    say(`Going back to any moment begins with the next backup: ${(error as Error).message}`)
    return []
  }
}
