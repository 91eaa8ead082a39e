import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import { hoursText, readHours, summarize } from './index.ts'
import { columns, flow, randomDay } from './ledger.fixture.ts'

const DAY = '2026-11-22'
const other = columns(DAY, { levels: ['users'], limits: {} })
const good = summarize(DAY, [
  columns(DAY),
  [0, 9, 3, 4, 0, 1000],
  flow(DAY, 0, 3),
  [60, 8, 2, 3, 1, 50],
  other,
  [125, 7, 0, 5],
])
const text = hoursText(good)

test('what was written is read', () => {
  expect(readHours(text)).toEqual({ hours: good, problem: null })
  for (let seed = 0; seed < 20; seed++) {
    const day = summarize(DAY, randomDay(DAY, seeded(seed)))
    expect(readHours(hoursText(day))).toEqual({ hours: day, problem: null })
  }
})

test('a day without samples is written and read', () => {
  const empty = summarize(DAY, [])
  expect(readHours(hoursText(empty)).hours).toEqual(empty)
})

test('hours with the same columns and limits say their names once', () => {
  expect(text).toBe(
    '{"version":1,"day":"2026-11-22","parts":[{"limits":{"users":10,"sessions":4},' +
      '"levels":["users","sessions","sale.users"],"counts":["sessions_refused","transfer_bytes"],"hours":[' +
      '[0,1,9,9,9,1,0,3,3,3,1,0,4,4,4,1,0,0,1000],[1,1,8,8,8,1,0,2,2,2,1,0,3,3,3,1,0,1,50]]},' +
      '{"limits":{},"levels":["users"],"counts":["sessions_refused","transfer_bytes"],"hours":[[2,1,7,7,7,1,0,0,5]]}],' +
      '"flows":[{"counts":["sale.transactions","stock.transactions"],"hours":[["2026-11-22T00",3,6]]}]}',
  )
})

describe('what nobody writes is not read', () => {
  const change = (path: (string | number)[], value: unknown) => {
    const copy = JSON.parse(text)
    const place = path.slice(0, -1).reduce((at, key) => at[key], copy)
    place[String(path.at(-1))] = value
    return JSON.stringify(copy)
  }
  const first = [0, 1, 9, 9, 9, 1, 0, 3, 3, 3, 1, 0, 4, 4, 4, 1, 0, 0, 1000]
  const row = (index: number, value: unknown) =>
    change(['parts', 0, 'hours', 0], first.toSpliced(index, 1, value as number))

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a later version', change(['version'], 2)],
    ['a day that is none', change(['day'], '2026-13-01')],
    ['a word more', change(['note'], 'Janez')],
    ['a word more in a part', change(['parts', 0, 'note'], 1)],
    ['hour 24', change(['parts', 0, 'hours', 1, 0], 24)],
    ['an hour twice', change(['parts', 0, 'hours', 1, 0], 0)],
    ['61 samples', row(1, 61)],
    ['no samples', row(1, 0)],
    ['more known than sampled', row(5, 2)],
    ['more over than known', row(6, 2)],
    ['least above greatest', row(2, 10)],
    ['a number too few', change(['parts', 0, 'hours', 0], first.slice(0, -1))],
    ['a number too many', change(['parts', 0, 'hours', 0], [...first, 1])],
    ['a text', row(4, '9')],
    ['a fraction', row(4, 9.5)],
    ['null', row(4, null)],
    ['beyond all bounds', row(4, 1e300)],
    ['a name that is none', text.replace('"sale.users"', '"Janez Novak"')],
    ['a prototype', text.replace('"sale.users"', '"__proto__"')],
    ['a prototype as a limit', text.replace('"sessions":4', '"__proto__":4')],
    ['a column twice', text.replace('"sale.users"', '"users"')],
    ['a name twice', text.replace('"sessions":4', '"users":10')],
    ['spaces', text.replace('"sessions":4', '"sessions": 4')],
    ['another order', text.replace('"version":1,"day":"2026-11-22"', '"day":"2026-11-22","version":1')],
    [
      'parts cut in two',
      text.replace(
        '],[1,1,8',
        ']]},{"limits":{"users":10,"sessions":4},"levels":["users","sessions","sale.users"],"counts":["sessions_refused","transfer_bytes"],"hours":[[1,1,8',
      ),
    ],
    ['a part without hours', change(['parts', 0, 'hours'], [])],
    ['an hour of tomorrow', text.replace('2026-11-22T00', '2026-11-23T00')],
    ['a row of a flow that is short', text.replace('"2026-11-22T00",3,6', '"2026-11-22T00",3')],
    ['too long', `${' '.repeat(5_000_000)}${text}`],
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a million rows', change(['flows', 0, 'hours'], Array(500_000).fill(['']))],
  ])('%s', (_, hostile) => {
    const { hours, problem } = readHours(hostile)

    expect(hours).toBeNull()
    expect(problem).toBeTypeOf('string')
  })
})
