import { beforeAll, describe, expect, test } from 'vitest'
import { signDocument } from '../document/index.ts'
import { INSTALLATION, vendor } from '../document/testing.fixture.ts'
import { hoursText } from '../ledger/index.ts'
import { chainOf, type RecordLine } from '../record/index.ts'
import { erpLicence, TestInstallation } from './audit.fixture.ts'
import { changedText, codes, indexOf, lived, MADE_AT, PERIOD, read, seal } from './report.fixture.ts'

let installation: TestInstallation
let text: string

beforeAll(async () => {
  installation = lived()
  text = await installation.report(PERIOD, MADE_AT)
})

describe('a report that nobody touched', () => {
  test('holds, and says what was counted', () => {
    const report = read(text)

    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ period: PERIOD, timezone: 'Europe/Ljubljana', madeAt: MADE_AT })
    expect(report.figures.users?.peak).toEqual({ value: 13, at: '2026-03-05T08:00:00.000Z' })
    expect(report.chain).toEqual(chainOf(installation.lines))
    expect(report.licences.map(({ claims }) => claims.contract)).toEqual(['K-17/2026'])
  })

  test('holds without the keys of the vendor, and with the key of the installation', () => {
    expect(read(text, { vendorKeys: [] }).findings).toEqual([])
    expect(read(text, { installationKey: installation.key.publicKey }).findings).toEqual([])
  })

  test('says the same figures as it was made with', () => {
    const stated = JSON.parse(text.split('\n')[1] as string)
    expect(stated.figures).toEqual(read(text).figures)
  })

  test('is the same bytes when it is made again', async () => {
    expect(await lived().report(PERIOD, MADE_AT)).toBe(text)
  })

  test('is the same bytes when its days are read one after the other', async () => {
    const made = lived()
    const { lines, days } = made.evidence(PERIOD)
    const read = {
      lines,
      days: {
        *[Symbol.iterator]() {
          for (const day of days) yield structuredClone(day)
        },
      },
    }
    expect(await made.report(PERIOD, MADE_AT, read)).toBe(text)
  })

  test('may be of a time in which the appliance was not licensed', async () => {
    const unlicensed = new TestInstallation()
    unlicensed.write('2026-02-20T00:00Z', 'begun', { installation: INSTALLATION, publicKey: unlicensed.key.publicKey })
    unlicensed.live('2026-02-20', '2026-03-19')
    const report = read((await unlicensed.report(PERIOD, MADE_AT)).replaceAll('Europe/Ljubljana', 'UTC'))

    expect(report).toMatchObject({ timezone: 'UTC', licences: [], figures: { contract: null } })
  })
})

describe('nobody is told about anybody', () => {
  const MARK = 'Janez-Novak'

  test.each<[string, RecordLine['data']]>([
    ['undecided', { message: `invalid input: ${MARK}` }],
    ['tampered', { with: 'database', code: 'GUARD_REMOVED', detail: `by ${MARK}` }],
    ['maintenance', { from: MADE_AT, until: MADE_AT, text: `Call ${MARK}` }],
    ['import-refused', { code: 'DOCUMENT_KIND', message: MARK }],
    [
      'imported',
      {
        document: 'licence',
        jti: erpLicence().jti,
        text: `Dear ${MARK},\n${signDocument('licence', erpLicence(), vendor)}`,
      },
    ],
    ['import-refused', { code: MARK }],
    [`of-${MARK.toLowerCase()}`, { name: MARK }],
    ['exchange', { with: MARK }],
    ['meters', { meters: [], note: MARK }],
  ])('a line of the kind %s with more than it may say goes without what it says', async (kind, data) => {
    const made = TestInstallation.licensed('2026-02-20T00:00Z').live('2026-02-20', '2026-03-04')
    const line = made.write('2026-03-05T00:02Z', kind, data)
    made.live('2026-03-05', '2026-03-19')
    const written = await made.report(PERIOD, MADE_AT)
    const report = read(written)

    expect(written.toLowerCase()).not.toContain(MARK.toLowerCase())
    expect(report.evidence.lines[line.n - 1]).toMatchObject({ n: line.n, hash: line.hash, data: { withheld: true } })
    expect(codes(report.findings).filter((code) => code !== 'RECORD_BROKEN')).toEqual([])
  })

  test('what is left out is said', async () => {
    const made = TestInstallation.licensed('2026-02-20T00:00Z').live('2026-02-20', '2026-03-04')
    const { n } = made.write('2026-03-05T00:02Z', 'undecided', { message: MARK })
    made.live('2026-03-05', '2026-03-19')
    const { findings, figures } = read(await made.report(PERIOD, MADE_AT))

    expect(findings).toEqual([])
    expect(figures.events).toContainEqual({
      ...{ at: '2026-03-05T00:02:00.000Z', kind: 'undecided' },
      text: `No standing could be computed; the last one stayed. What line ${n} says is not of the sort that leaves; the report holds its digest.`,
    })
  })

  test('what figures are made of cannot be left out', async () => {
    const hidden = changedText(text, (lines) => {
      const index = indexOf(lines, seal('2026-03-05'))
      const { record } = JSON.parse(lines[index] as string)
      return lines.with(index, JSON.stringify({ record: { ...record, data: { withheld: true } } }))
    })
    expect(codes(read(hidden).findings)).toEqual(expect.arrayContaining(['RECORD_BROKEN', 'SEAL_UNSIGNED']))
  })
})

describe('what is no report is refused', () => {
  test.each([
    ['nothing', ''],
    ['a text', 'Dear auditor'],
    ['another JSON', '{"domicile":"backup"}\n'],
    ['another version', () => text.replace('"version":1', '"version":2')],
    ['a head with more in it', () => text.replace('{"domicile":"audit"', '{"domicile":"audit","x":1')],
    ['a period of ages', () => text.replace('"from":"2026-03-01"', '"from":"1026-03-01"')],
    ['a zone that is none', () => text.replace('Europe/Ljubljana', 'Europe/Nowhere')],
    ['a record of nothing', () => `${text.split('\n')[0]}\n`],
  ])('%s', (_, given) => {
    expect(() => read(typeof given === 'string' ? given : given())).toThrow(
      expect.objectContaining({ name: 'LicenceRefusal', kind: 'unreadable' }),
    )
  })

  test('a file that is too large, before it is read', () => {
    expect(() => read(`${text.split('\n')[0]}\n${'x'.repeat(65 * 1024 * 1024)}`)).toThrow(/larger/)
    expect(() => read(`${text.split('\n')[0]}\n${'\n'.repeat(200_000)}`)).toThrow(/larger/)
  })

  test('what is nested without end exhausts nobody', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    const line = JSON.stringify({ record: { ...installation.lines[0], data: {} } }).replace(
      '"data":{}',
      `"data":${deep}`,
    )
    expect(codes(read(changedText(text, (lines) => lines.toSpliced(3, 0, line))).findings)).toContain('REPORT_CHANGED')
  })

  test('findings are bounded', () => {
    const broken = changedText(text, (lines) => [...lines.slice(0, 3), ...Array(500).fill(lines[3]), ...lines.slice(3)])
    expect(read(broken).findings.length).toBeLessThanOrEqual(201)
  })
})

test('hours are as they were written', () => {
  const report = read(text)
  expect(report.evidence.days.map(hoursText)).toEqual(
    installation.days.filter(({ day }) => day >= '2026-02-28' && day <= '2026-03-17').map(hoursText),
  )
})
