import { describe, expect, test } from 'vitest'
import { type AcceptedKind, acceptDocument, type Held, NOTHING_HELD, seqSeen, verifyDocument } from './index.ts'
import { INSTALLATION, licence, NOW, signed, trust } from './testing.fixture.ts'

const PLACE = { product: 'erp', installation: INSTALLATION }
const CONTRACT = licence().contract
const KINDS: AcceptedKind[] = ['licence', 'renewal', 'order', 'receipt']
const verified = (text: string) => verifyDocument(text, KINDS, trust(), NOW)
const accept = (held: Held, text: string, place: Parameters<typeof acceptDocument>[2] = PLACE) =>
  acceptDocument(held, verified(text), place)
const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'ACCEPTED'
}

const withLicence = accept(NOTHING_HELD, signed.licence())

test('a licence, and what belongs to it, come in one after the other', () => {
  const all = [signed.renewal(), signed.order(), signed.receipt()].reduce(
    (held, text) => accept(held, text),
    withLicence,
  )

  expect(all.licence?.claims.jti).toBe(licence().jti)
  expect(all.documents.map(({ kind, seq }) => `${kind} ${seq}`)).toEqual([
    'licence 1',
    'renewal 2',
    'order 3',
    'receipt 4',
  ])
})

test('the same document changes nothing when it comes again, however late', () => {
  const later = accept(withLicence, signed.receipt())

  expect(accept(later, signed.receipt())).toBe(later)
  expect(accept(later, signed.licence())).toBe(later)
})

test('numbers of a contract only grow', () => {
  const later = accept(withLicence, signed.receipt({ seq: 7 }))

  expect(codeOf(() => accept(later, signed.licence({ seq: 6 })))).toBe('DOCUMENT_OLDER')
  expect(codeOf(() => accept(later, signed.receipt({ seq: 7, paidThrough: '2026-09-30' })))).toBe('SEQUENCE_TAKEN')
  expect(codeOf(() => accept(later, signed.order({ seq: 7 })))).toBe('SEQUENCE_TAKEN')
  expect(accept(later, signed.licence({ seq: 8 })).licence?.claims.seq).toBe(8)
})

describe('another contract', () => {
  const other = { seq: 1, contract: 'K-18' }

  test('takes the place of the one that is held only when somebody says so', () => {
    expect(codeOf(() => accept(withLicence, signed.licence(other)))).toBe('CONTRACT_OTHER')
    const replaced = accept(withLicence, signed.licence(other), { ...PLACE, replace: true })
    expect(replaced.licence?.claims.contract).toBe('K-18')
  })

  test('does not make the numbers of the first forgotten', () => {
    const first = accept(withLicence, signed.order({ seq: 9 }))
    const second = accept(first, signed.licence(other), { ...PLACE, replace: true })
    const back = () => accept(second, signed.licence({ seq: 2 }), { ...PLACE, replace: true })

    expect(seqSeen(second, CONTRACT)).toBe(9)
    expect(codeOf(back)).toBe('DOCUMENT_OLDER')
  })

  test('sends no orders, renewals or receipts, not even with --replace', () => {
    for (const text of [signed.order(other), signed.renewal(other), signed.receipt(other)]) {
      expect(codeOf(() => accept(withLicence, text, { ...PLACE, replace: true }))).toBe('CONTRACT_OTHER')
    }
  })
})

test('a licence for another product or another installation is refused; one for any installation is not', () => {
  expect(codeOf(() => accept(NOTHING_HELD, signed.licence({ product: 'crm' })))).toBe('PRODUCT_OTHER')
  const another = '11111111-2222-4333-8444-555555555555'
  expect(codeOf(() => accept(NOTHING_HELD, signed.licence({ installation: another })))).toBe('INSTALLATION_OTHER')
  expect(accept(NOTHING_HELD, signed.licence({ installation: null })).licence).not.toBeNull()
})

test('before the first licence nothing else counts', () => {
  for (const text of [signed.renewal(), signed.order(), signed.receipt()]) {
    expect(codeOf(() => accept(NOTHING_HELD, text))).toBe('LICENCE_MISSING')
  }
})

test('a renewal renews the licence that is held, and no day before it begins', () => {
  const newer = accept(withLicence, signed.licence({ seq: 5 }))

  expect(codeOf(() => accept(newer, signed.renewal({ seq: 6 })))).toBe('RENEWAL_OTHER_LICENCE')
  expect(codeOf(() => accept(withLicence, signed.renewal({ until: '2025-12-31' })))).toBe('RENEWAL_TOO_EARLY')
})

test('whatever comes in whatever order, no number seen is ever lowered and no refusal changes anything', () => {
  const random = generator(20260301)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  for (let run = 0; run < 60; run++) {
    let held = NOTHING_HELD
    const highest = new Map<string, number>()
    for (let step = 0; step < 25; step++) {
      const more = {
        seq: 1 + Math.floor(random() * 12),
        contract: pick(['A', 'B']),
        iat: licence().iat - Math.floor(random() * 3),
      }
      const document = verified(signed[pick(KINDS)](more))
      const before = JSON.stringify(held)
      const code = codeOf(() => {
        const next = acceptDocument(held, document, { ...PLACE, replace: random() < 0.3 })
        expect(JSON.stringify(held)).toBe(before)
        if (next !== held) {
          expect(more.seq).toBeGreaterThan(highest.get(more.contract) ?? 0)
          highest.set(more.contract, more.seq)
        }
        held = next
      })
      if (code !== 'ACCEPTED') expect(JSON.stringify(held)).toBe(before)
      for (const contract of ['A', 'B']) expect(seqSeen(held, contract)).toBe(highest.get(contract) ?? 0)
    }
  }
})

/** Numbers from 0 to 1, the same for every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
