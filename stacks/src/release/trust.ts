import { z } from 'zod'
import { type PublicKey, parsePublicKey, type SecretKey } from './keys.ts'
import { keyListInvalid, keyOutOfTime, keyUnknown } from './refusals.ts'
import { parseJson } from './release-document.ts'
import { parseSignature, sign, verifySignature } from './signature.ts'

/**
 * Whose releases an appliance accepts. It begins with one key that a person compared; from then on a key list, signed by
 * a key that is trusted already, says which keys count. So a vendor changes its key without visiting anybody, and a key
 * that a list leaves out is worth nothing to whoever has seen that list.
 */

const trustedKeySchema = z.object({
  publicKey: z
    .string()
    .refine(isPublicKey, 'must be a public key')
    .describe('The line of a minisign public key file that begins with RW.'),
  from: z.iso.datetime().nullable(),
  until: z.iso.datetime().nullable().describe('First moment at which the key no longer signs releases.'),
})

/** What an appliance remembers; plain data, to be kept as JSON. */
export const trustSchema = z.object({
  /** Sequence of the key list that was accepted last; 0 while the first, pinned key stands. */
  keyListSequence: z.int().nonnegative(),
  keys: z.array(trustedKeySchema).min(1).max(16),
})

const keyListSchema = z.object({
  format: z.literal(1),
  name: z.string().min(1),
  sequence: z.int().positive(),
  keys: trustSchema.shape.keys,
})

export type TrustedKey = z.infer<typeof trustedKeySchema>
export type Trust = z.infer<typeof trustSchema>
export type KeyList = z.infer<typeof keyListSchema>

/** A key list as it travels: its JSON text and the text of its `.minisig`. */
export interface SignedKeyList {
  readonly json: string
  readonly signature: string
}

/** Trust at first install: this key, for good, until a key list says otherwise. */
export const pinKey = ({ text }: PublicKey): Trust => ({
  keyListSequence: 0,
  keys: [{ publicKey: text, from: null, until: null }],
})

/**
 * @param signer a key that the appliances trust now; usually the one that is about to be replaced
 * @param list name: of the stack; sequence: one more than in the list before, 1 for the first;
 *   keys: all that count from now on, the signer among them if it is to be kept
 */
export function buildKeyList(signer: SecretKey, list: Omit<KeyList, 'format'>): SignedKeyList {
  const document = keyListSchema.parse({ format: 1, ...list })
  const json = `${JSON.stringify(document, null, 2)}\n`
  return { json, signature: sign(Buffer.from(json), signer, listComment(document)) }
}

/** Reads a key list without believing it. @throws UserError KEY_LIST_INVALID */
export function parseKeyList(json: string): KeyList {
  const { success, data } = keyListSchema.safeParse(parseJson(json))
  if (!success) throw keyListInvalid('it is not in its format')
  return data
}

/**
 * Follows key lists, oldest first, from what is trusted to what is to be trusted.
 *
 * A list that is not newer than the last accepted one changes nothing, so replaying an old list brings no key back. A list
 * by a key that is not trusted changes nothing either: a customer who began with a newer key cannot check the older lists.
 * The dates of a key bind the releases it signs, not the lists; otherwise who was away for long would be locked out.
 *
 * @param name of the stack; lists of the vendor's other stacks are refused
 * @throws UserError KEY_LIST_INVALID when a trusted key did not sign what the list says, SIGNATURE_*
 */
export function resolveTrust(trust: Trust, lists: readonly SignedKeyList[], name?: string): Trust {
  return lists.reduce((known, { json, signature }) => {
    const list = parseKeyList(json)
    const signer = findKey(known, parseSignature(signature).keyId)
    if (name !== undefined && list.name !== name) throw keyListInvalid(`it is for ${list.name}, not for ${name}`)
    if (!signer) return known
    if (verifySignature(Buffer.from(json), signature, parsePublicKey(signer.publicKey)) !== listComment(list)) {
      throw keyListInvalid('its signature was made for something else')
    }
    return list.sequence > known.keyListSequence ? { keyListSequence: list.sequence, keys: list.keys } : known
  }, trust)
}

/**
 * The key that may vouch for a release now.
 * @throws UserError RELEASE_KEY_UNKNOWN, RELEASE_KEY_EXPIRED
 */
export function releaseKey(trust: Trust, keyId: string, now: Date): PublicKey {
  const found = findKey(trust, keyId)
  if (!found)
    throw keyUnknown(
      keyId,
      trust.keys.map(({ publicKey }) => parsePublicKey(publicKey).keyId),
    )
  const { from, until } = found
  if (from !== null && now < new Date(from)) throw keyOutOfTime(keyId, `counts only from ${from}`)
  if (until !== null && now >= new Date(until)) throw keyOutOfTime(keyId, `counted until ${until}`)
  return parsePublicKey(found.publicKey)
}

const findKey = ({ keys }: Trust, keyId: string): TrustedKey | undefined =>
  keys.find(({ publicKey }) => parsePublicKey(publicKey).keyId === keyId)

const listComment = ({ name, sequence }: KeyList): string => `domicile keys ${name} sequence ${sequence}`

function isPublicKey(text: string): boolean {
  try {
    return parsePublicKey(text).text === text
  } catch {
    return false
  }
}
