import { hash, type KeyObject, sign, verify } from 'node:crypto'
import { BackupRefusal } from '../refusal.ts'
import { type Proof, proofSchema } from './claims.ts'

/**
 * A proof is a JWS in compact form (RFC 7515), signed with the Ed25519 key of the installation (RFC 8037): one line, which
 * any tool that reads JSON Web Tokens can check. Its type is in no other text that this key signs.
 */
const TYPE = 'domicile-proof+jws'

/** What comes from outside is read up to here. */
const MOST_CHARACTERS = 16 * 1024

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** @param privateKey of the installation, Ed25519 */
export function signProof(proof: Proof, privateKey: KeyObject): string {
  const claims = proofSchema.parse(proof)
  const signed = `${base64url({ alg: 'EdDSA', typ: TYPE, kid: claims.installation })}.${base64url(claims)}`
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
}

/** What tells proofs apart, and by what each names the one before it. */
export const digestOf = (text: string): string => hash('sha256', text)

/** What a proof says, proven by nothing yet. @throws BackupRefusal PROOF_UNREADABLE (unverified) */
export function readProof(text: string): Proof {
  const [header, claims] = partsOf(text)
  const { alg, typ, kid, ...rest } = json(header)
  if (alg !== 'EdDSA' || typ !== TYPE || Object.keys(rest).length > 0) throw unreadable('it is no proof of a backup')
  const proof = proofSchema.safeParse(json(claims))
  if (!proof.success) throw unreadable(`${proof.error.issues[0]?.path.join('.')} is not what a proof says`)
  if (kid !== proof.data.installation) throw unreadable('it is signed by another installation than it speaks of')
  return proof.data
}

/**
 * @param keyOf key of the installation with that id; undefined: nobody knows it
 * @throws BackupRefusal PROOF_UNREADABLE, PROOF_SIGNATURE_WRONG (unverified)
 */
export function verifyProof(text: string, keyOf: (installation: string) => KeyObject | undefined): Proof {
  const proof = readProof(text)
  const [, , signature] = partsOf(text)
  const signed = Buffer.from(text.slice(0, text.lastIndexOf('.')))
  const key = keyOf(proof.installation)
  if (!key || !verify(null, signed, key, signature)) throw wrongSignature(proof)
  return proof
}

function partsOf(text: string): [Buffer, Buffer, Buffer] {
  const parts = text.length <= MOST_CHARACTERS ? text.split('.') : []
  const bytes = parts.map((part) => Buffer.from(part, 'base64url'))
  // One text for one content: the decoder would also take what no encoder writes.
  const faithful = bytes.every((one, index) => one.length > 0 && one.toString('base64url') === parts[index])
  const [header, claims, signature] = bytes
  if (bytes.length !== 3 || !faithful || !header || !claims || !signature) throw unreadable('it has another form')
  return [header, claims, signature]
}

function json(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {}
  throw unreadable('it has another form')
}

const unreadable = (why: string) =>
  new BackupRefusal(`A line is not a proof: ${why}.`, {
    code: 'PROOF_UNREADABLE',
    hint: 'Take the file as it was written: domicile backup report --out FILE.',
    kind: 'unverified',
  })

const wrongSignature = ({ number }: Proof) =>
  new BackupRefusal(`The signature of proof ${number} does not fit: it was changed after signing, or is another’s.`, {
    code: 'PROOF_SIGNATURE_WRONG',
    hint: 'Get the proofs again from the appliance: domicile backup report --out FILE.',
    kind: 'unverified',
  })
