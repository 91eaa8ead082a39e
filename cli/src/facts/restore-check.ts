import { durationText, lostBetween, type Restore } from '@domicile/backup/restore'
import type { Check } from './checks.ts'

const id = 'restore'
const wanted = 'none that was interrupted, none that waits'

/** Only said when a restore was interrupted, or waits for somebody to accept it. @param atWork who is at work on the backups */
export function restoreCheck(restore: Restore | undefined, atWork: string | null, now: Date): Check[] {
  if (!restore || atWork !== null) return []
  const { phase, source, switchedAt, beganAt } = restore
  if (phase === 'switched' || phase === 'undone') {
    const since = durationText(lostBetween(switchedAt ?? beganAt, now.toISOString()).seconds)
    const kept = phase === 'switched' ? 'the side from before it' : 'the restored side'
    const value = `waits for ${since}: ${kept} takes room on the disk`
    const hint = 'Keep what runs: domicile restore accept. Go to the other side: domicile restore undo'
    return [{ id, verdict: 'warn', value, wanted, hint }]
  }
  const value = `of ${source.run}: interrupted (${phase})`
  const hint = `Go on with it: domicile restore ${source.run}. Take it back: domicile restore undo`
  return [{ id, verdict: 'fail', value, wanted, hint }]
}
