import type { TargetState } from '@domicile/backup/targets'
import { readTargetState, writeTargetState } from './store.ts'

/** What is known of a target changes one fact at a time, and the rest stays. */
export async function changeState(
  appliance: string,
  target: string,
  change: (state: TargetState) => Partial<TargetState>,
): Promise<void> {
  const state = await readTargetState(appliance, target)
  await writeTargetState(appliance, target, { ...state, ...change(state) })
}
