import { beforeAll, describe, expect, test } from 'vitest'
import { signDocument } from '../document/index.ts'
import { anchor, INSTALLATION, licence, testKey, vendor } from '../document/testing.fixture.ts'
import type { Finding } from '../ledger/index.ts'
import { lineAfter, type RecordLine } from '../record/index.ts'
import { LicenceRefusal } from '../refusal.ts'
import { seeded } from '../seeded.fixture.ts'
import { erpLicence, TestInstallation } from './audit.fixture.ts'
import { changedText, codes, hours, indexOf, lived, MADE_AT, PERIOD, read, seal } from './report.fixture.ts'

let installation: TestInstallation
let text: string

beforeAll(async () => {
  installation = lived()
  text = await installation.report(PERIOD, MADE_AT)
})

const replaced = (piece: string, from: string, to: string) => (lines: string[]) =>
  lines.map((line, index) => (index === indexOf(lines, piece) ? line.replace(from, to) : line))
const without = (piece: string) => (lines: string[]) => lines.toSpliced(indexOf(lines, piece), 1)
const twice = (piece: string) => (lines: string[]) => {
  const index = indexOf(lines, piece)
  return lines.toSpliced(index, 0, lines[index] as string)
}
const swapped = (one: string, other: string) => (lines: string[]) => {
  const [a, b] = [indexOf(lines, one), indexOf(lines, other)]
  return lines.with(a, lines[b] as string).with(b, lines[a] as string)
}

/** Of three hours each, so that a place of every kind is met soon. */
const threeDays = () => {
  const days = ['2026-03-01', '2026-03-02', '2026-03-03']
  const silent = days.flatMap((day) =>
    Array.from({ length: 24 }, (_, hour) => `${day}T${String(hour).padStart(2, '0')}`),
  )
  const special = Object.fromEntries(silent.filter((hour) => !/T(08|09|17)$/.test(hour)).map((hour) => [hour, null]))
  return TestInstallation.licensed('2026-03-01T00:00Z').live('2026-03-01', '2026-03-03', special)
}

describe('who changes the file is found out', () => {
  test.each<[string, (lines: string[]) => string[], Finding['code'][]]>([
    ['a figure', replaced('{"figures"', '"peak":13', '"peak":10'), ['REPORT_CHANGED', 'FIGURES_DIFFER']],
    ['figures left out', without('{"figures"'), ['REPORT_CHANGED', 'FIGURES_DIFFER']],
    [
      'the period',
      (lines) => lines.with(0, (lines[0] as string).replace('03-10', '03-09')),
      ['REPORT_CHANGED', 'FIGURES_DIFFER'],
    ],
    ['the time zone', replaced('"domicile"', 'Europe/Ljubljana', 'Europe/London'), ['REPORT_CHANGED']],
    ['who reports', replaced('"domicile"', '6.0.29', '6.0.30'), ['REPORT_CHANGED', 'FIGURES_DIFFER']],
    [
      'a value of a line of the record',
      replaced('"kind":"meters"', 'seller', 'nobody'),
      ['REPORT_CHANGED', 'RECORD_BROKEN', 'FIGURES_DIFFER'],
    ],
    [
      'the time of a line',
      replaced('"kind":"meters"', '"at":"2026-02-20', '"at":"2026-02-21'),
      ['REPORT_CHANGED', 'RECORD_BROKEN'],
    ],
    ['a line left out', without('"kind":"meters"'), ['REPORT_CHANGED', 'RECORD_BROKEN', 'FIGURES_DIFFER']],
    ['a line twice', twice('"kind":"meters"'), ['REPORT_CHANGED', 'RECORD_BROKEN']],
    ['two lines changed about', swapped('"kind":"meters"', '"kind":"imported"'), ['REPORT_CHANGED', 'RECORD_BROKEN']],
    ['the end of the record cut off', without('"kind":"exchange"'), ['REPORT_CHANGED']],
    [
      'hours',
      replaced(hours('2026-03-05'), '13,13,780', '9,9,780'),
      ['REPORT_CHANGED', 'HOURS_CHANGED', 'FIGURES_DIFFER'],
    ],
    [
      'hours that read as none',
      replaced(hours('2026-03-05'), '13,13,780', '"13,13,780'),
      ['REPORT_CHANGED', 'HOURS_CHANGED', 'FIGURES_DIFFER'],
    ],
    ['hours left out', without(hours('2026-03-05')), ['REPORT_CHANGED', 'HOURS_MISSING', 'FIGURES_DIFFER']],
    ['hours twice', twice(hours('2026-03-05')), ['REPORT_CHANGED', 'DAYS_SWAPPED', 'FIGURES_DIFFER']],
    [
      'hours in another order',
      swapped(hours('2026-03-05'), hours('2026-03-06')),
      ['REPORT_CHANGED', 'DAYS_SWAPPED', 'FIGURES_DIFFER'],
    ],
    [
      'hours of another day',
      replaced(hours('2026-03-05'), '"day":"2026-03-05"', '"day":"2026-03-06"'),
      ['REPORT_CHANGED', 'DAYS_SWAPPED', 'HOURS_CHANGED', 'HOURS_MISSING', 'FIGURES_DIFFER'],
    ],
    ['a seal left out', without(seal('2026-03-05')), ['REPORT_CHANGED', 'RECORD_BROKEN', 'SEAL_MISSING']],
    [
      'a total in a seal',
      replaced(seal('2026-03-05'), '"users":[8,13', '"users":[8,9'),
      ['REPORT_CHANGED', 'RECORD_BROKEN', 'SEAL_UNSIGNED', 'SEAL_CONTRADICTS'],
    ],
    [
      'the day of a seal',
      replaced(seal('2026-03-05'), '"day":"2026-03-05"', '"day":"2026-03-06"'),
      ['REPORT_CHANGED', 'RECORD_BROKEN', 'SEAL_UNSIGNED'],
    ],
    ['no signature', without('{"signature"'), ['REPORT_CHANGED']],
    ['something after the signature', (lines) => [...lines, '{"record":{}}'], ['REPORT_CHANGED']],
    ['a line that is none of a report', (lines) => lines.toSpliced(3, 0, '{"note":"x"}'), ['REPORT_CHANGED']],
  ])('%s', (_, change, expected) => {
    expect(codes(read(changedText(text, change)).findings)).toEqual(expect.arrayContaining(expected))
  })

  test('at whichever place', async () => {
    const short = threeDays()
    const bytes = Buffer.from(await short.report({ from: '2026-03-02', to: '2026-03-02' }, '2026-03-04T12:00:00.000Z'))
    const random = seeded(4)
    const unnoticed: number[] = []
    for (let time = 0; time < 200; time++) {
      const place = Math.floor(random() * bytes.length)
      const spoilt = Buffer.from(bytes)
      spoilt[place] = (spoilt[place] as number) ^ (1 << Math.floor(random() * 7))
      if (!notices(spoilt.toString())) unnoticed.push(place)
    }
    expect(unnoticed).toEqual([])
  }, 60_000)

  test('whatever stands in the place of a value', async () => {
    const short = threeDays()
    short.write('2026-03-04T08:00Z', 'gap', {
      from: '2026-03-04T00:00:00.000Z',
      until: '2026-03-04T08:00:00.000Z',
      seconds: 28_800,
    })
    const lines = (await short.report({ from: '2026-03-02', to: '2026-03-02' }, '2026-03-04T12:00:00.000Z'))
      .trimEnd()
      .split('\n')
    const random = seeded(5)
    const odd = [null, '', 'x', -1, 0.5, 1e308, 2 ** 53, [], {}, [[]], '__proto__', '9999-12-31', '2026-03-02', true]
    for (let time = 0; time < 300; time++) {
      const index = Math.floor(random() * lines.length)
      const spoilt = withOdd(JSON.parse(lines[index] as string), odd[Math.floor(random() * odd.length)], random)
      const line = JSON.stringify(spoilt)
      if (line !== lines[index]) expect(notices(`${lines.with(index, line).join('\n')}\n`)).toBe(true)
    }
  }, 60_000)
})

test('line ends that were changed on the way are named as what they are, before what follows from them', async () => {
  const short = TestInstallation.licensed('2026-03-01T00:00Z').live('2026-03-01', '2026-03-02')
  const text = await short.report({ from: '2026-03-01', to: '2026-03-01' }, '2026-03-04T12:00:00.000Z')
  const { findings } = read(text.replaceAll('\n', '\r\n'))

  expect(findings[0]).toMatchObject({ code: 'REPORT_CHANGED', message: expect.stringContaining('CR LF') })
  expect(read(text).findings).toEqual([])
})

/** With something else in the place of one value, at whichever depth. */
function withOdd(value: unknown, odd: unknown, random: () => number): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.15) return odd
  const names = Object.keys(value)
  const name = names[Math.floor(random() * names.length)]
  if (name === undefined) return odd
  const inner = withOdd((value as Record<string, unknown>)[name], odd, random)
  return Array.isArray(value) ? value.with(Number(name), inner) : { ...value, [name]: inner }
}

function notices(spoilt: string): boolean {
  try {
    return read(spoilt).findings.length > 0
  } catch (error) {
    if (error instanceof LicenceRefusal) return true
    throw error
  }
}

describe('who makes a whole file anew is found out', () => {
  const forged = (lines: readonly RecordLine[], change: (line: RecordLine) => Partial<RecordLine>): RecordLine[] =>
    lines.reduce<RecordLine[]>((made, line) => {
      const { at, wall, kind, data } = { ...line, ...change(line) }
      return made.concat(lineAfter(made.at(-1) ?? null, { at, wall, kind, data }))
    }, [])

  test('with another key', async () => {
    const other = new TestInstallation(testKey('another', INSTALLATION))
    other.lines = [...installation.lines]
    other.days = [...installation.days]
    const report = read(await other.report(PERIOD, MADE_AT))

    expect(codes(report.findings)).toEqual(['REPORT_CHANGED', 'SEAL_UNSIGNED'])
    expect(
      codes(read(await lived().report(PERIOD, MADE_AT), { installationKey: other.key.publicKey }).findings),
    ).toContain('REPORT_CHANGED')
  })

  test('when the seals are not of the record that they stand in', async () => {
    const made = lived()
    made.lines = forged(made.lines, ({ kind }) => (kind === 'meters' ? { at: '2026-02-20T00:00:01.000Z' } : {}))

    expect(codes(read(await made.report(PERIOD, MADE_AT)).findings)).toEqual(['SEAL_UNSIGNED'])
  })

  test('when a licence is in it that the vendor never signed', async () => {
    const claims = licence({ ...erpLicence(), jti: '00000000-0000-4000-8000-0000000000ff', seq: 7, limits: {} })
    const made = TestInstallation.licensed('2026-02-20T00:00Z')
    made.import('2026-02-20T01:00Z', 'licence', signDocument('licence', claims, testKey('nobody')), claims.jti)
    made.live('2026-02-20', '2026-03-19')
    const report = read(await made.report(PERIOD, MADE_AT))

    expect(codes(report.findings)).toContain('DOCUMENT_DOUBTFUL')
    expect(report.licences).toHaveLength(1)
  })

  test('when hours are not those that were sealed: of that day the seal speaks, on both sides', async () => {
    const made = lived()
    made.days = made.days.map((day) => (day.day === '2026-03-05' ? { ...day, hours: day.hours.slice(9) } : day))
    const written = await made.report(PERIOD, MADE_AT)
    const { findings, figures } = read(written)

    expect(codes(findings)).toEqual(['HOURS_CHANGED'])
    expect(figures.users?.peak?.value).toBe(13)
    expect(JSON.parse(written.split('\n')[1] as string).figures).toEqual(figures)
  })

  test('when hours of a day that is not sealed yet cannot be read', async () => {
    const made = lived()
    made.days.push({ version: 1, day: '2026-03-20', hours: [], flows: [] })
    const written = await made.report({ from: '2026-03-15', to: '2026-03-20' }, MADE_AT)
    const { findings } = read(changedText(written, replaced(hours('2026-03-20'), '"parts":[]', '"parts":0')))

    expect(findings).toContainEqual(expect.objectContaining({ code: 'HOURS_CHANGED', day: '2026-03-20' }))
  })

  test('when an hour is counted a second time: the first count stands', async () => {
    const hour = '2026-03-05T08'
    const made = TestInstallation.licensed('2026-02-20T00:00Z').live(
      '2026-02-20',
      '2026-03-19',
      {},
      {
        '2026-03-05': [{ hour, counts: { 'stock.transactions': 3 } }],
        '2026-03-06': [{ hour, counts: { 'stock.transactions': 40 } }],
      },
    )
    const { findings, figures } = read(await made.report(PERIOD, MADE_AT))

    expect(findings).toEqual([
      {
        code: 'SEAL_CONTRADICTS',
        day: '2026-03-06',
        message: `stock.transactions was counted again for the hour ${hour}; the second count is ignored.`,
      },
    ])
    expect(figures.modules['stock']?.transactions?.total).toBe(3)
  })

  test('when days are left out and the hours with them', async () => {
    const made = TestInstallation.licensed('2026-02-20T00:00Z')
    made.live('2026-02-20', '2026-03-03').live('2026-03-06', '2026-03-19')
    const report = read(await made.report(PERIOD, MADE_AT))

    expect(codes(report.findings)).toEqual(['SEAL_MISSING'])
    expect(report.figures.gaps).toEqual([expect.objectContaining({ minutes: 2880, explained: false })])
  })
})

test.each([
  ['higher', { users: 1000, sessions: 4, 'sale.users': 5 }],
  ['none', { sessions: 4, 'sale.users': 5 }],
])('who counts by another limit than the licensed is found out: %s', async (_, limits) => {
  const generous = (day: string) =>
    Object.fromEntries(Array.from({ length: 24 }, (_, hour) => [`${day}T${String(hour).padStart(2, '0')}`, { limits }]))
  const made = TestInstallation.licensed('2026-02-20T00:00Z')
  made
    .live('2026-02-20', '2026-03-04')
    .live('2026-03-05', '2026-03-05', generous('2026-03-05'))
    .live('2026-03-06', '2026-03-19')
  const { findings } = read(await made.report(PERIOD, MADE_AT))

  expect(codes(findings)).toEqual(['SEAL_CONTRADICTS'])
  expect(findings[0]?.message).toContain('in 24 hours from 2026-03-05 on; the licence says 10')
})

describe('counter-signatures', () => {
  const signedAt = (made: TestInstallation, length: number) => {
    const genesis = made.lines[0]?.hash ?? ''
    return anchor({
      genesis,
      length,
      head: made.lines[length - 1]?.hash ?? '',
      iat: Date.parse('2026-03-15T00:00Z') / 1000,
    })
  }

  test('of what is in the record hold', async () => {
    const made = TestInstallation.licensed('2026-02-20T00:00Z').live('2026-02-20', '2026-03-14')
    const claims = signedAt(made, 10)
    made.import('2026-03-15T10:00Z', 'anchor', signDocument('anchor', claims, vendor), claims.jti)
    made.live('2026-03-15', '2026-03-19')

    expect(read(await made.report(PERIOD, MADE_AT), { anchors: [claims] }).findings).toEqual([])
  })

  test('of what is not in it any more show that it was put back', async () => {
    const before = TestInstallation.licensed('2026-02-20T00:00Z').live('2026-02-20', '2026-03-10')
    const claims = signedAt(before, before.lines.length)
    const back = TestInstallation.licensed('2026-02-20T00:00Z').live('2026-02-20', '2026-03-08', {
      '2026-03-08T08': null,
    })
    back.live('2026-03-09', '2026-03-19')

    expect(codes(read(await back.report(PERIOD, MADE_AT), { anchors: [claims] }).findings)).toEqual(['RECORD_PUT_BACK'])
    back.import('2026-03-20T10:00Z', 'anchor', signDocument('anchor', claims, vendor), claims.jti)
    expect(codes(read(await back.report(PERIOD, MADE_AT)).findings)).toEqual(['RECORD_PUT_BACK'])
  })
})
