import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chainOf, EXCHANGE, type RecordLine, readRecord } from '@domicile/license/record'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RecordFile } from './record-file.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'))
  path = join(folder, 'record.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

const AT = new Date('2026-11-22T09:00:00Z')
const LATER = new Date('2026-11-23T09:00:00Z')
const opened = () => new RecordFile(path, new Set(['begun', 'imported', 'tampered']))
const read = () => readRecord(readFileSync(path, 'utf8'))
const kindsOf = (lines: readonly RecordLine[]) => lines.map(({ kind }) => kind)
const whole = () => readFileSync(path)

/** A record with as many lines as kinds are given. */
function recordOf(...kinds: string[]): RecordFile {
  const file = opened()
  for (const [number, kind] of kinds.entries()) file.append(AT, AT, [{ kind, data: { number } }])
  return file
}

test('what is kept in memory is where it stands and the kinds that are asked again', () => {
  recordOf('begun', 'usage', EXCHANGE, 'imported', 'usage', EXCHANGE)

  const file = opened()
  expect(kindsOf(file.lines)).toEqual(['begun', 'imported'])
  expect(file.chain).toEqual(chainOf(read().lines))
  expect([...file.every('usage')].map(({ n }) => n)).toEqual([2, 5])
})

test('a line that says of which it is the next is told so, also after lines that had to be mended', () => {
  const file = recordOf('begun', 'imported')
  writeFileSync(path, '')
  file.append(LATER, LATER, [({ n, hash }) => ({ kind: 'usage', data: { after: n, hash } })])

  const { lines } = read()
  expect(lines.at(-1)?.data).toEqual({ after: lines.at(-2)?.n, hash: lines.at(-2)?.hash })
})

test('lines are looked up by number and hash', () => {
  const file = recordOf('begun', 'usage', 'usage')
  const [first, second, third] = read().lines as [RecordLine, RecordLine, RecordLine]
  const absent = [
    { n: 2, hash: third.hash },
    { n: 4, hash: third.hash },
  ]

  expect(file.lacking([first, ...absent, second, third])).toEqual(absent)
})

test.each([
  ['lines of ours cut off', () => truncateSync(path, whole().indexOf('\n') + 1), ['begun', 'imported']],
  ['lines of others after ours', () => appendFileSync(path, 'x\n'), ['begun', 'usage', 'imported', 'usage']],
  ['rubbish in place of it', () => writeFileSync(path, '{{{\n\0'), ['begun', 'imported']],
  [
    'a byte more in the middle',
    () => writeFileSync(path, `${whole()}`.replace('"n":2', '"n": 3')),
    ['begun', 'imported'],
  ],
  ['nothing in place of it', () => rm(path), ['begun', 'imported']],
  [
    'the record of somebody else',
    () => {
      const other = new RecordFile(`${path}.other`, new Set())
      for (const kind of ['begun', 'imported', 'usage', 'usage', 'usage']) other.append(LATER, AT, [{ kind, data: {} }])
      writeFileSync(path, readFileSync(`${path}.other`))
    },
    ['begun', 'imported'],
  ],
])('%s while the agent runs: what holds stays, what is known comes back as it was, and it is said', async (_, harm, kept) => {
  const file = recordOf('begun', 'usage', 'imported', 'usage')
  const before = read().lines
  await harm()
  file.append(LATER, LATER, [{ kind: 'standing', data: {} }])

  const { lines, problem } = read()
  expect(problem).toBeNull()
  expect(kindsOf(lines)).toEqual([...kept, 'tampered', 'standing'])
  const imported = ({ kind }: RecordLine) => kind === 'imported'
  expect(lines.find(imported)).toMatchObject({ at: AT.toISOString(), data: before.find(imported)?.data as object })
  expect(file.chain).toEqual(chainOf(lines))
  expect(opened().chain).toEqual(file.chain)
})

test('of five years, a seal a day, next to nothing stays in memory', () => {
  const levels = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`meter_${index}`, [1, 99, 70_000, 1440, 60]]),
  )
  const seal = { day: '2026-11-22', head: 'a'.repeat(64), hours: 'b'.repeat(64), levels, signature: 's'.repeat(86) }
  recordOf('begun').append(
    AT,
    AT,
    Array.from({ length: 1826 }, () => ({ kind: 'usage', data: seal })),
  )
  const file = opened()

  expect(file.chain?.length).toBe(1827)
  expect(JSON.stringify([file.lines, file.chain]).length).toBeLessThan(1024)
})
