import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LicenceClaims, signDocument } from '@domicile/license/document'
import { level, TestInstallation } from '@domicile/license/testing/audit/audit'
import { erp, hourly } from '@domicile/license/testing/audit/reconcile'
import { renewal } from '@domicile/license/testing/document/testing'
import { formatPublicKey, generateKeyPair } from '@domicile/stacks/release'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/** The command as either side runs it: reports, a licence, a price list, a public key. */

vi.setConfig({ testTimeout: 60_000 })

const PROGRAM = join(import.meta.dirname, '../../../bin/domicile.ts')
const folder = mkdtempSync(join(tmpdir(), 'domicile-reconcile-'))
const pair = generateKeyPair()
const signer = { kid: pair.publicKey.keyId, privateKey: pair.key }
const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

const PRICES = `
currency: EUR
users: { licence: 120.00, maintenance: 2.35 }
sessions: { licence: 300, maintenance: 4.1 }
`

/** 13 users of ten on the last of January, 12 on the first of March; six sessions of four for twelve minutes. */
const BEYOND = {
  '2026-01-15T10': { levels: { sessions: level(6, 12) } },
  ...hourly('2026-01-31T08', '2026-01-31T09', { levels: { users: level(13, 60) } }),
  '2026-03-01T22': { levels: { users: level(12, 60) } },
}

function installation(claims: LicenceClaims): TestInstallation {
  const made = TestInstallation.licensed('2026-01-01T00:00Z', claims)
  const [begun, , metered] = made.lines
  made.lines = made.lines.slice(0, 1)
  made.import('2026-01-01T00:00Z', 'licence', signDocument('licence', claims, signer), claims.jti)
  made.write('2026-01-01T00:00Z', metered?.kind ?? '', metered?.data ?? {})
  expect(begun?.kind).toBe('begun')
  return made
}

beforeAll(async () => {
  const claims = erp({ customer: { name: 'Naročnik <d.o.o.> & sin', taxNumber: 'SI12345678' } })
  const one = installation(claims).live('2026-01-01', '2026-02-14', BEYOND)
  put('early.jsonl', await one.report({ from: '2026-01-01', to: '2026-02-13' }, '2026-02-14T22:30:00Z'))
  one.live('2026-02-15', '2026-04-01', BEYOND)
  put('late.jsonl', await one.report({ from: '2026-02-14', to: '2026-03-31' }, '2026-04-02T09:00:00Z'))
  put('whole.jsonl', await one.report({ from: '2026-01-01', to: '2026-03-31' }, '2026-04-02T09:00:00Z'))
  put('changed.jsonl', read('whole.jsonl').replace('"jti"', '"jtj"'))
  const copy = installation(claims).live('2026-01-01', '2026-01-31', BEYOND)
  copy.write('2026-02-01T12:00Z', 'maintenance', { withdrawn: true })
  put('copy.jsonl', await copy.report({ from: '2026-01-01', to: '2026-01-31' }, '2026-02-02T09:00:00Z'))
  const eleven = renewal({ limits: { users: { max: 11, behaviour: 'refuse' } } })
  put('k-17.lic', signDocument('licence', claims, signer))
  put('renewed.lic', `${read('k-17.lic')}\n${signDocument('renewal', eleven, signer)}`)
  put('stranger.pub', formatPublicKey(generateKeyPair().publicKey))
  put('vendor.pub', formatPublicKey(pair.publicKey))
  put('prices.yaml', PRICES)
  put('wrong-prices.yaml', PRICES.replace('120.00', '"1,200.00"'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function run(...argv: string[]) {
  const all = [PROGRAM, 'vendor', 'audit', 'reconcile', ...argv]
  const { stdout, stderr, exitCode } = await execa(process.execPath, all, { cwd: folder, reject: false })
  return { stdout, stderr, exitCode, json: () => JSON.parse(stdout) }
}

const LICENCE = ['--licence', 'k-17.lic', '--vendor-key', 'vendor.pub'] as const

test('two reports that continue each other come to the cent to what one does, and everything holds', async () => {
  const [two, one] = await Promise.all([
    run('late.jsonl', 'early.jsonl', ...LICENCE, '--prices', 'prices.yaml', '--json'),
    run('whole.jsonl', ...LICENCE, '--prices', 'prices.yaml', '--json'),
  ])

  expect([two.exitCode, one.exitCode]).toEqual([0, 0])
  expect(two.json()).toMatchObject({
    holds: true,
    findings: [],
    vendorChecked: true,
    period: { from: '2026-01-01', to: '2026-03-31' },
  })
  // Sessions: 2 x 300 + 2 x 4.10. Users: 3 x 120 + 3 x 2 months x 2.35. The penalty is ten times 960.
  expect(two.json().totals).toEqual({
    ...{ currency: 'EUR', licences: '960.00', maintenance: '22.30', billing: '0.00', tiers: '0.00', total: '982.30' },
    ...{ penaltyBase: '960.00', penalty: '9600.00', complete: true },
  })
  for (const part of ['excesses', 'charges', 'totals', 'limits']) expect(two.json()[part]).toEqual(one.json()[part])
})

test('what a renewal in the same file licenses is not charged again', async () => {
  const { stdout, exitCode } = await run(
    'whole.jsonl',
    '--licence',
    'renewed.lic',
    '--vendor-key',
    'vendor.pub',
    '--prices',
    'prices.yaml',
  )

  expect(exitCode).toBe(0)
  expect(stdout).toContain('Active named users: 13 in use, 10 licensed, 3 more, of which 1 is licensed by now.')
  expect(stdout).toMatch(/Licences +2 +– +120\.00 +240\.00/)
  expect(stdout).toContain('no condition of a renewal')
})

test('without prices there is no money, on the terminal and on the page', async () => {
  const { stdout } = await run('whole.jsonl', ...LICENCE, '--html', 'plain.html')

  for (const text of [stdout, read('plain.html')]) {
    expect(text).toContain('quantities and periods only')
    expect(text).not.toMatch(/EUR|Price|Amount|In all/)
  }
})

test('the page stands alone: parties, contract, computation, files with their digests, how to verify it', async () => {
  await run('early.jsonl', 'late.jsonl', ...LICENCE, '--prices', 'prices.yaml', '--html', 'statement.html')
  const page = read('statement.html')

  expect(page).toContain('Naročnik &lt;d.o.o.&gt; &amp; sin')
  expect(page).toContain(
    'domicile vendor audit reconcile early.jsonl late.jsonl --licence k-17.lic --prices prices.yaml --vendor-key vendor.pub',
  )
  expect(page).toContain('9600.00 EUR')
  expect(page.match(/\b[0-9a-f]{64}\b/g)?.length).toBeGreaterThanOrEqual(5)
  expect(page).not.toMatch(/<(script|link|img|iframe)|https?:/)
})

test('a report that was changed is named first, and ends with 4', async () => {
  const { stdout, exitCode } = await run('changed.jsonl', ...LICENCE)

  expect(exitCode).toBe(4)
  expect(stdout.split('\n')[0]).toMatch(/^The evidence does not hold: \d+ finding/)
  expect(stdout).toMatch(/(REPORT_CHANGED|RECORD_BROKEN).* in changed\.jsonl/)
})

test('two reports of which one was made on a copy: named, and 4', async () => {
  const { json, exitCode } = await run('copy.jsonl', 'whole.jsonl', ...LICENCE, '--json')

  expect(exitCode).toBe(4)
  expect(json().findings).toMatchObject([{ code: 'NOT_CONTINUED', file: 'whole.jsonl' }])
})

test.each([
  [
    'a licence that another key signed',
    ['whole.jsonl', '--licence', 'k-17.lic', '--vendor-key', 'stranger.pub'],
    4,
    /key/,
  ],
  ['no report', [...LICENCE], 2, /file/],
  ['a file without a licence', ['whole.jsonl', '--licence', 'vendor.pub'], 2, /no document|licence/i],
  [
    'a price list that could be misread',
    ['whole.jsonl', ...LICENCE, '--prices', 'wrong-prices.yaml'],
    2,
    /users\.licence: must be an amount/,
  ],
  ['a report that is none', ['prices.yaml', ...LICENCE], 2, /report/],
])('%s is refused', async (_, argv, code, message) => {
  const { exitCode, stderr } = await run(...argv)

  expect([exitCode, stderr]).toEqual([code, expect.stringMatching(message)])
})

test('without the vendor’s key it says that nothing was checked', async () => {
  const { stdout, exitCode } = await run('whole.jsonl', '--licence', 'k-17.lic')

  expect(exitCode).toBe(0)
  expect(stdout).toContain('NOT CHECKED')
})
