import { expect, test } from 'vitest'
import { limitNamed } from './index.ts'
import { licence } from './testing.fixture.ts'

const { limits, modules } = licence({
  limits: {
    users: { max: 10, behaviour: 'refuse' },
    sessions: { max: 4, behaviour: 'warn', reserved: 1, services: 2, idleMinutes: 20 },
    meters: {
      database_bytes: { max: 10, behaviour: 'warn' },
      transfer_bytes: { max: 20, behaviour: 'count', per: 'month' },
      'sale.users': { max: 30, behaviour: 'count' },
      'stock.users': { max: 40, behaviour: 'count' },
    },
  },
  modules: { sale: { users: { max: 3, behaviour: 'warn' } }, stock: {} },
})
const named = (name: string) => limitNamed({ limits, modules }, name)

test.each([
  ['users', 10, 'refuse', null],
  ['sessions', 4, 'warn', null],
  ['services', 2, 'warn', null],
  ['database_bytes', 10, 'warn', null],
  ['transfer_bytes', 20, 'count', 'month'],
])('%s', (name, max, behaviour, per) => {
  expect(named(name)).toEqual({ max, behaviour, per })
})

test('what a module says of its users comes before a meter of that name', () => {
  expect(named('sale.users')?.max).toBe(3)
  expect(named('stock.users')?.max).toBe(40)
})

test.each([
  'load_percent',
  'purchase.users',
  'constructor',
  'constructor.users',
  '__proto__',
])('a licence that does not name %s says nothing of it', (name) => {
  expect(named(name)).toBeNull()
})
