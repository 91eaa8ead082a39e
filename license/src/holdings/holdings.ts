import { hash } from 'node:crypto'
import {
  acceptDocument,
  acceptKeyList,
  type Claims,
  type Held,
  type LicenceTrust,
  NOTHING_HELD,
  parseDocument,
  readClaims,
  VENDOR_KINDS,
  type VendorKind,
  type VerifiedDocument,
  verifyDocument,
} from '../document/index.ts'
import type { RecordLine } from '../record/index.ts'
import { LicenceRefusal } from '../refusal.ts'
import { checkOrder, type StandingEvent } from '../standing/index.ts'
import { parseTerms, type Terms } from '../terms/index.ts'

/** A line of this kind says which keys counted from there on: what they signed then stays, though they count no more now. */
export const VENDOR_KEYS = 'vendor-keys'
/** A line of this kind holds a document that was taken. */
export const IMPORTED = 'imported'
/** What happened on the appliance and counts, beside the documents. */
export const HAPPENINGS: readonly string[] = ['notice-shown', 'metered', 'terminated', 'termination-withdrawn']

/** What an appliance has been given and what has happened: everything its standing follows from. Plain data, never changed in place. */
export interface Holdings {
  readonly trust: LicenceTrust
  readonly held: Held
  /** Of the licence in force. */
  readonly terms: Terms | null
  readonly events: readonly StandingEvent[]
  /** Unlocks that were used, by `jti`: each counts once. */
  readonly unlocks: readonly string[]
  /** Oldest first. */
  readonly anchors: readonly Claims<'anchor'>[]
}

export interface Circumstances {
  /** Licence time. */
  readonly now: Date
  /** The later of licence time and the wall clock: licence time may be behind, and the vendor signs by the wall. */
  readonly signedBy: Date
  /** Whether the licence of another contract may take the place of the one held. */
  readonly replace?: boolean
  readonly product: string
  readonly installation: string
  /** Nobody has the vendor's keys at hand: documents are only read, and the record vouches for them. */
  readonly unverified?: boolean
}

/** A document that was understood and accepted, or was in force already (`changed` false). */
export interface Taken {
  readonly document: VendorKind
  readonly jti: string
  readonly changed: boolean
  readonly warnings: readonly string[]
  /** When the vendor signed it, in milliseconds since 1970. */
  readonly signedAt: number
  /** An unlock's: what licence time is now, in milliseconds since 1970. */
  readonly setsClock: number | null
}

export const emptyHoldings = (vendorKeys: LicenceTrust['vendorKeys']): Holdings => ({
  trust: { vendorKeys, list: null },
  held: NOTHING_HELD,
  terms: null,
  events: [],
  unlocks: [],
  anchors: [],
})

/**
 * Verifies one armoured document and takes it.
 * @throws LicenceRefusal when it does not count; nothing changes then
 */
export function take(holdings: Holdings, text: string, where: Circumstances): { holdings: Holdings; taken: Taken } {
  const { trust, held, events } = holdings
  const { now } = where
  const document = where.unverified
    ? readDocument(text)
    : verifyDocument(text, VENDOR_KINDS, trust, signedBefore(text, where.signedBy))
  const { kind, claims, warnings } = document
  const taken = {
    document: kind,
    jti: claims.jti,
    changed: true,
    warnings,
    signedAt: claims.iat * 1000,
    setsClock: null,
  }
  if (kind === 'keys') {
    const list = where.unverified ? trust : acceptKeyList(trust, text, where.signedBy)
    return { holdings: { ...holdings, trust: list }, taken: { ...taken, changed: list !== trust } }
  }
  if ((kind === 'unlock' || kind === 'anchor') && claims.installation !== where.installation)
    throw otherInstallation(claims.installation, where.installation)
  if (kind === 'anchor') {
    if (holdings.anchors.some(({ jti }) => jti === claims.jti)) return { holdings, taken: { ...taken, changed: false } }
    return { holdings: { ...holdings, anchors: [...holdings.anchors, claims] }, taken }
  }
  if (kind === 'unlock') {
    if (holdings.unlocks.includes(claims.jti)) return { holdings, taken: { ...taken, changed: false } }
    const unlocks = [...holdings.unlocks, claims.jti]
    // What was written down by a clock that ran ahead has happened by now.
    const before = events.map((event) => (event.at > claims.at ? { ...event, at: claims.at } : event))
    return { holdings: { ...holdings, unlocks, events: before }, taken: { ...taken, setsClock: Date.parse(claims.at) } }
  }
  const next = acceptDocument(held, document, where)
  if (next === held) return { holdings, taken: { ...taken, changed: false } }
  const terms = kind === 'licence' ? parseTerms(claims.terms.text) : holdings.terms
  // What the contract does not foresee nobody may order, whoever signed it.
  if (kind === 'order' && terms) checkOrder(claims, terms)
  const event = { at: now.toISOString(), kind: 'imported', document: kind, claims } as StandingEvent
  return { holdings: { ...holdings, held: next, terms, events: [...events, event] }, taken }
}

/** Adds something that happened here. */
export const happened = (holdings: Holdings, event: StandingEvent): Holdings => ({
  ...holdings,
  events: [...holdings.events, event],
})

export interface Replayed {
  readonly holdings: Holdings
  /** Lines with documents that do not count any more. */
  readonly doubtful: readonly { readonly line: RecordLine; readonly why: LicenceRefusal }[]
}

/**
 * Makes the holdings anew from the record, on the appliance and wherever an audit is read. Signatures are verified again: a
 * record is a file on the customer's disk.
 */
export function replay(
  start: Holdings,
  lines: readonly RecordLine[],
  where: Omit<Circumstances, 'now' | 'signedBy'>,
): Replayed {
  const doubtful: Replayed['doubtful'][number][] = []
  let holdings = start
  const { vendorKeys } = start.trust
  for (const line of lines) {
    const { at, wall, kind, data } = line
    if (kind === VENDOR_KEYS) holdings = trusting(holdings, data['keys'] as LicenceTrust['vendorKeys'])
    if (HAPPENINGS.includes(kind)) holdings = happened(holdings, { ...data, at, kind } as StandingEvent)
    if (kind !== IMPORTED) continue
    try {
      holdings = take(holdings, String(data['text']), {
        ...where,
        // Another contract's licence is in the record because somebody said then that it shall replace the one held.
        replace: true,
        now: new Date(at),
        signedBy: new Date(at > wall ? at : wall),
      }).holdings
    } catch (error) {
      if (!(error instanceof LicenceRefusal)) throw error
      doubtful.push({ line, why: error })
    }
  }
  return { holdings: trusting(holdings, vendorKeys), doubtful }
}

const trusting = (holdings: Holdings, vendorKeys: LicenceTrust['vendorKeys']): Holdings => ({
  ...holdings,
  trust: { ...holdings.trust, vendorKeys },
})

/** As it says. @throws LicenceRefusal CLAIM_WRONG, or what `parseDocument` throws */
function readDocument(text: string): VerifiedDocument<VendorKind> {
  const { kind, header, unverified, payload } = parseDocument(text)
  const { claims, problems } = readClaims(kind, unverified)
  if (!claims) throw unreadable(problems)
  const sha256 = hash('sha256', payload)
  return { kind, claims, kid: header.kid, sha256, warnings: [] } as unknown as VerifiedDocument<VendorKind>
}

const unreadable = (problems: readonly string[]) =>
  new LicenceRefusal(`The document says what this version does not understand. ${problems.join('; ')}.`, {
    code: 'CLAIM_WRONG',
    hint: 'Use the release that it was made for.',
    kind: 'unreadable',
  })

const otherInstallation = (installation: string, here: string) =>
  new LicenceRefusal(`installation: the document is for installation ${installation}; this one is ${here}.`, {
    code: 'INSTALLATION_OTHER',
    hint: 'Ask the vendor for one that is made for this installation; its number is in a request: domicile license request',
  })

/** An unlock mends a clock that is wrong: when it was signed is not held against that clock. */
const signedBefore = (text: string, now: Date) =>
  parseDocument(text).kind === 'unlock' ? new Date(END_OF_TIME_MS) : now

const END_OF_TIME_MS = 8.64e15
