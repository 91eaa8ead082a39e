import { expect, test } from 'vitest'
import { describeMeters, metersSchema } from './manifest.ts'

const PERIOD = 'between $1 and $2'
const described = (meters: unknown) => describeMeters(metersSchema.parse(meters))

test('a query with a period is a count, one without is a level', () => {
  expect(described({ entries: { sql: `select ${PERIOD}` }, open: { sql: 'select 1' } })).toMatchObject([
    { name: 'entries', kind: 'count' },
    { name: 'open', kind: 'level' },
  ])
})

test('what is counted of a module carries its name and title, and the query as the vendor wrote it', () => {
  const sale = { title: 'Sales', users: 'select 1', transactions: `select ${PERIOD}` }

  expect(described({ modules: { sale, stock: { users: 'select 2' } } })).toEqual([
    { name: 'sale.users', kind: 'level', title: 'Sales', sql: 'select 1', module: 'sale' },
    { name: 'sale.transactions', kind: 'count', title: 'Sales', sql: `select ${PERIOD}`, module: 'sale' },
    { name: 'stock.users', kind: 'level', title: 'stock', sql: 'select 2', module: 'stock' },
  ])
})
