import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signDocument } from '@domicile/license/document'
import { chainOf } from '@domicile/license/record'
import { erpLicence, TestInstallation } from '@domicile/license/testing/audit/audit'
import { anchor } from '@domicile/license/testing/document/testing'
import { formatPublicKey, generateKeyPair } from '@domicile/stacks/release'
import { afterAll, expect, test } from 'vitest'

/** The auditor's guide, done as it is written: with Debian's own programs, a report and two public keys. */

const ROOT = join(import.meta.dirname, '..')
const PAGE = readFileSync(join(ROOT, 'docs/vendor/audits.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'by-hand-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pair = generateKeyPair()
const signer = { kid: pair.publicKey.keyId, privateKey: pair.key }

/** January is counter-signed, and on the third of February at ten six are at work where four may. */
async function report(): Promise<string> {
  const one = TestInstallation.licensed('2026-01-29T08:00Z')
  const claims = erpLicence()
  one.lines = one.lines.slice(0, 1)
  one.import('2026-01-29T08:00Z', 'licence', signDocument('licence', claims, signer), claims.jti)
  one.live('2026-01-29', '2026-01-31')
  const { genesis, length, head } = chainOf(one.lines)
  const seen = anchor({ iat: Date.parse('2026-02-01T02:00Z') / 1000, genesis, length, head })
  one.import('2026-02-01T03:00Z', 'anchor', signDocument('anchor', seen, signer), seen.jti)
  one.live('2026-02-01', '2026-02-04', { '2026-02-03T10': { levels: { sessions: [3, 6, 300, 60, 20] } } })
  return one.report({ from: '2026-02-01', to: '2026-02-04' }, '2026-02-05T09:00:00Z')
}

const steps = [...PAGE.matchAll(/```bash\n(.*?)```/gs)].map(([, block = '']) => block)

/** What each step prints, in an otherwise empty folder. */
function byHand(text: string): string[] {
  writeFileSync(join(folder, 'audit.jsonl'), text)
  writeFileSync(join(folder, 'vendor.pub'), formatPublicKey(pair.publicKey))
  const script = steps.map((step) => `${step}\necho ======\n`).join('')
  const printed = execFileSync('bash', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return printed.split('======\n').slice(1, -1)
}

const original = await report()

test('by hand everything holds, as the guide says', { timeout: 30_000 }, () => {
  const [signature = '', record, days, seals = '', countersigned = '', figure = ''] = byHand(original)
  const [verified, sha256, bytes, same, size] = signature.trim().split('\n')
  const [vendor, , head, line] = countersigned.trim().split('\n')

  expect([verified, `${sha256}  -`, bytes]).toEqual(['Signature Verified Successfully', same, size])
  expect([record, days]).toEqual(['', ''])
  expect(seals.trim().split(/\s+/)).toEqual(['7', 'Signature', 'Verified', 'Successfully', '7'])
  expect([vendor, head]).toEqual(['Signature Verified Successfully', line])
  expect(JSON.parse(figure)).toEqual({ peak: 6, minutesOver: 20 })
})

test('by hand it shows which day was changed, and which line', { timeout: 30_000 }, () => {
  const changed = original
    .replace(/("day":"2026-02-02".*?)480/, (_, before) => `${before}470`)
    .replace('"samples":1440', '"samples":1439')
  const [signature = '', record, days, seals] = byHand(changed)
  const [, sha256, , same] = signature.trim().split('\n')

  expect(`${sha256}  -`).not.toBe(same)
  expect(days).toMatch(/^2026-02-02 [0-9a-f]{64}\n$/)
  expect(record).toMatch(/^\d+c\d+\n< [0-9a-f]{64}\n---\n> [0-9a-f]{64}\n/)
  expect(seals).toMatch(/1 Signature Verification Failure/)
})

test('every finding is explained', () => {
  const source = ['license/src/ledger/types.ts', 'cli/src/vendor/audit/verification.ts'].map((path) =>
    readFileSync(join(ROOT, path), 'utf8'),
  )
  const codes = source
    .flatMap((text) => [...text.matchAll(/readonly code:([^;]*?)\n {2}(?=readonly|\/\*\*)/gs)])
    .flatMap(([, union = '']) => [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code))

  expect(codes.length).toBeGreaterThan(13)
  expect(codes.filter((code) => !PAGE.includes(`\`${code}\``))).toEqual([])
})
