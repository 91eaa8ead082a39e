import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Claims } from '@domicile/license/document'
import { UserError } from '@domicile/stacks/kernel'
import { expect, test } from 'vitest'
import { licenceFromSpec } from './spec.ts'

const SPEC = `
vendor: Vendor d.o.o.
contract: K-17/2026
seq: 4
customer: { name: Naročnik d.o.o., taxNumber: SI12345678 }
product: erp
purpose: production
limits:
  users: { max: 10, behaviour: refuse }
term: { from: 2026-01-01, until: 2026-12-31 }
maintenanceUntil: 2026-12-31
paidThrough: 2026-03-31
`
const now = new Date('2026-01-15T10:00:00Z')
const text = 'name: of-your-own\n'
const terms = { name: 'of-your-own', version: 1, sha256: createHash('sha256').update(text).digest('hex'), text }
const hash = '0'.repeat(64)
const request: Claims<'request'> = {
  jti: randomUUID(),
  iss: 'erp',
  iat: 1,
  installation: { id: randomUUID(), publicKey: 'x'.repeat(43) },
  product: 'erp',
  version: '6.0.29',
  purpose: 'production',
  contract: 'K-17/2026',
  seq: 3,
  usage: {},
  chain: { genesis: hash, length: 1, head: hash, checkpoints: [] },
}

const read = (spec = SPEC, from: Claims<'request'> | null = null, seq?: number) =>
  licenceFromSpec(spec, { terms, request: from, seq, now })

function refusalOf(act: () => unknown): UserError {
  try {
    act()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('accepted')
}

test('a specification becomes a licence of this moment, with the terms in it', () => {
  expect(read()).toMatchObject({
    iss: 'Vendor d.o.o.',
    iat: now.getTime() / 1000,
    seq: 4,
    installation: null,
    feed: null,
    trial: false,
    term: { from: '2026-01-01', until: '2026-12-31' },
    terms,
  })
  expect(read().jti).not.toBe(read().jti)
  expect(read(SPEC, null, 9).seq).toBe(9)
})

test('the specification that the manual shows becomes a licence', () => {
  const manual = readFileSync(join(import.meta.dirname, '../../../../docs/vendor/licences.md'), 'utf8')
  const [, spec = ''] = /```yaml\n(.*?)```/s.exec(manual) ?? []

  expect(read(spec, { ...request, contract: null, seq: null }).modules).toHaveProperty('sale')
})

test.each([
  ['paidThrough: is missing', SPEC.replace(/paidThrough.*/, '')],
  ['term.until: is missing', SPEC.replace(', until: 2026-12-31', '')],
  ['vendor: is missing', SPEC.replace(/vendor.*/, '')],
  ['seq: is missing', SPEC.replace(/seq.*/, '')],
  ['limits.users.behaviour: must be one of refuse, warn, count', SPEC.replace('behaviour: refuse', 'behaviour: block')],
  ['term.until: 2025-12-31 is before term.from', SPEC.replace('until: 2026-12-31', 'until: 2025-12-31')],
  ['limits.user: does not belong here', SPEC.replace('users:', 'user:')],
  ['iat: does not belong here', `${SPEC}iat: 5\n`],
  ['terms: does not belong here', `${SPEC}terms: erp-on-premises\n`],
])('nothing is guessed and nothing overlooked: %s', (message, spec) => {
  const { code, message: said, exitCode } = refusalOf(() => read(spec))

  expect(said).toContain(message)
  expect([code, exitCode]).toEqual(['SPEC_INVALID', 2])
})

test.each(['a: [', 'a: 1\na: 2\n', '- 1\n', '', '&a [*a]'])('what is no YAML with fields is refused: %j', (spec) => {
  expect(refusalOf(() => read(spec)).code).toBe('SPEC_UNREADABLE')
})

test('a request says for which installation, product and purpose', () => {
  const short = SPEC.replace(/product.*\npurpose.*\n/, '')

  expect(read(short, request)).toMatchObject({
    installation: request.installation.id,
    product: 'erp',
    purpose: 'production',
  })
})

test('a request that says otherwise than the specification is refused', () => {
  expect(refusalOf(() => read(SPEC, { ...request, purpose: 'test' })).message).toContain('purpose: the specification')
  expect(refusalOf(() => read(SPEC, { ...request, product: 'crm' })).code).toBe('SPEC_DIFFERS')
})

test('a number that the customer’s appliance would refuse is refused here', () => {
  expect(refusalOf(() => read(SPEC, { ...request, seq: 4 })).code).toBe('EXCHANGE_SEQUENCE')
  expect(read(SPEC, { ...request, seq: 4, contract: 'K-16' }).seq).toBe(4)
})
