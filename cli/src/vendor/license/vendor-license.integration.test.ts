import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Claims, signDocument, splitDocuments, verifyDocument, verifyRequest } from '@domicile/license/document'
import { chainOf, EXCHANGE, lineAfter, type RecordLine } from '@domicile/license/record'
import { formatPublicKey, formatSecretKey, generateKeyPair } from '@domicile/stacks/release'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { trustIn } from './issue-document.ts'

/** The program as a vendor runs it: files in, files, text and exit codes out. */

vi.setConfig({ testTimeout: 60_000 })

const PROGRAM = join(import.meta.dirname, '../../../bin/domicile.ts')
const folder = mkdtempSync(join(tmpdir(), 'domicile-vendor-'))
const pair = generateKeyPair()
const stranger = generateKeyPair()

const SPEC = `
vendor: Vendor d.o.o.
contract: K-17/2026
seq: 1
customer: { name: Naročnik d.o.o., taxNumber: SI12345678 }
limits:
  users: { max: 10, behaviour: refuse }
  sessions: { max: 4, behaviour: refuse, reserved: 1 }
term: { from: 2026-01-01, until: 2026-12-31 }
maintenanceUntil: 2026-12-31
paidThrough: 2026-03-31
`

const at = '2026-03-01T12:00:00.000Z'
const INSTALLATION = '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f'

const ELSEWHERE = '7f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f'

/** An installation's request after it has recorded these events. */
function request(kinds: readonly string[], more: Partial<Claims<'request'>> = {}, id = INSTALLATION): string {
  const lines: RecordLine[] = []
  for (const kind of kinds) lines.push(lineAfter(lines.at(-1) ?? null, { at, wall: at, kind, data: {} }))
  const { privateKey } = generateKeyPairSync('ed25519')
  const claims: Claims<'request'> = {
    jti: '00000000-0000-4000-8000-000000000001',
    iss: 'erp',
    iat: 1_770_000_000,
    installation: { id, publicKey: privateKey.export({ format: 'jwk' }).x ?? '' },
    ...{ product: 'erp', version: '6.0.29', purpose: 'production', contract: null, seq: null },
    usage: { users: 9 },
    chain: chainOf(lines),
    ...more,
  }
  return signDocument('request', claims, { kid: id, privateKey })
}

async function run(...argv: string[]) {
  const { exitCode, stdout, stderr } = await execa('node', [PROGRAM, 'vendor', 'license', ...argv], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
  })
  return { exitCode, stdout, stderr, json: argv.includes('--json') ? JSON.parse(stdout) : null }
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const contract = ['--contract', 'K-17/2026', '--key', 'vendor.key']

beforeAll(async () => {
  for (const [name, text] of Object.entries({
    'vendor.key': await formatSecretKey(pair),
    'vendor.pub': formatPublicKey(pair.publicKey),
    'other.pub': formatPublicKey(stranger.publicKey),
    'spec.yaml': SPEC,
    'request.lic': request(['installed', EXCHANGE]),
    'later.lic': request(['installed', EXCHANGE, 'metered', EXCHANGE]),
    'copy.lic': request(['installed', EXCHANGE, 'applied', EXCHANGE]),
    'foreign.lic': request(['another', EXCHANGE]),
    'elsewhere.lic': request(['another', EXCHANGE], {}, ELSEWHERE),
    'other-contract.lic': request(['installed', EXCHANGE], { contract: 'K-99/2026', seq: 1 }),
    'ahead.lic': request(['installed', EXCHANGE], { contract: 'K-17/2026', seq: 7 }),
  })) {
    writeFileSync(join(folder, name), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a licence', () => {
  const issue = (...more: string[]) =>
    run(
      'issue',
      '--spec',
      'spec.yaml',
      '--terms',
      'erp-on-premises',
      '--key',
      'vendor.key',
      '--request',
      'request.lic',
      ...more,
    )

  test('is issued for the installation that asked, with a summary that a person reads', async () => {
    const { exitCode, stdout } = await issue('--out', 'k17.lic')
    const [licence = ''] = splitDocuments(read('k17.lic'))
    const { claims } = verifyDocument(licence, ['licence'], trustIn([pair.publicKey]), new Date())

    expect(exitCode).toBe(0)
    expect(claims).toMatchObject({ installation: INSTALLATION, product: 'erp', terms: { name: 'erp-on-premises' } })
    expect(stdout).toMatch(/Named users: +10; one more is refused/)
    expect(read('k17.lic')).toContain('Naročnik d.o.o.')
    expect(statSync(join(folder, 'k17.lic')).mode & 0o777).toBe(0o644)
  })

  test('is never written over another file', async () => {
    const before = read('k17.lic')
    const { exitCode, json } = await issue('--out', 'k17.lic', '--json')

    expect([exitCode, json.error.code, read('k17.lic')]).toEqual([2, 'FILE_NOT_WRITTEN', before])
  })

  test('is issued with every profile that ships', async () => {
    const profiles = ['active-users-tiered', 'hrm-subscription', 'invoicing-prepaid', 'managed-hosting']
    for (const name of profiles) {
      const { json } = await run(
        'issue',
        '-s',
        'spec.yaml',
        '-t',
        name,
        '-k',
        'vendor.key',
        '-r',
        'request.lic',
        '-o',
        `${name}.lic`,
        '--json',
      )
      expect(json).toMatchObject({ claims: { terms: { name } } })
    }
  })

  test('is renewed; only what is named changes', async () => {
    const { json } = await run(
      'renew',
      '--licence',
      'k17.lic',
      '--seq',
      '2',
      '--users',
      '12',
      '--until',
      'perpetual',
      '--key',
      'vendor.key',
      '--json',
    )

    expect(json).toMatchObject({ kind: 'renewal', file: 'renewal-K-17-2026-2.lic' })
    expect(json.claims).toMatchObject({ until: null, limits: { users: { max: 12, behaviour: 'refuse' } } })
    expect(Object.keys(json.claims.limits)).toEqual(['users'])
    expect(json.claims).not.toHaveProperty('paidThrough')
  })

  test('that answers a request has the counter-signature of that record beside it, made by the same key', async () => {
    const [, anchor = ''] = splitDocuments(read('k17.lic'))
    const { claims } = verifyDocument(anchor, ['anchor'], trustIn([pair.publicKey]), new Date())
    const { chain } = verifyRequest(read('request.lic'), new Date()).claims

    expect(claims).toMatchObject({ installation: INSTALLATION, iss: 'Vendor d.o.o.', with: 'request' })
    expect(claims).toMatchObject({ genesis: chain.genesis, length: chain.length, head: chain.head })
  })

  test('is renewed, and a payment confirmed, with a counter-signature when a request came', async () => {
    const request = ['--request', 'later.lic', '--key', 'vendor.key', '--json']
    const renewed = await run('renew', '-l', 'k17.lic', '--seq', '5', '--users', '12', '-o', 'r5.lic', ...request)
    const paid = ['--paid-through', '2026-06-30']
    const receipt = await run('receipt', '-c', 'K-17/2026', '--seq', '6', ...paid, '-o', 'r6.lic', ...request)
    const { head } = verifyRequest(read('later.lic'), new Date()).claims.chain

    expect([renewed.json.anchor, receipt.json.anchor]).toMatchObject([{ head }, { head }])
    expect([read('r5.lic'), read('r6.lic')].map((text) => splitDocuments(text).length)).toEqual([2, 2])
    expect((await run('show', 'r5.lic', '--vendor-key', 'vendor.pub')).stdout).toMatch(/Counter-signed: +[0-9a-f-]{36}/)
  })

  test('is not renewed for what another installation or contract asked', async () => {
    const files = readdirSync(folder)
    const renew = (file: string) =>
      run('renew', '-l', 'k17.lic', '--seq', '7', '--users', '9', '-r', file, '-k', 'vendor.key', '--json')

    expect((await renew('elsewhere.lic')).json.error).toMatchObject({
      code: 'EXCHANGE_DIFFERS',
      message: expect.stringContaining('installation'),
    })
    expect((await renew('other-contract.lic')).json.error).toMatchObject({
      code: 'EXCHANGE_DIFFERS',
      message: expect.stringContaining('K-99/2026'),
    })
    expect((await renew('ahead.lic')).json.error.code).toBe('EXCHANGE_SEQUENCE')
    expect(readdirSync(folder)).toEqual(files)
  })

  test('is not renewed by nothing, or with a number that would be refused', async () => {
    const renew = (...more: string[]) => run('renew', '-l', 'k17.lic', '--key', 'vendor.key', '--json', ...more)

    expect((await renew('--seq', '2')).json.error.code).toBe('NOTHING_RENEWED')
    expect((await renew('--seq', '1', '--users', '1')).json.error.code).toBe('SEQUENCE_NOT_ABOVE')
  })
})

describe('an order', () => {
  const order = (...more: string[]) =>
    run('order', ...more, ...contract, '--clause', '5.9', '--reason', 'Dues.', '--json')
  const notice = ['--notice-given', '2026-01-01T09:00:00+01:00', '--notice', 'By mail.']

  test('that suspends carries the notice that was given', async () => {
    const { json } = await order('suspend', '--seq', '3', ...notice)

    expect(json.claims.notice).toEqual({ given: '2026-01-01T08:00:00.000Z', text: 'By mail.' })
  })

  test('that suspends without notice is only signed when it is urgent', async () => {
    const files = readdirSync(folder)
    const { exitCode, json } = await order('suspend', '--seq', '4')

    expect([exitCode, json.error.code]).toEqual([2, 'DOCUMENT_INVALID'])
    expect(readdirSync(folder)).toEqual(files)
    expect((await order('suspend', '--seq', '4', '--urgent')).json.claims).toMatchObject({ urgent: true, notice: null })
    expect((await order('suspend', '--seq', '5', '--urgent', ...notice)).exitCode).toBe(2)
  })

  test('that the terms of the licence do not foresee is not signed', async () => {
    const foreseen = await order('suspend', '--seq', '9', '--licence', 'k17.lic', ...notice)
    const not = await order('suspend', '--seq', '10', '--licence', 'hrm-subscription.lic', ...notice)

    expect([foreseen.exitCode, foreseen.json.claims.iss]).toEqual([0, 'Vendor d.o.o.'])
    expect([not.exitCode, not.json.error.code]).toEqual([5, 'ORDER_NOT_FORESEEN'])
    expect(readdirSync(folder)).not.toContain('order-K-17-2026-10.lic')
  })

  test('that lifts needs none', async () => {
    expect((await order('lift', '--seq', '6')).exitCode).toBe(0)
  })
})

test('receipt, unlock and key list are signed, each as its own kind', async () => {
  const common = ['--key', 'vendor.key', '--json']
  const all = await Promise.all([
    run('receipt', ...contract, '--seq', '7', '--paid-through', '2026-06-30', '--json'),
    run('unlock', '--installation', INSTALLATION, '--at', '2026-03-01T12:00:00Z', '--reason', 'Clock.', ...common),
    run('keys', 'rotate', '--add', 'other.pub', '--version', '1', ...common, '--out', 'keys.lic'),
    run('keys', 'rotate', '--revoke', stranger.publicKey.keyId, '--version', '2', ...common, '--out', 'keys-2.lic'),
  ])

  expect(all.map(({ json }) => json.kind)).toEqual(['receipt', 'unlock', 'keys', 'keys'])
  expect(all[2]?.json.claims.keys[0].kid).toBe(stranger.publicKey.keyId)
  expect(all[3]?.json.claims).toMatchObject({ revokedKeys: [stranger.publicKey.keyId] })
})

describe('show', () => {
  test('says whether the signature was checked', async () => {
    const checked = await run('show', 'k17.lic', '--vendor-key', 'vendor.pub')
    const unchecked = await run('show', 'k17.lic')

    expect([checked.exitCode, unchecked.exitCode]).toEqual([0, 0])
    expect(checked.stdout).toMatch(/Signature: +holds: key/)
    expect(unchecked.stdout).toMatch(/Signature: +NOT CHECKED/)
    expect((await run('show', 'request.lic', '--json')).json.items[0]).toMatchObject({
      kind: 'request',
      verified: true,
    })
  })

  test('ends with 4 when somebody else signed, or changed it', async () => {
    const other = await run('show', 'k17.lic', '--vendor-key', 'other.pub', '--json')
    writeFileSync(
      join(folder, 'changed.lic'),
      read('k17.lic').replace(/(\n.{20})(.)(.{43}\n)/, (_, a, b, c) => a + (b === 'A' ? 'B' : 'A') + c),
    )
    const changed = await run('show', 'changed.lic', '--vendor-key', 'vendor.pub', '--json')

    expect([other.exitCode, other.json.error.code]).toEqual([4, 'DOCUMENT_KEY_UNKNOWN'])
    expect(changed.exitCode).toBeGreaterThan(1)
    expect((await run('show', 'spec.yaml', '--json')).json.error.code).toBe('DOCUMENT_MISSING')
  })
})

describe('compare', () => {
  test.each([
    ['same', 'request.lic'],
    ['continued', 'later.lic'],
    ['foreign', 'foreign.lic'],
  ])('%s', async (kinship, other) => {
    expect((await run('compare', 'request.lic', other, '--json')).json.kinship).toBe(kinship)
  })

  test('forked ends with 4 and says what it can be', async () => {
    const { exitCode, stderr } = await run('compare', 'later.lic', 'copy.lic')

    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/copy of the other, or was put back to an earlier backup/)
  })
})
