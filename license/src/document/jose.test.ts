import { CompactSign, compactVerify, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { armour, armouredIn } from './armour.ts'
import { DOCUMENT_TYPES, type DocumentKind, verifyDocument, verifyRequest } from './index.ts'
import { installationKey, NOW, SAMPLES, signed, type TestKey, trust, vendor } from './testing.fixture.ts'

/** `jose` stands for every other program that reads or writes JSON Web Signatures. */

const kinds = Object.keys(SAMPLES) as DocumentKind[]
const keyOf = (kind: DocumentKind): TestKey => (kind === 'request' || kind === 'usage' ? installationKey : vendor)

test.each(kinds)('another program verifies our %s', async (kind) => {
  const { publicKey, kid } = keyOf(kind)
  const [armoured] = armouredIn(signed[kind]())
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: publicKey }, 'EdDSA')
  const { payload, protectedHeader } = await compactVerify(armoured?.token ?? '', key, { algorithms: ['EdDSA'] })

  expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: DOCUMENT_TYPES[kind], kid })
  expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(SAMPLES[kind])
})

test.each(kinds)('we verify a %s that another program signed', async (kind) => {
  const { privateKey, kid } = keyOf(kind)
  const token = await new CompactSign(new TextEncoder().encode(JSON.stringify(SAMPLES[kind])))
    .setProtectedHeader({ kid, typ: DOCUMENT_TYPES[kind], alg: 'EdDSA' })
    .sign(privateKey)
  const text = armour(kind, token)
  const verified =
    kind === 'request' || kind === 'usage' ? verifyRequest(text, NOW) : verifyDocument(text, [kind], trust(), NOW)

  expect(verified.claims).toEqual(SAMPLES[kind])
})
