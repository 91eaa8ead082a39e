import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { LicenceRefusal } from '../refusal.ts'
import { armour } from './armour.ts'
import { DOCUMENT_TYPES, type DocumentKind, type VendorKind, verifyDocument, verifyRequest } from './index.ts'
import { INSTALLATION, installationKey, NOW, SAMPLES, trust, vendor } from './testing.fixture.ts'

/** Content that is signed as it should be and was never made by our program: only a refusal may come of it. */

const kinds = Object.keys(SAMPLES) as DocumentKind[]
const isReport = (kind: DocumentKind) => kind === 'request' || kind === 'usage'

function signedText(kind: DocumentKind, payload: string, key?: { kid: string; privateKey: KeyObject }): string {
  const { kid, privateKey } = key ?? (isReport(kind) ? installationKey : vendor)
  const header = JSON.stringify({ alg: 'EdDSA', typ: DOCUMENT_TYPES[kind], kid })
  const body = [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.')
  return armour(kind, `${body}.${sign(null, Buffer.from(body), privateKey).toString('base64url')}`)
}

function outcome(kind: DocumentKind, payload: string, key?: { kid: string; privateKey: KeyObject }): string {
  const text = signedText(kind, payload, key)
  try {
    if (isReport(kind)) verifyRequest(text, NOW)
    else verifyDocument(text, [kind as VendorKind], trust(), NOW)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof LicenceRefusal)) throw error
    return error.code
  }
}

const VALUES = [
  ...[
    'null',
    'true',
    '0',
    '-1',
    '1e999',
    '9007199254740991',
    '8640000000001',
    '0.1',
    '""',
    '"x"',
    '[]',
    '{}',
    '[[]]',
    '[{}]',
  ],
  ...['"2026-02-30"', '"9999-12-31T23:59:59Z"', '"\\ud800"', '"\\u0000"', '{"__proto__":{}}', '{"constructor":1}'],
]

/** Paths of every claim, those in lists and records too. */
const pathsOf = (value: unknown, path: string[] = []): string[][] =>
  typeof value !== 'object' || value === null
    ? [path]
    : [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))]

/** The sample as JSON, with this text in the place of one claim. */
function withValue(sample: unknown, path: readonly string[], value: string): string {
  const copy = structuredClone({ document: sample })
  const way = ['document', ...path]
  const parent = way
    .slice(0, -1)
    .reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, copy)
  parent[way.at(-1) ?? ''] = '@here@'
  return JSON.stringify(copy.document).replace('"@here@"', value)
}

test.each(kinds)('a %s with any of its claims replaced by anything is accepted or refused in words', (kind) => {
  for (const path of pathsOf(SAMPLES[kind])) {
    for (const value of VALUES) outcome(kind, withValue(SAMPLES[kind], path, value))
  }
})

test.each(kinds)('a %s as deep, as wide or as long as a file can be does no harm', (kind) => {
  const deep = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
  const wide = `{${Array.from({ length: 12_000 }, (_, n) => `"a${n}":1`).join()}}`
  for (const name of [...Object.keys(SAMPLES[kind]), 'more']) {
    const put = (value: string) => outcome(kind, withValue({ more: 1, ...SAMPLES[kind] }, [name], value))
    expect(put(deep('[', ']', 40_000))).toBe('DOCUMENT_UNREADABLE')
    expect(put(deep('{"a":', '}', 20_000))).toBe('DOCUMENT_UNREADABLE')
    put(wide)
    put(`"${'x\\n'.repeat(40_000)}"`)
  }
})

test('nothing is counted that is too much to read', () => {
  const counts = (many: number) => Object.fromEntries(Array.from({ length: many }, (_, n) => [`m${n}`, n]))

  expect(outcome('request', JSON.stringify({ ...SAMPLES.request, usage: counts(200) }))).toBe('accepted')
  expect(outcome('request', JSON.stringify({ ...SAMPLES.request, usage: counts(201) }))).toBe('CLAIM_WRONG')
})

test('a request whose key is no key is refused', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  for (const publicKey of ['A'.repeat(43), '_'.repeat(43), `${'A'.repeat(42)}B`]) {
    const payload = JSON.stringify({ ...SAMPLES.request, installation: { id: INSTALLATION, publicKey } })
    expect(outcome('request', payload, { kid: INSTALLATION, privateKey })).not.toBe('accepted')
  }
})
