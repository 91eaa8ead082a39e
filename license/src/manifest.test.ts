import { expect, test } from 'vitest'
import { mayLeave } from './audit/record-kinds.ts'
import { METERS } from './ledger/index.ts'
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

const sql = 'select 1'
test.each([
  ['an escape sequence in a title', { mails: { sql, title: '\u001b[31mMails' } }],
  ['a title of two lines', { mails: { sql, title: 'Mails\nand more' } }],
  ['a title that is written backwards', { mails: { sql, title: '\u202eMails' } }],
  ['an empty title', { mails: { sql, title: '' } }],
  ['an escape sequence in a query', { mails: { sql: `${sql} \u001b[2J` } }],
  ['a name that begins with an underscore', { _mails: { sql } }],
  ['a module that begins with one', { modules: { _sale: { users: sql } } }],
  ['a formula for a name', { '=cmd()': { sql } }],
])('%s is refused where it is written, not in the audit', (_, meters) => {
  expect(metersSchema.safeParse(meters).success).toBe(false)
})

test('what a manifest may say, a report may say', () => {
  const meters = described({
    mails: { sql: `select\n\tcount(*) from mail where ${PERIOD}`, title: '=1+1 <b>„Pošta“</b>' },
    [`a${'b'.repeat(62)}`]: { reported: true, title: 'x'.repeat(80) },
    modules: { [`c${'d'.repeat(62)}`]: { users: sql.padEnd(4000), transactions: `select ${PERIOD}` } },
  })

  expect(mayLeave({ kind: METERS, data: { meters } })).toBe(true)
})
