import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signDocument, splitDocuments, verifyDocument } from '@domicile/license/document'
import { chainOf } from '@domicile/license/record'
import { erpLicence, TestInstallation } from '@domicile/license/testing/audit/audit'
import { installationKey, request, testKey } from '@domicile/license/testing/document/testing'
import { formatPublicKey, formatSecretKey, generateKeyPair } from '@domicile/stacks/release'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { installationFingerprint } from '../../license/installation-key.ts'
import { trustIn } from '../license/issue-document.ts'

/** The program as an auditor runs it, with files and public keys and nothing else. */

vi.setConfig({ testTimeout: 60_000 })

const PROGRAM = join(import.meta.dirname, '../../../bin/domicile.ts')
const folder = mkdtempSync(join(tmpdir(), 'domicile-audit-'))
const pair = generateKeyPair()
const signer = { kid: pair.publicKey.keyId, privateKey: pair.key }

/** Licensed by the vendor of this test. */
function installation(): TestInstallation {
  const made = TestInstallation.licensed('2026-01-01T08:00Z')
  const claims = erpLicence()
  made.lines = made.lines.slice(0, 1)
  made.import('2026-01-01T08:00Z', 'licence', signDocument('licence', claims, signer), claims.jti)
  return made.live('2026-01-01', '2026-01-10')
}

const copyOf = ({ lines, days, key }: TestInstallation) =>
  Object.assign(new TestInstallation(key), { lines: [...lines], days: [...days] })

const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

beforeAll(async () => {
  const one = installation()
  put('request.lic', signDocument('request', request({ chain: chainOf(one.lines) }), installationKey))
  const other = testKey('other installation', '7f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f')
  const elsewhere = { id: other.kid, publicKey: other.publicKey }
  put('elsewhere.lic', signDocument('request', request({ installation: elsewhere }), other))
  const copy = copyOf(one)
  put('one.jsonl', await one.report({ from: '2026-01-01', to: '2026-01-10' }, '2026-01-11T09:00:00Z'))
  one.live('2026-01-11', '2026-01-20')
  put('two.jsonl', await one.report({ from: '2026-01-11', to: '2026-01-20' }, '2026-01-21T09:00:00Z'))
  copy.live('2026-01-11', '2026-01-12')
  put('copy.jsonl', await copy.report({ from: '2026-01-01', to: '2026-01-12' }, '2026-01-13T09:00:00Z'))
  put(
    'changed.jsonl',
    read('one.jsonl').replace(/("day":"2026-01-05".*?)480/, (_, before) => `${before}470`),
  )
  put('vendor.key', await formatSecretKey(pair))
  put('vendor.pub', formatPublicKey(pair.publicKey))
  put('stranger.pub', formatPublicKey(generateKeyPair().publicKey))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function run(...argv: string[]) {
  const { exitCode, stdout, stderr } = await execa('node', [PROGRAM, 'vendor', 'audit', ...argv], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
  })
  return { exitCode, stdout, stderr, json: argv.includes('--json') ? JSON.parse(stdout) : null }
}

describe('verify', () => {
  const keys = ['--vendor-key', 'vendor.pub', '--installation-key', 'request.lic']
  const codes = ({ json }: Awaited<ReturnType<typeof run>>) => json.findings.map(({ code }: { code: string }) => code)

  test('with both keys says that every part holds, and who signed', async () => {
    const { exitCode, stdout } = await run('verify', 'two.jsonl', ...keys, '--since', 'one.jsonl')

    expect(exitCode).toBe(0)
    expect(stdout).toContain(installationFingerprint(installationKey.publicKey))
    expect(stdout).toMatch(/Every part holds\./)
    expect(stdout).toMatch(/Earlier report: +The later report goes on/)
  })

  test('without keys says what was not checked', async () => {
    const { exitCode, stdout } = await run('verify', 'one.jsonl')

    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/TAKEN FROM THE REPORT.*NOT CHECKED.*that could be checked holds/s)
  })

  test('ends with 4 and names what does not hold', async () => {
    const changed = await run('verify', 'changed.jsonl', ...keys, '--json')
    const other = await run('verify', 'one.jsonl', '--installation-key', 'elsewhere.lic', '--json')
    const forged = await run('verify', 'one.jsonl', '--vendor-key', 'stranger.pub', '--json')
    const forked = await run('verify', 'copy.jsonl', ...keys, '--since', 'two.jsonl', '--json')

    expect([changed, other, forged, forked].map(({ exitCode }) => exitCode)).toEqual([4, 4, 4, 4])
    expect(codes(changed)).toEqual(expect.arrayContaining(['REPORT_CHANGED', 'HOURS_CHANGED']))
    expect(codes(other)).toContain('REPORT_CHANGED')
    expect(codes(forged)).toContain('DOCUMENT_DOUBTFUL')
    expect(codes(forked)).toEqual(['NOT_CONTINUED'])
  })

  test('ends with 2 when it is no report', async () => {
    const { exitCode, json } = await run('verify', 'request.lic', '--json')

    expect([exitCode, json.error.code]).toEqual([2, 'REPORT_UNREADABLE'])
    expect((await run('verify', 'nothing.jsonl', '--json')).exitCode).toBe(2)
  })
})

describe('compare', () => {
  test.each([
    ['same', 0, 'one.jsonl', 'one.jsonl'],
    ['continued', 0, 'one.jsonl', 'two.jsonl'],
    ['continued', 0, 'request.lic', 'two.jsonl'],
    ['foreign', 0, 'elsewhere.lic', 'two.jsonl'],
    ['forked', 4, 'copy.jsonl', 'two.jsonl'],
  ])('%s ends with %i: %s and %s', async (kinship, code, a, b) => {
    const { exitCode, json } = await run('compare', a, b, '--json')

    expect([json.kinship, exitCode]).toEqual([kinship, code])
  })

  test('says where the two part, and that both were running', async () => {
    const { stdout, json } = await run('compare', 'copy.jsonl', 'two.jsonl', '--json')

    expect(json.parted.a.n).toBe(json.lastCommon.n + 1)
    expect(json.bothRunning.length).toBeGreaterThan(40)
    expect(stdout).toContain('two were running at the same time')
  })

  test('ends with 4 when one of them does not hold by itself', async () => {
    expect((await run('compare', 'changed.jsonl', 'two.jsonl')).exitCode).toBe(4)
  })
})

describe('countersign', () => {
  const sign = (...argv: string[]) => run('countersign', ...argv, '--key', 'vendor.key', '--json')

  test('signs where the record stood, and the record of a copy contradicts it', async () => {
    const { json } = await sign('two.jsonl', '--out', 'anchor.lic', '--vendor', 'Vendor d.o.o.')
    const [text = ''] = splitDocuments(read('anchor.lic'))
    const { claims } = verifyDocument(text, ['anchor'], trustIn([pair.publicKey]), new Date())
    const verify = (...files: string[]) =>
      run('verify', ...files, '--vendor-key', 'vendor.pub', '--anchor', 'anchor.lic', '--json')

    expect(json.claims).toEqual(claims)
    expect(claims).toMatchObject({ iss: 'Vendor d.o.o.', with: 'usage' })
    expect((await verify('two.jsonl', '--since', 'one.jsonl')).json.findings).toEqual([])
    expect((await verify('copy.jsonl')).json.findings).toMatchObject([{ code: 'RECORD_PUT_BACK' }])
  })

  test('signs what a request says too', async () => {
    expect((await sign('request.lic', '--out', 'of-request.lic')).json.claims).toMatchObject({ with: 'request' })
  })

  test.each([
    ['that does not hold', ['changed.jsonl']],
    ['of another installation', ['one.jsonl', '--installation-key', 'elsewhere.lic']],
    ['of another installation', ['request.lic', '--installation-key', 'elsewhere.lic']],
    ['that does not continue the earlier one', ['copy.jsonl', '--since', 'two.jsonl']],
    ['that is older than the earlier one', ['one.jsonl', '--since', 'two.jsonl']],
  ])('signs nothing %s: %j', async (_, argv) => {
    const files = readdirSync(folder)
    const { exitCode, json } = await sign(...argv, '--out', 'never.lic')

    expect([exitCode, json.error.code]).toEqual([4, 'NOT_COUNTERSIGNED'])
    expect(readdirSync(folder)).toEqual(files)
  })
})
