import { describe, expect, test } from 'vitest'
import type { RecordLine } from '../record/index.ts'
import { seeded } from '../seeded.fixture.ts'
import {
  type DaySeal,
  hoursText,
  readSeal,
  type SampleBody,
  SEAL,
  signSeal,
  summarize,
  unsignedSeal,
  verifyLedger,
} from './index.ts'
import { columns, flow, keyOf, randomDay, TestLedger } from './ledger.fixture.ts'

const DAYS = ['2026-11-20', '2026-11-21', '2026-11-22'] as const
const [FIRST, SECOND, THIRD] = DAYS
const TODAY = '2026-11-23'
const bodiesOf = (day: string): SampleBody[] => [
  columns(day),
  [0, 9, 3, 4, 0, 1000],
  [1, 9, null, 4, 1, Number(day.slice(-2))],
  flow(day, 0, 7),
  [61, 11, 5, 4, 0, 12],
]

const ledger = (days: readonly string[] = DAYS) => {
  const made = new TestLedger(days[0])
  for (const day of days) made.day(day, bodiesOf(day))
  return made
}
const findings = (spoilt: TestLedger, today = TODAY) => verifyLedger(spoilt.evidence(today))
const named = (spoilt: TestLedger, today = TODAY) => findings(spoilt, today).map(({ code, day }) => [code, day])

const whole = ledger()

test('a ledger that nobody touched holds', () => {
  expect(findings(ledger())).toEqual([])
  const random = new TestLedger()
  for (const [index, day] of DAYS.entries()) random.day(day, randomDay(day, seeded(index)))
  expect(findings(random)).toEqual([])
})

test('what was rolled up in its time is not missed', () => {
  const old = ledger()
  for (const day of DAYS) old.samples.delete(day)
  expect(findings(old, '2027-01-30')).toEqual([])
  for (const day of DAYS) old.hours.delete(day)
  expect(findings(old, '2032-01-30')).toEqual([])
})

test('the day that is being sampled, and the one whose seal is on its way, are no finding', () => {
  const open = ledger([FIRST, SECOND])
  for (const day of [THIRD, TODAY])
    open.samples.set(day, new TestLedger().day(day, bodiesOf(day)).samples.get(day) ?? '')
  open.samples.set(TODAY, `${open.samples.get(TODAY)}cut while it was writ`)

  expect(findings(open)).toEqual([])
})

const change = (files: Map<string, string>, day: string, how: (text: string) => string) =>
  files.set(day, how(files.get(day) ?? ''))

/** What is found when one file of the second day has another byte at a position. */
function namedWithFlip(files: 'samples' | 'hours', position: number): unknown[] {
  const flip = (text: string | null | undefined) => flipped(text ?? '', position)
  const { filesOf, ...rest } = whole.evidence(TODAY, { publicKey: null })
  const spoilt = (day: string) =>
    day === SECOND ? { ...filesOf(day), [files]: flip(filesOf(day)[files]) } : filesOf(day)
  return verifyLedger({ ...rest, filesOf: spoilt }).map(({ code, day }) => `${code} ${day}`)
}

test('any byte of the samples that is another is named with its day', () => {
  const length = whole.samples.get(SECOND)?.length ?? 0
  for (let position = 0; position < length; position++) {
    expect(namedWithFlip('samples', position)).toEqual([`SAMPLES_CHANGED ${SECOND}`])
  }
})

test('any byte of the hours that is another is named with its day', () => {
  const text = whole.hours.get(SECOND) ?? ''
  const ownDay = text.indexOf(SECOND)
  for (let position = 0; position < text.length; position++) {
    // With another byte in its day they are hours of another day, unless there is no such day.
    const either = position >= ownDay && position < ownDay + 10 ? /^(DAYS_SWAPPED|HOURS_CHANGED) / : /^HOURS_CHANGED /
    expect(namedWithFlip('hours', position)).toEqual([expect.stringMatching(either)])
  }
})

test('any byte of the record that is another is named', () => {
  const { record } = whole
  const evidence = whole.evidence(TODAY, { publicKey: null, filesOf: () => ({ samples: undefined, hours: undefined }) })
  for (let position = 0; position < record.length; position++) {
    const found = verifyLedger({ ...evidence, record: flipped(record, position) })
    expect(found[0]?.code).toBe('RECORD_BROKEN')
  }
})

const flipped = (text: string, position: number) =>
  text.slice(0, position) + String.fromCharCode(text.charCodeAt(position) ^ 1) + text.slice(position + 1)

describe('every tampering has its name', () => {
  const linesOf = (text: string) => text.split(/(?<=\n)/)
  const tamperings: [string, (spoilt: TestLedger) => unknown, unknown[]][] = [
    ['samples deleted before their time', ({ samples }) => samples.delete(SECOND), [['SAMPLES_MISSING', SECOND]]],
    ['hours deleted before their time', ({ hours }) => hours.delete(SECOND), [['HOURS_MISSING', SECOND]]],
    [
      'samples of two days swapped',
      ({ samples }) => swap(samples, FIRST, SECOND),
      [
        ['DAYS_SWAPPED', FIRST],
        ['DAYS_SWAPPED', SECOND],
      ],
    ],
    [
      'hours of two days swapped',
      ({ hours }) => swap(hours, FIRST, SECOND),
      [
        ['DAYS_SWAPPED', FIRST],
        ['DAYS_SWAPPED', SECOND],
      ],
    ],
    [
      'a day put in the place of another',
      ({ hours }) => hours.set(SECOND, hours.get(FIRST) ?? ''),
      [['DAYS_SWAPPED', SECOND]],
    ],
    [
      'a line of the samples deleted',
      ({ samples }) => change(samples, SECOND, (text) => linesOf(text).toSpliced(2, 1).join('')),
      [['SAMPLES_CHANGED', SECOND]],
    ],
    [
      'the last line of the samples deleted',
      ({ samples }) => change(samples, SECOND, (text) => linesOf(text).slice(0, -1).join('')),
      [['SAMPLES_CHANGED', SECOND]],
    ],
    [
      'two lines of the samples swapped',
      ({ samples }) =>
        change(samples, SECOND, (text) =>
          linesOf(text)
            .toSpliced(1, 2, linesOf(text)[2] ?? '', linesOf(text)[1] ?? '')
            .join(''),
        ),
      [['SAMPLES_CHANGED', SECOND]],
    ],
    [
      'a line added with a right hash',
      (spoilt) =>
        spoilt.samples.set(
          SECOND,
          new TestLedger().day(SECOND, [...bodiesOf(SECOND), [99, 1, 1, 1, 0, 0]]).samples.get(SECOND) ?? '',
        ),
      [['SAMPLES_CHANGED', SECOND]],
    ],
    [
      'samples made anew with lower numbers and right hashes',
      (spoilt) =>
        spoilt.samples.set(
          SECOND,
          new TestLedger().day(SECOND, bodiesOf(SECOND).toSpliced(4, 1, [61, 9, 3, 4, 0, 12])).samples.get(SECOND) ??
            '',
        ),
      [['SAMPLES_CHANGED', SECOND]],
    ],
    [
      'half a line after the end',
      ({ samples }) => change(samples, SECOND, (text) => `${text}0123`),
      [['SAMPLES_CHANGED', SECOND]],
    ],
    ['no samples in the file', ({ samples }) => samples.set(SECOND, ''), [['SAMPLES_CHANGED', SECOND]]],
    [
      'hours made anew with lower numbers',
      ({ hours }) => change(hours, SECOND, (text) => text.replace('[1,1,11,11,11', '[1,1,9,9,9')),
      [['HOURS_CHANGED', SECOND]],
    ],
    ['a line of the record left out', ({ lines }) => lines.splice(2, 1), [['RECORD_BROKEN', null]]],
    [
      'two lines of the record swapped',
      ({ lines }) => lines.splice(1, 2, ...lines.slice(1, 3).reverse()),
      [['RECORD_BROKEN', null]],
    ],
  ]
  test.each(tamperings)('%s', (_, spoil, expected) => {
    const spoilt = ledger()
    spoil(spoilt)
    expect(named(spoilt).slice(0, expected.length)).toEqual(expected)
    // Only of a record that does not hold more is doubted than what was touched.
    if (expected[0]?.[0 as never] !== 'RECORD_BROKEN') expect(named(spoilt)).toHaveLength(expected.length)
  })

  const swap = (files: Map<string, string>, one: string, other: string) => {
    const kept = files.get(one) ?? ''
    files.set(one, files.get(other) ?? '')
    files.set(other, kept)
  }
})

describe('who can write the record anew still cannot', () => {
  test('sign for the installation', () => {
    const forged = new TestLedger(FIRST).day(FIRST, bodiesOf(FIRST), keyOf('somebody else').privateKey)

    expect(named(forged)).toEqual([['SEAL_UNSIGNED', FIRST]])
    expect(verifyLedger(forged.evidence(TODAY, { publicKey: null }))).toEqual([])
  })

  test('use a seal after other lines than those it vouches for', () => {
    const moved = new TestLedger(FIRST).note(`${FIRST}T12:00:00.000Z`, 'standing', { state: 'good' })
    const { lines, samples, hours } = ledger([FIRST])
    moved.note('2026-11-21T00:00:30.000Z', SEAL, { ...(lines.at(-1)?.data ?? {}) })
    moved.samples.set(FIRST, samples.get(FIRST) ?? '')
    moved.hours.set(FIRST, hours.get(FIRST) ?? '')

    expect(named(moved)).toEqual([['SEAL_UNSIGNED', FIRST]])
  })

  test('write something that only looks like a seal', () => {
    expect(named(new TestLedger(FIRST).note(`${SECOND}T00:00:30.000Z`, SEAL, { day: FIRST }))).toEqual([
      ['SEAL_UNSIGNED', null],
    ])
  })
})

describe('what the installation itself signed must fit together', () => {
  const sealedAs = (how: { totals?: object; at?: string }) => {
    const made = ledger([FIRST])
    const { previous, n, data } = made.lines.pop() as RecordLine
    const { signature: _, ...seal } = readSeal(data) as DaySeal
    const again = signSeal({ ...seal, ...how.totals }, { n: n - 1, hash: previous }, made.key.privateKey)
    return made.note(how.at ?? `${SECOND}T00:00:30.000Z`, SEAL, { ...again })
  }

  test('totals are those of the hours', () => {
    expect(named(sealedAs({ totals: { samples: 2 } }))).toEqual([['SEAL_CONTRADICTS', FIRST]])
    expect(named(sealedAs({ totals: { counts: {} } }))).toEqual([['SEAL_CONTRADICTS', FIRST]])
  })

  test('hours are what the samples add up to', () => {
    const other = summarize(FIRST, bodiesOf(FIRST).toSpliced(4, 1, [61, 9, 3, 4, 0, 12]))
    const { head, lines } = readSeal(ledger([FIRST]).lines.at(-1)?.data) as DaySeal
    const made = sealedAs({ totals: unsignedSeal({ head, lines }, other) })
    made.hours.set(FIRST, hoursText(other))

    expect(findings(made).map(({ message }) => message)).toEqual([
      'The seal of 2026-11-20 contradicts itself: its hours are not what its samples add up to.',
    ])
  })

  test('a day is sealed when it is over, once, and in order', () => {
    expect(named(sealedAs({ at: `${FIRST}T23:00:00.000Z` }))).toEqual([['SEAL_CONTRADICTS', FIRST]])
    expect(named(ledger([FIRST, SECOND, SECOND]))).toEqual([['SEAL_CONTRADICTS', SECOND]])
    expect(named(ledger([SECOND, FIRST]))).toEqual([['SEAL_CONTRADICTS', FIRST]])
  })
})

describe('a day without a seal between two others', () => {
  const gap = (from: string, until: string) =>
    new TestLedger(FIRST).day(FIRST, bodiesOf(FIRST)).note(until, 'gap', { from, until, seconds: 1 })

  test('is named when nothing explains it, several as one stretch', () => {
    expect(named(ledger([FIRST, THIRD]))).toEqual([['SEAL_MISSING', SECOND]])
    expect(findings(ledger([FIRST, '2026-11-25', '2026-11-27']), '2026-11-28').map(({ message }) => message)).toEqual([
      '2026-11-21 to 2026-11-24 are not sealed, and nothing in the record says why nobody looked on those days.',
      '2026-11-26 is not sealed, and nothing in the record says why nobody looked on that day.',
    ])
  })

  test('is explained when the agent did not run, and by nothing shorter', () => {
    const whole = gap(`${FIRST}T23:50:00.000Z`, `${THIRD}T00:01:00.000Z`).day(THIRD, bodiesOf(THIRD))
    const half = gap(`${FIRST}T23:50:00.000Z`, `${SECOND}T12:00:00.000Z`).day(THIRD, bodiesOf(THIRD))
    const twice = gap(`${FIRST}T23:50:00.000Z`, `${SECOND}T12:00:00.000Z`)
      .note(`${THIRD}T00:10:00.000Z`, 'gap', {
        from: `${SECOND}T12:04:00.000Z`,
        until: `${THIRD}T00:10:00.000Z`,
        seconds: 1,
      })
      .day(THIRD, bodiesOf(THIRD))

    expect(named(whole)).toEqual([])
    expect(named(half)).toEqual([['SEAL_MISSING', SECOND]])
    expect(named(twice)).toEqual([])
  })

  test.each([
    [15, []],
    [16, [['SEAL_MISSING', SECOND]]],
  ])('is explained but for pauses too short for a line: %i minutes', (minutes, expected) => {
    const until = `${SECOND}T23:${60 - minutes}:00.000Z`

    expect(named(gap(`${FIRST}T23:50:00.000Z`, until).day(THIRD, bodiesOf(THIRD)))).toEqual(expected)
  })

  test('is explained when licence time jumped over it', () => {
    const at = Date.parse(`${THIRD}T06:00:00Z`)
    const jumped = new TestLedger(FIRST)
      .day(FIRST, bodiesOf(FIRST))
      .note(`${THIRD}T06:00:00.000Z`, 'clock', { kind: 'believed', at, byMs: 2 * 86_400_000 })
      .day(THIRD, bodiesOf(THIRD))

    expect(named(jumped)).toEqual([])
  })

  test('is named although it is explained, when it has files', () => {
    const hidden = gap(`${FIRST}T23:50:00.000Z`, `${THIRD}T00:01:00.000Z`).day(THIRD, bodiesOf(THIRD))
    hidden.samples.set(SECOND, ledger().samples.get(SECOND) ?? '')

    expect(named(hidden)).toEqual([['SEAL_MISSING', SECOND]])
  })

  test('is looked for in bounded time among ever so many pauses', () => {
    const many = new TestLedger('1970-01-01').day('1970-01-02', bodiesOf('1970-01-02'))
    const { n, hash } = many.lines.at(-1) as RecordLine
    for (let pause = 0; pause < 50_000; pause++) {
      const from = new Date(pause * 86_400_000 + 1).toISOString()
      const data = { from, until: new Date(pause * 86_400_000 + 60_000).toISOString(), seconds: 60 }
      many.lines.push({ n: n + 1 + pause, at: from, wall: from, kind: 'gap', data, previous: hash, hash })
    }
    many.day('2090-01-01', bodiesOf('2090-01-01'))
    const began = performance.now()

    expect(named(many, '2090-01-02')[0]).toEqual(['RECORD_BROKEN', null])
    expect(verifyLedger({ ...many.evidence('2090-01-02'), record: many.lines })[0]?.code).toBe('SEAL_MISSING')
    expect(performance.now() - began).toBeLessThan(5000)
  })

  test('over thousands of years is looked for in bounded time', () => {
    expect(named(ledger(['1970-01-02', '9999-12-30']), '9999-12-31')).toEqual([['SEAL_MISSING', '1970-01-03']])
  })
})

test('where the vendor set licence time back, days come again and their last seal counts', () => {
  const forward = ledger([FIRST, SECOND])
  const back = forward
    .note(`${FIRST}T09:00:00.000Z`, 'imported', { document: 'unlock' })
    .day(FIRST, bodiesOf(FIRST).slice(0, 3))

  expect(named(back.day(SECOND, bodiesOf(SECOND)).day(THIRD, bodiesOf(THIRD)))).toEqual([])
})

test('a record that was put back while the files stayed does not know their days', () => {
  const back = ledger()
  back.lines.length = 2
  expect(named(back, '2026-12-01')).toEqual([
    ['SEAL_MISSING', SECOND],
    ['SEAL_MISSING', THIRD],
  ])
})

test('the last samples before a long time in which nobody counted are not sealed yet, and nothing is wrong', () => {
  const open = ledger([FIRST, SECOND])
  const { samples } = new TestLedger().day(THIRD, bodiesOf(THIRD))
  open.samples.set(THIRD, samples.get(THIRD) ?? '')
  expect(named(open, '2027-06-01')).toEqual([])
})

test('samples of a day that is not sealed are looked at too', () => {
  const open = ledger([FIRST, SECOND])
  const { samples } = new TestLedger().day(THIRD, bodiesOf(THIRD))
  open.samples.set(THIRD, flipped(samples.get(THIRD) ?? '', 400))
  expect(named(open)).toEqual([['SAMPLES_CHANGED', THIRD]])
  open.samples.set(THIRD, open.samples.get(SECOND) ?? '')
  expect(named(open)).toEqual([['DAYS_SWAPPED', THIRD]])
})

test('a truncated record is not seen from within: that is what counter-signatures are for', () => {
  const cut = ledger()
  cut.lines.pop()
  cut.samples.delete(THIRD)
  cut.hours.delete(THIRD)
  expect(findings(cut)).toEqual([])
})

test('files that are not at hand are not missed', () => {
  expect(verifyLedger(ledger().evidence(TODAY, { filesOf: () => ({ samples: undefined, hours: undefined }) }))).toEqual(
    [],
  )
})

test('one day is asked for at a time, each once', () => {
  const asked: string[] = []
  const { filesOf } = whole.evidence(TODAY)
  verifyLedger(whole.evidence(TODAY, { filesOf: (day) => filesOf(asked[asked.push(day) - 1] ?? day) }))

  expect(asked).toEqual([...DAYS])
})
