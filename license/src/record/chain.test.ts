import { expect, test } from 'vitest'
import { chainOf, EXCHANGE, lineAfter, type RecordLine, readRecord } from './chain.ts'

const AT = '2026-11-22T08:00:00.000Z'

/** A record with as many lines as kinds are given. */
function recordOf(...kinds: string[]): RecordLine[] {
  const lines: RecordLine[] = []
  for (const [index, kind] of kinds.entries()) {
    const data = { number: index, nested: { b: 1, a: [2, { d: 3, c: null }] } }
    lines.push(lineAfter(lines.at(-1) ?? null, { at: AT, wall: AT, kind, data }))
  }
  return lines
}
const written = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('')

test('what was written is read, and holds', () => {
  const lines = recordOf('begun', 'imported', EXCHANGE)

  expect(readRecord(written(lines))).toEqual({ lines, problem: null, wholeBytes: Buffer.byteLength(written(lines)) })
})

test('the order of keys in the file does not matter', () => {
  const [line] = recordOf('begun')
  const turned = Object.fromEntries(Object.entries(line as object).reverse())

  expect(readRecord(written([turned])).problem).toBeNull()
})

test('a line cut by a power failure never counted', () => {
  const text = written(recordOf('begun', 'imported'))
  const { lines, problem, wholeBytes } = readRecord(text.slice(0, -20))

  expect(lines.map(({ kind }) => kind)).toEqual(['begun'])
  expect(problem).toBeNull()
  expect(text.slice(0, wholeBytes)).toBe(written(lines))
})

const whole = recordOf('begun', 'imported', 'standing', EXCHANGE)
test.each([
  ['a changed value', whole.map((line) => (line.n === 2 ? { ...line, data: { number: 7 } } : line)), 'line 2'],
  [
    'a changed time',
    whole.map((line) => (line.n === 3 ? { ...line, at: '2027-01-01T00:00:00.000Z' } : line)),
    'line 3',
  ],
  ['a line left out', whole.filter(({ n }) => n !== 2), 'line 2'],
  ['two lines changed about', [whole[0], whole[2], whole[1], whole[3]], 'line 2'],
  ['a line twice', [whole[0], whole[0]], 'line 2'],
  ['no JSON', [...whole.slice(0, 1), 'x'], 'line 2'],
  ['a first line that is not the first', whole.slice(1), 'line 1'],
])('%s is seen', (_, lines, where) => {
  const read = readRecord(written(lines as object[]))

  expect(read.problem).toContain(where)
})

test('the chain names its beginning, its end and every exchange', () => {
  const lines = recordOf('begun', EXCHANGE, 'standing', EXCHANGE, 'standing')

  expect(chainOf(lines)).toEqual({
    genesis: lines[0]?.hash,
    length: 5,
    head: lines[4]?.hash,
    checkpoints: [
      { length: 2, hash: lines[1]?.hash },
      { length: 4, hash: lines[3]?.hash },
    ],
  })
})

test('a request stays bounded after years of exchanges, and the first exchange stays in it', () => {
  const { checkpoints } = chainOf(recordOf('begun', ...Array(1500).fill(EXCHANGE)))

  expect(checkpoints).toHaveLength(1000)
  expect(checkpoints[0]?.length).toBe(2)
  expect(checkpoints.at(-1)?.length).toBe(1501)
})
