import type { TargetState } from '@domicile/backup/targets'
import type { Appliance } from '../../appliance/appliance.ts'
import { readTargetState, readTargets } from '../targets/store.ts'
import type { DrillTools } from './drill.ts'
import { type ProvenDrill, runDrill } from './run-drill.ts'
import { secondCopySource } from './source.ts'

/** All of a copy is fetched for it, over a line that others use, too. */
const EVERY_MS = 28 * 24 * 3600 * 1000

type Known = Pick<TargetState, 'last' | 'provenAt'> & { readonly name: string }

/** The second copy that was proven longest ago, when that is four weeks or more; what has nothing yet is not due. */
export function copyDue(copies: readonly Known[], now: Date): string | null {
  const since = ({ provenAt }: Known) => (provenAt === null ? Number.NEGATIVE_INFINITY : Date.parse(provenAt))
  const due = copies.filter((copy) => copy.last !== null && now.getTime() - since(copy) >= EVERY_MS)
  return due.sort((one, other) => since(one) - since(other))[0]?.name ?? null
}

/**
 * Proves one second copy by restoring from it, when one is due. One that cannot be reached is due again the next time.
 * @returns null: none was due, or it could not be reached
 */
export async function drillCopyDue(
  appliance: Appliance,
  { say, ...tools }: DrillTools & { say: (text: string) => void },
): Promise<ProvenDrill | null> {
  const targets = await readTargets(appliance.name)
  const known = targets.map(async ({ name }) => ({ name, ...(await readTargetState(appliance.name, name)) }))
  const name = copyDue(await Promise.all(known), new Date())
  if (name === null) return null
  try {
    return await runDrill(appliance, 'latest', tools, await secondCopySource(appliance, name))
  } catch (error) {
    tools.signal.throwIfAborted()
    say(`${name}: ${(error as Error).message}`)
    return null
  }
}
