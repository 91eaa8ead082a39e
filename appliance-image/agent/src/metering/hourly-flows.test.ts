import type { FlowBody } from '@domicile/license/ledger'
import { HOUR_MS } from '@domicile/license/utc'
import { expect, test } from 'vitest'
import { HourlyFlows } from './hourly-flows.ts'
import type { Question } from './meter-database.ts'

const QUERIES = ['sale', 'stock'].map((name) => ({ name, sql: 'select $1 $2' }))
const FIRST = '2027-01-01T10'
const UNTIL = new Date('2027-07-01T00:30:00Z')

/** A database in which entries came to be at these instants. */
function database(entries: Readonly<Record<string, readonly string[]>>) {
  const asked: Question[] = []
  const ask = async (questions: readonly Question[]) => {
    asked.push(...questions)
    const answers = questions.map(({ name, period }) => {
      const [from = '', until = ''] = period ?? []
      const value = (entries[name] ?? []).filter((at) => at >= from && at < until).length
      return {
        name,
        value: entries['fails']?.includes(name) ? null : value,
        problem: null,
        costMs: 1,
      }
    })
    return { answers, unreachable: null }
  }
  return { ask, asked }
}

async function countAll(entries: Readonly<Record<string, readonly string[]>>, rounds: number) {
  const { ask, asked } = database(entries)
  const flows: FlowBody[] = []
  const write = async (more: readonly FlowBody[]) => void flows.push(...more)
  const hourly = new HourlyFlows(QUERIES, FIRST)
  for (let round = 0; round < rounds; round++) await hourly.count(UNTIL, null, { ask, write })
  return { flows, asked }
}

test('half a year in which nothing came to be costs one question each', async () => {
  const { flows, asked } = await countAll({}, 3)

  expect(flows).toEqual([])
  expect(asked.map(({ name, period }) => [name, period])).toEqual(
    QUERIES.map(({ name }) => [name, ['2027-01-01T10:00:00.000Z', '2027-07-01T00:00:00.000Z']]),
  )
})

test('what came to be in it is found in its hour, whenever that was', async () => {
  const sale = ['2027-01-01T10:00:00.000Z', '2027-03-03T03:59:59.999Z', '2027-06-30T23:00:00.000Z']
  const { flows, asked } = await countAll({ sale, stock: ['2027-03-03T03:00:00.000Z'] }, 20)
  const found = flows.filter(({ counts }) => Object.values(counts).some((count) => count > 0))

  expect(found).toEqual([
    { hour: '2027-01-01T10', counts: { sale: 1, stock: 0 } },
    { hour: '2027-03-03T03', counts: { sale: 1, stock: 1 } },
    { hour: '2027-06-30T23', counts: { sale: 1, stock: 0 } },
  ])
  const hours = (UNTIL.getTime() - Date.parse(`${FIRST}:00:00Z`)) / HOUR_MS
  expect(asked.length).toBeLessThan(hours / 4)
})

test('what lies between two empty stretches is counted in the first round', async () => {
  const { flows } = await countAll({ sale: ['2027-03-03T03:30:00.000Z'] }, 1)

  expect(flows.find(({ hour }) => hour === '2027-03-03T03')?.counts).toEqual({ sale: 1, stock: 0 })
})

test('no hour is counted twice, and each after the one before', async () => {
  const sale = ['2027-02-01T00:00:00.000Z', '2027-02-02T00:00:00.000Z', '2027-02-03T12:00:00.000Z']
  const { flows } = await countAll({ sale }, 20)
  const hours = flows.map(({ hour }) => hour)

  expect(hours).toEqual([...new Set(hours)].sort())
})

test('a query that does not answer lets nobody pass over anything', async () => {
  const { flows } = await countAll({ fails: ['stock'], sale: ['2027-01-01T11:00:00.000Z'] }, 4)

  expect(flows.slice(0, 2)).toEqual([
    { hour: '2027-01-01T10', counts: { sale: 0 } },
    { hour: '2027-01-01T11', counts: { sale: 1 } },
  ])
})
