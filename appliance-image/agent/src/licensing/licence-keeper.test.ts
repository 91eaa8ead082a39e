import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Claims, compareChains, verifyRequest } from '@domicile/license/document'
import { readRecord } from '@domicile/license/record'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Judge } from './judge.ts'
import { judging } from './judging.ts'
import { LicenceKeeper, NO_USAGE } from './licence-keeper.ts'
import { KID, licence as licenceAt, publicKey, signed, termsText, VENDOR_KEYS } from './vendor.fixture.ts'

const TERMS = termsText('erp-on-premises')
const DAY_MS = 86_400_000

let folder: string
let now: Date
let ran: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keeper-'))
  now = new Date('2026-11-22T09:00:00Z')
  ran = 0
})
afterEach(() => rm(folder, { recursive: true }))

/** As after a start of the agent on what an earlier one left. */
async function started(keys = VENDOR_KEYS, judge: Judge = judging): Promise<LicenceKeeper> {
  const product = { name: 'erp', version: '7.0.30' }
  const keeper = new LicenceKeeper(
    { folder, product, vendorKeys: keys },
    { judge, wall: () => now, ran: () => ran, log: () => undefined },
  )
  await keeper.load()
  return keeper
}

/** Time goes by, and the agent runs. */
function pass(ms: number): void {
  now = new Date(now.getTime() + ms)
  ran += ms / 1000
}

const iat = () => Math.floor(now.getTime() / 1000)
const common = (seq: number) => ({ jti: randomUUID(), iss: 'Vendor', iat: iat(), contract: 'C-1', seq })
const licence = (seq: number, changes: Partial<Claims<'licence'>> = {}) => licenceAt(now, seq, changes)

const suspend = (seq: number) =>
  signed('order', {
    ...common(seq),
    action: 'suspend',
    reason: 'The server is used to attack others.',
    clause: '4.7',
    effective: now.toISOString(),
    notice: null,
    urgent: true,
  })

const recordPath = () => join(folder, 'record.jsonl')
const kinds = () => readRecord(readFileSync(recordPath(), 'utf8')).lines.map(({ kind }) => kind)

describe('a licence', () => {
  test('is in force at once, and after a restart', async () => {
    const keeper = await started()
    await keeper.take(licence(1), false, NO_USAGE)

    expect(keeper.standing).toMatchObject({ state: 'good', effects: { limits: { users: { max: 10 } } } })
    expect((await started()).standing).toEqual(keeper.standing)
  })

  test('that cannot be read after a start is not taken for none', async () => {
    await (await started()).take(licence(1), false, NO_USAGE)
    let works = false
    const judge: Judge = {
      ...judging,
      judge: (request) => (works ? judging.judge(request) : Promise.reject(new Error('no memory'))),
    }
    const keeper = await started(VENDOR_KEYS, judge)

    expect(keeper.licence).toBeNull()
    expect(keeper.findings).toMatchObject([{ code: 'STANDING_UNDECIDED' }])
    works = true
    await keeper.evaluate(NO_USAGE)
    expect(keeper.licence).not.toBeNull()
    expect(keeper.findings).toEqual([])
  })

  test('that was altered changes nothing, is refused with a reason and written down', async () => {
    const keeper = await started()
    await keeper.take(licence(1), false, NO_USAGE)
    const lines = licence(2, { limits: {} }).split('\n')
    const altered = lines.map((line, index) =>
      index === 3 ? line.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')) : line,
    )

    await expect(keeper.take(altered.join('\n'), false, NO_USAGE)).rejects.toMatchObject({ name: 'Refusal', hint: /./ })
    expect(keeper.licence?.seq).toBe(1)
    expect(kinds()).toEqual(['begun', 'vendor-keys', 'imported', 'standing', 'import-refused'])
  })

  test('that is older than one seen is refused, also after a restart', async () => {
    const older = licence(1)
    await (await started()).take(licence(2), false, NO_USAGE)

    await expect((await started()).take(older, false, NO_USAGE)).rejects.toMatchObject({
      code: 'DOCUMENT_OLDER',
      kind: 'refused',
    })
  })

  test('comes in whole or not at all: one bad document in a file refuses all of it', async () => {
    const keeper = await started()

    await expect(keeper.take(`${licence(2)}\n${suspend(1)}`, false, NO_USAGE)).rejects.toMatchObject({
      code: 'DOCUMENT_OLDER',
    })
    expect(keeper.licence).toBeNull()
    expect(keeper.standing.state).toBe('unlicensed')
  })

  test('of another contract that shall replace the one held does so also after a restart', async () => {
    const keeper = await started()
    await keeper.take(licence(5), false, NO_USAGE)
    await keeper.take(licence(1, { contract: 'C-2' }), true, NO_USAGE)

    const later = await started()
    await later.evaluate(NO_USAGE)
    expect(later.licence?.contract).toBe('C-2')
    expect(later.findings).toEqual([])
  })

  test('whose terms cannot be carried out is refused when it comes, not when it would matter', async () => {
    const text = TERMS.replace('state: suspended', 'state: asleep')
    const terms = { name: 'x', version: 1, sha256: createHash('sha256').update(text).digest('hex'), text }

    await expect((await started()).take(licence(1, { terms }), false, NO_USAGE)).rejects.toMatchObject({
      name: 'Refusal',
    })
  })
})

describe('keys', () => {
  test('that count no more leave what they signed when they did, and sign nothing new', async () => {
    await (await started()).take(licence(1), false, NO_USAGE)
    const next = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''
    const keeper = await started([{ kid: 'FFFFFFFFFFFFFFFF', publicKey: next, from: null, until: null }])

    expect(keeper.standing.state).toBe('good')
    expect(keeper.licence?.seq).toBe(1)
    await expect(keeper.take(licence(2), false, NO_USAGE)).rejects.toMatchObject({ code: 'DOCUMENT_KEY_UNKNOWN' })
  })

  test('may take a licence back: it is said, and nobody’s work stops', async () => {
    const keeper = await started()
    const [{ jti = '' } = {}] = await keeper.take(licence(1), false, NO_USAGE)
    const keys = { jti: randomUUID(), iss: 'Vendor', iat: iat(), version: 1, revokedKeys: [], revokedLicences: [jti] }
    const own = { kid: KID, publicKey, from: null, until: null }
    await keeper.take(signed('keys', { ...keys, keys: [own] }), false, NO_USAGE)

    expect(keeper.findings).toMatchObject([{ code: 'LICENCE_TAKEN_BACK' }])
    expect(keeper.standing.state).toBe('good')
    await keeper.take(licence(2), false, NO_USAGE)
    expect(keeper.findings).toEqual([])
  })
})

describe('a harder standing', () => {
  test('comes only when two computations in a row say so; a milder one at once', async () => {
    const keeper = await started()
    await keeper.take(licence(1), false, NO_USAGE)
    await keeper.take(suspend(2), false, NO_USAGE)

    expect(keeper.standing.state).toBe('good')
    pass(15_000)
    await keeper.evaluate(NO_USAGE)
    expect(keeper.standing).toMatchObject({ state: 'suspended', effects: { blocked: { page: 'suspended' } } })

    pass(15_000)
    const lift = {
      ...common(3),
      action: 'lift',
      reason: 'Mended.',
      clause: '4.7',
      notice: null,
      urgent: false,
    } as const
    await keeper.take(signed('order', { ...lift, effective: now.toISOString() }), false, NO_USAGE)
    expect(keeper.standing.state).toBe('good')
  })
})

test('a notice counts as shown once, when it is due', async () => {
  const keeper = await started()
  await keeper.take(licence(1, { paidThrough: '2026-11-20' }), false, NO_USAGE)
  const [notice] = keeper.standing.effects.notices

  keeper.shown('not/one@of-them')
  keeper.shown(notice?.key ?? '')
  pass(DAY_MS / 2)
  keeper.shown(notice?.key ?? '')

  expect(kinds().filter((kind) => kind === 'notice-shown')).toHaveLength(1)
})

describe('the record', () => {
  test('that was shortened is seen', async () => {
    const keeper = await started()
    await keeper.take(licence(1, { paidThrough: '2026-11-20' }), false, NO_USAGE)
    const lines = readFileSync(recordPath(), 'utf8').split('\n')
    writeFileSync(recordPath(), `${lines.slice(0, 3).join('\n')}\n`)

    const { findings, standing } = await started()
    expect(findings).toMatchObject([{ code: 'RECORD_TAMPERED' }])
    expect(kinds()).toContain('tampered')
    expect(standing.state).toBe('notice')
  })

  test('that was filled with rubbish costs nobody the work: what was decided last holds', async () => {
    await (await started()).take(licence(1), false, NO_USAGE)
    writeFileSync(recordPath(), 'rubbish\n\0\xff{{{\n')
    writeFileSync(join(folder, 'state.json'), 'rubbish')

    const keeper = await started()
    expect(keeper.standing.effects.blocked).toBeNull()
    expect(keeper.findings).not.toEqual([])
    await keeper.take(licence(3), false, NO_USAGE)
    expect(keeper.standing.state).toBe('good')
  })

  test('that is changed while the agent runs is made again from what is known, and that is written down', async () => {
    const keeper = await started()
    await keeper.take(licence(1), false, NO_USAGE)
    writeFileSync(recordPath(), 'rubbish\n')
    keeper.note('standing', {})

    const { lines, problem } = readRecord(readFileSync(recordPath(), 'utf8'))
    expect(problem).toBeNull()
    expect(lines.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['begun', 'imported', 'tampered']))
    expect((await started()).standing.state).toBe('good')
  })

  test.each([
    ['state.json', '{"clock":5}'],
    ['state.json', '{"standing":{"state":"suspended"}}'],
    ['state.json', '{"clock":{"now":null},"head":[],"aliveAt":"yesterday"}'],
    ['state.json', '[]'],
    ['installation.json', '{}'],
    ['installation.json', 'rubbish'],
  ])('and what is beside it may be edited: %s as %s', async (file, text) => {
    await (await started()).take(licence(1), false, NO_USAGE)
    writeFileSync(join(folder, file), text)

    const keeper = await started()
    expect(keeper.standing.state).toBe('good')
    expect(Number.isNaN(keeper.now().getTime())).toBe(false)
    if (file === 'installation.json') expect(keeper.findings).toMatchObject([{ code: 'RECORD_TAMPERED' }])
    await keeper.take(licence(2), false, NO_USAGE)
    expect(await keeper.request({ purpose: 'production' }, NO_USAGE)).toContain('REQUEST')
  })

  test('says when nobody looked', async () => {
    await started()
    pass(3 * 3_600_000)
    await started()

    expect(kinds()).toContain('gap')
  })

  test('of a copy forks from that of the original', async () => {
    const usage = { users: 3, sessions: null, meters: {} }
    const chain = async (keeper: LicenceKeeper) =>
      verifyRequest(await keeper.request({ purpose: 'production' }, usage), now).claims.chain
    const keeper = await started()
    const before = await chain(keeper)
    const [record, state] = [readFileSync(recordPath()), readFileSync(join(folder, 'state.json'))]
    const original = await chain(keeper)
    pass(60_000)
    writeFileSync(recordPath(), record)
    writeFileSync(join(folder, 'state.json'), state)
    const copy = await chain(await started())

    expect(compareChains(before, original)).toBe('continued')
    expect(compareChains(before, copy)).toBe('continued')
    expect(compareChains(original, copy)).toBe('forked')
  })
})

describe('the clock', () => {
  test('set back or far ahead moves nothing; an unlock of the vendor does, once', async () => {
    const keeper = await started()
    await keeper.take(licence(1, { term: { from: '2026-01-01', until: '2026-12-31' } }), false, NO_USAGE)
    now = new Date(now.getTime() + 400 * DAY_MS)
    await keeper.evaluate(NO_USAGE)
    expect(keeper.standing.state).toBe('good')
    expect(keeper.status().clock.problem).toContain('ahead of')

    const { installation } = keeper.status()
    const at = new Date(now.getTime() - 390 * DAY_MS).toISOString()
    const text = signed('unlock', {
      jti: randomUUID(),
      iss: 'Vendor',
      iat: iat(),
      installation,
      at,
      reason: 'Battery.',
    })
    await keeper.take(text, false, NO_USAGE)
    expect(keeper.now().toISOString()).toBe(at)
    expect((await keeper.take(text, false, NO_USAGE))[0]?.changed).toBe(false)
    expect(keeper.standing.state).toBe('notice')
  })

  test('an unlock for another installation is refused', async () => {
    const claims = { jti: randomUUID(), iss: 'Vendor', iat: iat(), installation: randomUUID(), at: now.toISOString() }

    await expect(
      (await started()).take(signed('unlock', { ...claims, reason: 'x' }), false, NO_USAGE),
    ).rejects.toMatchObject({
      code: 'INSTALLATION_OTHER',
    })
  })

  test('a document that the vendor signed today makes a clock believed that seemed to run ahead', async () => {
    const keeper = await started()
    await keeper.take(licence(1), false, NO_USAGE)
    now = new Date(now.getTime() + 40 * DAY_MS)
    await keeper.take(licence(2), false, NO_USAGE)

    expect(keeper.now()).toEqual(now)
  })
})

test('a line cut by a power failure is dropped without a word', async () => {
  await (await started()).take(licence(1), false, NO_USAGE)
  appendFileSync(recordPath(), '{"n":4,"at":"2026')

  const keeper = await started()
  expect(keeper.findings).toEqual([])
  expect(keeper.standing.state).toBe('good')
})
