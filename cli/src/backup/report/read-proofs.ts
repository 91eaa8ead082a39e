import type { KeyObject } from 'node:crypto'
import { type VerifiedChain, verifyChain } from '@domicile/backup/proof'
import { publicKeyObject } from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { AgentClient } from '../../agent-client/agent-client.ts'
import type { InstallationKey } from '../../license/installation-key.ts'

export interface ReadProofs {
  /** As they were signed, oldest first. */
  readonly texts: readonly string[]
  readonly installation: InstallationKey
}

/** Every proof that an appliance's agent keeps. @throws UserError AGENT_UNREACHABLE (1) */
export async function readProofs(agent: AgentClient): Promise<ReadProofs> {
  const texts: string[] = []
  for (let after = 0; ; ) {
    const { installation, items, more } = await agent.call('backup-proofs', { after })
    texts.push(...items)
    if (!more || items.length === 0) return { texts, installation }
    after += items.length
  }
}

/** The lines of a file of proofs. @throws UserError NO_PROOFS (2) when there is nothing in it */
export function proofsIn(text: string, path: string): string[] {
  const lines = text.split('\n').flatMap((line) => (line.trim() ? [line.trim()] : []))
  if (lines.length > 0) return lines
  throw new UserError(`There is no proof in ${path}.`, {
    code: 'NO_PROOFS',
    hint: 'Give the file that was written by: domicile backup report --out FILE',
    exitCode: ExitCode.Usage,
  })
}

/** Checks signatures and order with the key of the one installation that is known. */
export function checkProofs(texts: readonly string[], { id, publicKey }: InstallationKey): VerifiedChain {
  const key: KeyObject = publicKeyObject(publicKey)
  return verifyChain(texts, (installation) => (id === null || installation === id ? key : undefined))
}
