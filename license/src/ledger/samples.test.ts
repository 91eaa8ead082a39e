import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import { NO_LINE, readSamples, sampleLine } from './index.ts'
import { columns, flow, randomDay, samplesText } from './ledger.fixture.ts'
import type { SampleBody } from './types.ts'

const DAY = '2026-11-22'
const SMALL: SampleBody[] = [
  columns(DAY),
  [0, 9, 3, 4, 0, 1000],
  [1, 9, null, 4, 1, 0],
  flow('2026-11-21', 23, 7),
  [59, 11, 5, 4, 0, 12],
]
const text = samplesText(SMALL)

/** Lines with valid digits, whatever they say: what somebody would forge who knows how the chain is made. */
function forged(...jsons: string[]): string {
  let [written, head] = ['', NO_LINE]
  for (const json of jsons) {
    head = createHash('sha256')
      .update(head + json)
      .digest('hex')
    written += `${head} ${json}\n`
  }
  return written
}

test('what was written is read, and holds', () => {
  const bodies = randomDay(DAY, seeded(1))
  const written = samplesText(bodies)
  const read = readSamples(written, DAY)

  expect(read).toEqual({
    bodies,
    head: written.split('\n').at(-2)?.slice(0, 64),
    lines: bodies.length,
    wholeBytes: written.length,
    problem: null,
  })
})

test('any program can check the chain: SHA-256 over the digits before and the JSON', () => {
  const { text: line, hash } = sampleLine(NO_LINE, SMALL[1] as SampleBody)

  expect(line).toBe(`${createHash('sha256').update(`${NO_LINE}[0,9,3,4,0,1000]`).digest('hex')} [0,9,3,4,0,1000]\n`)
  expect(line).toContain(hash)
})

test('cut at any byte, what is left is whole lines and a tail that never counted', () => {
  for (let length = 0; length <= text.length; length++) {
    const cut = text.slice(0, length)
    const { lines, problem, wholeBytes, head } = readSamples(cut, DAY)

    expect(problem).toBeNull()
    expect(lines).toBe(cut.split('\n').length - 1)
    // Cut back to whole lines, it is written on as if nothing had been.
    const repaired = cut.slice(0, wholeBytes) + sampleLine(head, columns(DAY)).text
    expect(readSamples(repaired, DAY)).toMatchObject({ lines: lines + 1, problem: null })
  }
})

test('any byte that is another is seen, and nothing from its line on is believed', () => {
  const { head, lines } = readSamples(text, DAY)
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position) ^ 1
    const read = readSamples(text.slice(0, position) + String.fromCharCode(code) + text.slice(position + 1), DAY)
    const line = text.slice(0, position).split('\n').length

    expect(read.head).not.toBe(head)
    expect(read.lines).toBeLessThan(lines)
    expect(read.bodies).toEqual(SMALL.slice(0, line - 1))
    // Without the last line's end it is a cut tail.
    if (position < text.length - 1) expect(read.problem).toContain(`line ${line}:`)
  }
})

const lines = text.split(/(?<=\n)/)
test.each([
  ['a line left out', lines.toSpliced(2, 1)],
  ['a line twice', lines.toSpliced(2, 0, lines[2] ?? '')],
  ['two lines changed about', [lines[0], lines[2], lines[1], ...lines.slice(3)]],
  ['a line of another day put in', lines.toSpliced(2, 0, samplesText([columns('2026-11-21')]))],
  ['an empty line', lines.toSpliced(2, 0, '\n')],
  ['the first line gone', lines.slice(1)],
])('%s is seen', (_, changed) => {
  expect(readSamples(changed.join(''), DAY).problem).toMatch(/^line [1234]:/)
})

test('a whole file of another day is seen', () => {
  expect(readSamples(text, '2026-11-21').problem).toBe('line 1: it is of 2026-11-22, not of 2026-11-21')
})

const first = JSON.stringify(columns(DAY))
describe('a forged chain still has to say what samples say', () => {
  test.each([
    ['minutes before columns', ['[0,1,1,1,0,0]']],
    ['an hour before columns', [JSON.stringify(flow(DAY, 1, 1))]],
    ['a minute too few values', [first, '[0,1,1,1,0]']],
    ['a minute too many values', [first, '[0,1,1,1,0,0,0]']],
    ['minutes back in time', [first, '[5,1,1,1,0,0]', '[4,1,1,1,0,0]']],
    ['minute 1440', [first, '[1440,1,1,1,0,0]']],
    ['a minute before midnight', [first, '[-1,1,1,1,0,0]']],
    ['half a minute', [first, '[0.5,1,1,1,0,0]']],
    ['no minute', [first, '[null,1,1,1,0,0]']],
    ['a fraction', [first, '[0,1.5,1,1,0,0]']],
    ['an unsafe integer', [first, '[0,9007199254740993,1,1,0,0]']],
    ['infinity', [first, '[0,1e999,1,1,0,0]']],
    ['a text', [first, '[0,"1",1,1,0,0]']],
    ['an object', [first, '[0,{},1,1,0,0]']],
    ['a number in other words', [first, '[0,1e0,1,1,0,0]']],
    ['spaces', [first, '[0, 1,1,1,0,0]']],
    ['null', [first, 'null']],
    ['a number', [first, '7']],
    ['no JSON', [first, '[0,1,1,1,0,NaN]']],
    ['a deep array', [first, `${'['.repeat(30_000)}${']'.repeat(30_000)}`]],
    ['an hour of tomorrow', [first, JSON.stringify(flow('2026-11-23', 0, 1))]],
    ['an hour that is none', [first, '{"hour":"2026-11-22T24","counts":{}}']],
    ['a day that is none', ['{"day":"2026-02-30","levels":[],"counts":[],"limits":{}}']],
    ['a column twice', ['{"day":"2026-11-22","levels":["users"],"counts":["users"],"limits":{}}']],
    ['a name that is none', ['{"day":"2026-11-22","levels":["Users!"],"counts":[],"limits":{}}']],
    ['__proto__ as a column', ['{"day":"2026-11-22","levels":["__proto__"],"counts":[],"limits":{}}']],
    ['__proto__ as a limit', ['{"day":"2026-11-22","levels":[],"counts":[],"limits":{"__proto__":1}}']],
    ['__proto__ as a count', [first, '{"hour":"2026-11-22T01","counts":{"__proto__":1}}']],
    ['a limit below nothing', ['{"day":"2026-11-22","levels":[],"counts":[],"limits":{"users":-1}}']],
    ['a word more', ['{"day":"2026-11-22","levels":[],"counts":[],"limits":{},"note":"Janez"}']],
    ['a name twice', ['{"day":"2026-11-22","levels":[],"counts":[],"limits":{"users":1,"users":2}}']],
    ['another day later on', [first, JSON.stringify(columns('2026-11-23'))]],
    ['a line too long', [first, `[0,${'1,'.repeat(40_000)}1]`]],
    [
      'ever so many columns',
      [JSON.stringify(columns(DAY, { levels: Array.from({ length: 201 }, (_, index) => `m${index}`) }))],
    ],
  ])('%s', (_, jsons) => {
    const read = readSamples(forged(...jsons), jsons[0] === first ? undefined : DAY)

    expect(read.problem).toContain(`line ${jsons.length}:`)
    expect(read.lines).toBe(jsons.length - 1)
  })

  test('names of what every object has are names like others', () => {
    const body = columns(DAY, { levels: ['constructor', 'valueof'], counts: [], limits: { constructor: 1 } as never })

    expect(readSamples(samplesText([body, [0, 2, 1]]), DAY)).toMatchObject({ problem: null, lines: 2 })
  })
})

test('a million lines are not read through', () => {
  const many = `${text}${'x\n'.repeat(1_000_000)}`
  const minutes = samplesText([columns(DAY), ...Array.from({ length: 20_100 }, (): SampleBody => [7, 1, 1, 1, 0, 0])])

  expect(readSamples(many, DAY)).toMatchObject({ lines: SMALL.length })
  expect(readSamples(minutes, DAY).problem).toBe('line 20001: a day has not so many lines')
})

test('the order in which a program names things does not matter', () => {
  const turned = { limits: {}, counts: [], levels: ['users'], day: DAY }

  expect(readSamples(sampleLine(NO_LINE, turned).text)).toMatchObject({ bodies: [turned], problem: null })
})

test.each([
  ['NaN', [0, Number.NaN]],
  ['an unsafe integer', [0, 2 ** 53]],
  ['a minute too late', [1440, 1]],
  ['a name of no meter', { hour: '2026-11-22T01', counts: { 'Janez Novak': 1 } }],
])('what nobody could read back is not written: %s', (_, body) => {
  expect(() => sampleLine(NO_LINE, body as unknown as SampleBody)).toThrow(RangeError)
})
