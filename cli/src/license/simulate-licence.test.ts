import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { licenceSchema, signDocument } from '@domicile/license/document'
import { afterAll, expect, test } from 'vitest'
import { readTerms } from '../vendor/license/profiles.ts'
import { readLicence } from './simulate-licence.ts'

const folder = mkdtempSync(join(tmpdir(), 'domicile-simulate-'))
afterAll(() => rmSync(folder, { recursive: true }))

const NOW = new Date('2026-01-15T10:00:00Z')
const SPEC = `
vendor: Vendor d.o.o.
contract: K-17/2026
seq: 4
customer: { name: Naročnik d.o.o., taxNumber: SI12345678 }
product: erp
purpose: production
limits: {}
term: { from: 2026-01-01, until: null }
maintenanceUntil: null
paidThrough: null
`

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function signed() {
  const { privateKey } = generateKeyPairSync('ed25519')
  const claims = licenceSchema.parse({
    ...{ jti: '00000000-0000-4000-8000-000000000001', iss: 'Vendor d.o.o.', iat: NOW.getTime() / 1000, seq: 4 },
    ...{ contract: 'K-17/2026', customer: { name: 'Naročnik d.o.o.', taxNumber: 'SI12345678' }, product: 'erp' },
    ...{ purpose: 'production', installation: null, limits: {}, term: { from: '2026-01-01', until: null } },
    ...{ maintenanceUntil: null, paidThrough: null, feed: null, terms: await readTerms('erp-on-premises') },
  })
  return { claims, text: signDocument('licence', claims, { kid: '0123456789ABCDEF', privateKey }) }
}

test('a licence that was sent is looked at without a key', async () => {
  const { claims, text } = await signed()

  expect(await readLicence(file('k-17.lic', `Dear customer,\n\n${text}`), undefined, NOW)).toEqual(claims)
})

test('a specification is looked at with the terms that go with it', async () => {
  const licence = await readLicence(file('k-17.yaml', SPEC), 'hrm-subscription', NOW)

  expect(licence).toMatchObject({ contract: 'K-17/2026', terms: { name: 'hrm-subscription' } })
})

test('a specification alone does not say by which terms', async () => {
  await expect(readLicence(file('alone.yaml', SPEC), undefined, NOW)).rejects.toMatchObject({
    code: 'NO_LICENCE',
    hint: expect.stringContaining('--terms'),
  })
})

test('a file without a licence is refused, and so is none', async () => {
  const { text } = await signed()
  const order = text.replaceAll('DOMICILE LICENCE', 'DOMICILE ORDER')

  await expect(readLicence(file('order.lic', order), undefined, NOW)).rejects.toThrow()
  await expect(readLicence(join(folder, 'nowhere.lic'), undefined, NOW)).rejects.toMatchObject({ code: 'NO_FILE' })
})
