import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRecord } from '../record/index.ts'
import { seeded } from '../seeded.fixture.ts'
import { hoursText, readHours, readSamples, readSeal, SEAL, summarize, verifyLedger } from './index.ts'
import { flow, keyOf, randomDay, TestLedger } from './ledger.fixture.ts'

/**
 * A ledger as it was written. Installations hold such files for years, and vendors reports made of them: every version must
 * go on reading them, so they are never made anew; a new version of the format adds files.
 */

const DAY = '2026-11-22'
const read = (name: string) => readFileSync(join(import.meta.dirname, 'golden', name), 'utf8')
const samples = read('2026-11-22.jsonl')
const hours = read('2026-11-22.hours.txt')
const record = read('record.jsonl')

test('it is read, and holds', () => {
  const evidence = {
    record,
    filesOf: () => ({ samples, hours }),
    filedDays: [DAY],
    publicKey: keyOf('installation').publicKey,
    today: '2026-11-23',
  }

  expect(verifyLedger(evidence)).toEqual([])
  expect(verifyLedger({ ...evidence, publicKey: keyOf('somebody else').publicKey })).toHaveLength(1)
})

test('it says what it said', () => {
  expect(readSamples(samples, DAY)).toMatchObject({
    lines: 90,
    head: 'd5e15ce6ab4c335db5b6acebda8c8fc3a225d66e1ddbcaa48002eb6e99391753',
    problem: null,
  })
  expect(readHours(hours).hours?.hours.map(({ hour, samples: minutes }) => [hour, minutes])).toEqual([
    [0, 56],
    [1, 28],
  ])
  const seal = readSeal(readRecord(record).lines.findLast(({ kind }) => kind === SEAL)?.data)
  expect(seal?.levels['users']).toEqual([0, 14, 527, 78, 12])
  expect(seal?.counts['sale.transactions']).toBe(71)
})

test('today’s program writes the same bytes', () => {
  const again = new TestLedger(DAY).day(DAY, [...randomDay(DAY, seeded(2026), 90), flow('2026-11-21', 23, 4)])

  expect(hoursText(summarize(DAY, readSamples(samples, DAY).bodies))).toBe(hours)
  expect([again.samples.get(DAY), again.hours.get(DAY), again.record]).toEqual([samples, hours, record])
})
