import { type Candidate, policy } from '@domicile/backup/policy'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Target } from '@domicile/backup/targets'
import type { Appliance } from '../../appliance/appliance.ts'
import { policyInForce } from '../list/policy-in-force.ts'
import { withBackupLock } from '../lock.ts'
import { onTrail } from '../on-trail.ts'
import { type SecondCopy, type SecondCopyTools, secondCopy } from './second-copy.ts'
import { readTargets } from './store.ts'

export interface Copied {
  /** One for each second copy; `error` where it failed. */
  readonly items: readonly (SecondCopy | Failed)[]
}

export interface Failed {
  readonly target: string
  readonly error: { readonly code: string; readonly message: string; readonly hint: string }
}

/**
 * Brings the second copies up to what the archive has: one that cannot be reached does not keep another from being made.
 * @param only names; none: all
 * @throws UserError LOCKED (8); BackupRefusal SECOND_COPY_FAILED when one failed, after all were tried
 */
export async function copyToAll(
  appliance: Appliance,
  tools: Omit<SecondCopyTools, 'expired'>,
  only: readonly Target[] = [],
): Promise<Copied> {
  const targets = only.length > 0 ? only : await readTargets(appliance.name)
  const what = `backup target copy ${targets.map(({ name }) => name).join(' ')}`
  return withBackupLock(appliance.name, what, () =>
    onTrail(appliance.name, what, tools.now, async () => {
      const expired = await expiredBy(appliance, tools.now())
      const items: (SecondCopy | Failed)[] = []
      for (const target of targets) items.push(await tried(appliance, target, { ...tools, expired }))
      const failed = items.filter((item) => 'error' in item)
      if (failed.length > 0) throw notAll(failed)
      return { items }
    }),
  )
}

async function tried(appliance: Appliance, target: Target, tools: SecondCopyTools): Promise<SecondCopy | Failed> {
  try {
    return await secondCopy(appliance, target, tools)
  } catch (error) {
    if (tools.signal.aborted) throw error
    const { code = 'SECOND_COPY_FAILED', message, hint = '' } = error as Error & { code?: string; hint?: string }
    tools.say(`${target.name}: ${message}`)
    return { target: target.name, error: { code, message, hint } }
  }
}

/** The contract may want more than what is known while the agent is silent: then nothing goes. */
async function expiredBy(appliance: Appliance, now: Date): Promise<SecondCopyTools['expired']> {
  const terms = await policyInForce(appliance)
  if (terms.contract === 'unknown') return () => []
  return (snapshots: readonly Candidate[]) =>
    policy(snapshots, now, terms)
      .filter(({ keep }) => !keep)
      .map(({ run }) => run)
}

function notAll(failed: readonly Failed[]): BackupRefusal {
  const [first] = failed
  const kinds = { code: first?.error.code ?? 'SECOND_COPY_FAILED', kind: 'failed' } as const
  const others =
    failed.length > 1
      ? ` Also failed: ${failed
          .slice(1)
          .map(({ target }) => target)
          .join(', ')}.`
      : ''
  return new BackupRefusal(`The second copy “${first?.target}” failed: ${first?.error.message}${others}`, {
    ...kinds,
    hint: first?.error.hint || 'What was missed is copied by the next run.',
  })
}
