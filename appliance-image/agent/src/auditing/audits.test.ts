import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditReport, readReport } from '@domicile/license/audit'
import { EXCHANGE, readRecord } from '@domicile/license/record'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NO_USAGE } from '../licensing/licence-keeper.ts'
import { signed, stamped, VENDOR_KEYS } from '../licensing/vendor.fixture.ts'
import { auditing } from './auditing.ts'
import type { AuditRequest } from './auditor.ts'
import { Audits } from './audits.ts'
import { CountingAppliance, PRODUCT } from './ledger.fixture.ts'

let home: string
let into: string
let appliance: CountingAppliance
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'audits-'))
  into = join(home, 'run')
  mkdirSync(into)
  appliance = new CountingAppliance(join(home, 'licence'))
  await appliance.start()
  await appliance.licensed()
  for (let days = 0; days < 3; days++) appliance.countDay((minute) => (minute < 60 ? 12 : 5))
  appliance.countUntil(600)
})
afterEach(() => rm(home, { recursive: true }))

const auditsOf = ({ folder, keeper }: CountingAppliance) =>
  new Audits({ folder, into, product: PRODUCT }, { keeper, auditor: auditing })
const WHOLE = { from: null, to: null, exchange: false } as const
const audited = (of = appliance, request: Parameters<Audits['audit']>[0] = WHOLE) =>
  auditsOf(of).audit(request, NO_USAGE)
const codes = async (of = appliance) =>
  (await audited(of)).findings.map(({ code, day }) => (day ? `${code} ${day}` : code))
const report = (file: string): AuditReport =>
  readReport(readFileSync(join(into, file), 'utf8'), { now: appliance.now, vendorKeys: VENDOR_KEYS })
const record = () => readRecord(readFileSync(recordPath(), 'utf8')).lines
const recordPath = () => join(appliance.folder, 'record.jsonl')

describe('a report', () => {
  test('of what nobody touched says what was counted, and holds', async () => {
    const { file, bytes, sha256, findings, period } = await audited()
    const content = readFileSync(join(into, file))

    expect(findings).toEqual([])
    expect(period).toEqual({ from: '2026-11-01', to: '2026-11-04' })
    expect([bytes, sha256]).toEqual([content.length, createHash('sha256').update(content).digest('hex')])
    expect(statSync(join(into, file)).mode & 0o777).toBe(0o600)
    const read = report(file)
    expect(read.findings).toEqual([])
    expect(read.figures.users).toMatchObject({ peak: { value: 12 }, limit: 10 })
    expect(read.licences).toHaveLength(1)
  })

  test('is signed by the installation, at the head of its record', async () => {
    const { file } = await audited(appliance, { ...WHOLE, purpose: 'standby', exchange: true })
    const { reporter, chain } = report(file)
    const last = record().at(-1)

    expect(reporter).toMatchObject({ installation: { id: appliance.keeper.installation.id }, purpose: 'standby' })
    expect(last).toMatchObject({ kind: EXCHANGE, data: { with: 'usage' } })
    expect(chain).toMatchObject({ length: last?.n, head: last?.hash, checkpoints: [{ hash: last?.hash }] })
  })

  test('that is only looked at leaves no line in the record', async () => {
    const before = record().length
    await audited()

    expect(record()).toHaveLength(before)
  })

  test('of a period is of that period, as far as there was anything', async () => {
    const { file, period } = await audited(appliance, { ...WHOLE, from: '2026-11-02', to: '2027-05-05' })

    expect(period).toEqual({ from: '2026-11-02', to: '2026-11-04' })
    expect(report(file).findings).toEqual([])
    expect(report(file).figures.users?.days[0]?.day).toBe('2026-11-02')
  })

  test.each([
    ['that ends before it begins', { from: '2026-11-03', to: '2026-11-02' }],
    ['before the first day', { from: '2025-01-01', to: '2025-12-31' }],
    ['that has not begun', { from: '2027-01-01', to: null }],
  ])('of a period %s is refused with a hint', async (_, period) => {
    await expect(audited(appliance, { ...WHOLE, ...period })).rejects.toMatchObject({
      ...{ name: 'Refusal', code: 'AUDIT_PERIOD_EMPTY', hint: /--from/ },
    })
    expect(readdirSync(into)).toEqual([])
  })

  test.each([
    ['The audit was ended.', /--from/],
    ['ENOSPC: no space left on device, write', /Free some space/],
  ])('that cannot be made is refused with what to do, and the next one is made: %s', async (why, hint) => {
    const answers = [Promise.reject(new Error(why))]
    const auditor = { audit: (request: AuditRequest) => answers.pop() ?? auditing.audit(request) }
    const { folder, keeper } = appliance
    const audits = new Audits({ folder, into, product: PRODUCT }, { keeper, auditor })
    const [first, second] = [audits.audit(WHOLE, NO_USAGE), audits.audit(WHOLE, NO_USAGE)]

    await expect(first).rejects.toMatchObject({ name: 'Refusal', code: 'AUDIT_FAILED', hint })
    expect(report((await second).file).findings).toEqual([])
  })

  test('that nobody took is removed by a later one; what is fresh, or no report, stays', async () => {
    const { file: old } = await audited()
    const { file: fresh } = await audited()
    writeFileSync(join(into, 'agent.sock.txt'), '')
    const elevenMinutesAgo = Date.now() / 1000 - 660
    for (const name of [old, 'agent.sock.txt']) utimesSync(join(into, name), elevenMinutesAgo, elevenMinutesAgo)
    const { file } = await audited()

    expect(readdirSync(into).sort()).toEqual([file, fresh, 'agent.sock.txt'].sort())
  })
})

/** Changes one character in the middle. */
function flip(path: string): void {
  const text = readFileSync(path, 'utf8')
  const at = text.search(/\d{2}(?=\D*$)/)
  writeFileSync(path, text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1))
}
function swap(one: string, other: string): void {
  renameSync(one, `${one}.aside`)
  renameSync(other, one)
  renameSync(`${one}.aside`, other)
}
const path = (file: 'samples' | 'hours', day: string) => appliance.path(file, day)

describe('what was tampered with is named', () => {
  test.each<[string, () => void, string[]]>([
    ['a byte of the samples', () => flip(path('samples', '2026-11-02')), ['SAMPLES_CHANGED 2026-11-02']],
    ['a byte of the day that is open', () => flip(path('samples', '2026-11-04')), ['SAMPLES_CHANGED 2026-11-04']],
    ['samples cut off', () => truncateSync(path('samples', '2026-11-02'), 2000), ['SAMPLES_CHANGED 2026-11-02']],
    ['samples gone', () => rmSync(path('samples', '2026-11-02')), ['SAMPLES_MISSING 2026-11-02']],
    ['a byte of the hours', () => flip(path('hours', '2026-11-02')), ['HOURS_CHANGED 2026-11-02']],
    ['hours gone', () => rmSync(path('hours', '2026-11-02')), ['HOURS_MISSING 2026-11-02']],
    [
      'samples that changed places',
      () => swap(path('samples', '2026-11-01'), path('samples', '2026-11-03')),
      ['DAYS_SWAPPED 2026-11-01', 'DAYS_SWAPPED 2026-11-03'],
    ],
    [
      'hours that changed places',
      () => swap(path('hours', '2026-11-01'), path('hours', '2026-11-02')),
      ['DAYS_SWAPPED 2026-11-01', 'DAYS_SWAPPED 2026-11-02'],
    ],
    [
      'a day that was taken out of the ledger',
      () => {
        for (const file of ['samples', 'hours'] as const) rmSync(path(file, '2026-11-03'))
      },
      ['HOURS_MISSING 2026-11-03', 'SAMPLES_MISSING 2026-11-03'],
    ],
    [
      'a day that was put into it',
      () => {
        cpSync(path('samples', '2026-11-01'), path('samples', '2026-10-15'))
      },
      ['SEAL_MISSING 2026-10-15'],
    ],
  ])('%s', async (_, harm, expected) => {
    harm()

    expect(await codes()).toEqual(expected)
    const written = record().filter(({ kind }) => kind === 'tampered')
    expect(written.map(({ data }) => `${data['code']} ${data['day']}`)).toEqual(expected)
  })

  test.each<[string, () => void]>([
    ['a byte of the record', () => flip(recordPath())],
    ['a line of the record left out', () => writeFileSync(recordPath(), lines().toSpliced(3, 1).join(''))],
    [
      'two lines of the record changed about',
      () => {
        const [first = '', second = '', ...others] = lines()
        writeFileSync(recordPath(), [first, ...others.slice(0, 1), second, ...others.slice(1)].join(''))
      },
    ],
  ])('%s', async (_, harm) => {
    harm()

    expect(await codes()).toContain('RECORD_BROKEN')
  })

  test('a record that is broken is mended before a start believes the rest of it no more: the licence stays', async () => {
    const before = readFileSync(recordPath(), 'utf8')
    writeFileSync(recordPath(), before.replace('"n":2', '"n":9'))
    await audited()
    await appliance.keeper.evaluateIfDue(NO_USAGE)

    expect(readRecord(readFileSync(recordPath(), 'utf8')).problem).toBeNull()
    expect(readFileSync(`${recordPath()}.broken`, 'utf8')).toContain('"n":9')
    const { licence, findings } = await appliance.start()
    expect(licence?.contract).toBe('C-1')
    expect(findings).toEqual([])
    expect(record().map(({ kind, data }) => data['code'] ?? kind)).toEqual(
      expect.arrayContaining(['RECORD_CHANGED', 'RECORD_BROKEN']),
    )
  })

  test('a record that lost its end, while the agent runs and while it does not', async () => {
    const shorten = () => writeFileSync(recordPath(), lines().slice(0, -2).join(''))
    shorten()
    expect(await codes()).toEqual(['RECORD_PUT_BACK', 'SEAL_MISSING 2026-11-02'])

    await appliance.keeper.evaluateIfDue(NO_USAGE)
    shorten()
    await appliance.start()
    expect(
      record()
        .filter(({ kind }) => kind === 'tampered')
        .map(({ data }) => data['code']),
    ).toContain('RECORD_PUT_BACK')
  })

  test('it is written down once, shown until an audit finds nothing, and costs nobody the work', async () => {
    const audits = auditsOf(appliance)
    const whole = readFileSync(path('hours', '2026-11-02'))
    flip(path('hours', '2026-11-02'))
    for (let count = 0; count < 3; count++) await audits.audit(WHOLE, NO_USAGE)

    expect(audits.findings).toMatchObject([{ code: 'LEDGER_TAMPERED', message: /2026-11-02/, hint: /./ }])
    expect(record().filter(({ kind }) => kind === 'tampered')).toHaveLength(1)
    expect(appliance.keeper.standing.state).toBe('good')
    writeFileSync(path('hours', '2026-11-02'), whole)
    await audits.audit(WHOLE, NO_USAGE)
    expect(audits.findings).toEqual([])
  })

  test('who reads the report finds it as well', async () => {
    flip(path('hours', '2026-11-02'))
    const { file } = await audited()

    expect(report(file).findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining([expect.stringMatching(/HOURS_(CHANGED|MISSING)/)]),
    )
  })
})

const lines = () => readFileSync(recordPath(), 'utf8').split(/(?<=\n)/)

describe('a folder that was copied', () => {
  /** What the vendor signs when it gets this report. */
  const counterSigned = ({ chain, reporter }: AuditReport) => {
    const { genesis, length, head } = chain
    return signed('anchor', {
      ...stamped(appliance.now),
      installation: reporter.installation.id,
      genesis,
      length,
      head,
      with: 'usage',
    })
  }
  const exchanged = async (of: CountingAppliance) => report((await audited(of, { ...WHOLE, exchange: true })).file)
  const kept = (of: CountingAppliance) => {
    const copy = new CountingAppliance(join(home, 'copy'), of.now.toISOString())
    cpSync(of.folder, copy.folder, { recursive: true })
    return copy
  }

  test('and put back holds by itself; what the vendor counter-signed since tells it, also to who reads a report', async () => {
    const restored = kept(appliance)
    const anchor = counterSigned(await exchanged(appliance))
    await restored.start()
    restored.countUntil(700)
    expect(await codes(restored)).toEqual([])

    await restored.keeper.take(anchor, false, NO_USAGE)
    expect(restored.keeper.findings).toMatchObject([{ code: 'RECORD_PUT_BACK' }])
    expect((await exchanged(restored)).findings.map(({ code }) => code)).toContain('RECORD_PUT_BACK')
  })

  test('and went on as a second one is told from the first', async () => {
    const clone = kept(appliance)
    await clone.start()
    clone.now = new Date(clone.now.getTime() + 60_000)
    await exchanged(appliance)
    const anchor = counterSigned(await exchanged(appliance))
    for (let count = 0; count < 4; count++) await exchanged(clone)
    await clone.keeper.take(anchor, false, NO_USAGE)

    expect(clone.keeper.findings).toMatchObject([{ code: 'RECORD_PUT_BACK' }])
  })

  test('a counter-signature of what is there leaves everything well', async () => {
    const anchor = counterSigned(await exchanged(appliance))
    await appliance.keeper.take(anchor, false, NO_USAGE)

    const { findings } = await exchanged(appliance)
    expect(findings).toEqual([])
    expect(appliance.keeper.findings).toEqual([])
  })
})

describe('samples of an hour', () => {
  test('are the lines as they stand in the file, with what their columns are', () => {
    const { lines = [] } = auditsOf(appliance).samples({ day: '2026-11-02', hour: 1 })
    const stored = readFileSync(path('samples', '2026-11-02'), 'utf8').split('\n')

    expect(lines).toEqual([stored[0], ...stored.slice(7, 13)])
  })

  test('are null when they were dropped, and nothing but samples is ever read', () => {
    const audits = auditsOf(appliance)

    expect(audits.samples({ day: '2026-10-01', hour: 1 })).toEqual({ lines: null })
    expect(audits.samples({ day: '../../record', hour: 1 })).toEqual({ lines: null })
  })
})
