import type { KeyObject } from 'node:crypto'
import type { BackupRefusal } from '../refusal.ts'
import type { Proof } from './claims.ts'
import { digestOf, verifyProof } from './token.ts'

/** Something about a chain of proofs that is not as it must be. */
export interface ChainFinding {
  readonly code: 'PROOF_UNREADABLE' | 'PROOF_SIGNATURE_WRONG' | 'PROOF_MISSING' | 'PROOF_ORDER'
  /** Line of the file, counted from 1. */
  readonly line: number
  readonly message: string
}

export interface VerifiedChain {
  /** Those that hold by themselves, in their order. */
  readonly proofs: readonly Proof[]
  readonly findings: readonly ChainFinding[]
}

/**
 * Checks proofs as they were written, oldest first: each is signed by the installation and follows the one before it. The
 * first one need not be number 1, for an appliance keeps the newest thousands: its number says how many came before.
 * @param keyOf key of the installation with that id; undefined: nobody knows it
 */
export function verifyChain(
  texts: readonly string[],
  keyOf: (installation: string) => KeyObject | undefined,
): VerifiedChain {
  const proofs: Proof[] = []
  const findings: ChainFinding[] = []
  let before: { readonly number: number; readonly digest: string } | null = null
  for (const [index, text] of texts.entries()) {
    const read = readOne(text, keyOf)
    const line = index + 1
    if ('code' in read) {
      findings.push({ ...read, line })
      continue
    }
    const wrong = before && followsNot(read, before)
    if (wrong) findings.push({ ...wrong, line })
    else if (!before && (read.number === 1) !== (read.previous === null)) findings.push({ ...orderOf(read), line })
    proofs.push(read)
    before = { number: read.number, digest: digestOf(text) }
  }
  return { proofs, findings }
}

type Wrong = Omit<ChainFinding, 'line'>

function readOne(text: string, keyOf: (installation: string) => KeyObject | undefined): Proof | Wrong {
  try {
    return verifyProof(text, (installation) => keyOf(installation))
  } catch (error) {
    const { code, message } = error as BackupRefusal
    return { code: code as ChainFinding['code'], message }
  }
}

function followsNot({ number, previous }: Proof, before: { number: number; digest: string }): Wrong | null {
  if (number === before.number + 1 && previous === before.digest) return null
  if (number > before.number + 1) {
    const gone = number - before.number - 1
    const which = gone === 1 ? `Proof ${number - 1} is` : `Proofs ${before.number + 1} to ${number - 1} are`
    return { code: 'PROOF_MISSING', message: `${which} missing.` }
  }
  return orderOf({ number })
}

const orderOf = ({ number }: Pick<Proof, 'number'>): Wrong => ({
  code: 'PROOF_ORDER',
  message: `Proof ${number} does not follow the one before it: one of the two was made another time, or put in.`,
})
