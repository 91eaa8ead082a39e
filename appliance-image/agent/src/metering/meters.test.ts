import { metersSchema } from '@domicile/license'
import { SYSTEM_METERS } from '@domicile/license/ledger'
import { describe, expect, test } from 'vitest'
import { countedBy, limitsOn } from './meters.ts'

const guards = { users: { table: 'res_user', active: 'active' } }
const meters = metersSchema.parse({
  articles: { sql: 'select count(*) from article', title: 'Articles' },
  invoices: { sql: 'select count(*) from invoice where at >= $1 and at < $2' },
  mails: { reported: true },
  modules: {
    sale: { title: 'Sales', users: 'select 1', transactions: 'select count(*) from sale where at >= $1 and at < $2' },
  },
})
const all = { meters, guards, sessions: true, traffic: true }

describe('what is counted', () => {
  test('is everything of the appliance and of the stack, each in its place', () => {
    const { levels, counts, levelQueries, flowQueries, descriptions } = countedBy(all)

    expect(levels).toEqual([
      ...['users', 'sessions', 'services', 'database_bytes', 'disk_bytes', 'load_percent'],
      ...['articles', 'sale.users'],
    ])
    expect(counts).toEqual(['sessions_refused', 'sessions_over', 'sessions_unchecked', 'transfer_bytes', 'mails'])
    expect(levelQueries.map(({ name }) => name)).toEqual(['database_bytes', 'articles', 'sale.users'])
    expect(flowQueries.map(({ name }) => name)).toEqual(['invoices', 'sale.transactions'])
    expect(descriptions).toHaveLength(Object.keys(SYSTEM_METERS).length + 5)
    expect(descriptions.at(-1)).toEqual({
      ...{ name: 'sale.transactions', kind: 'count', title: 'Sales', module: 'sale' },
      sql: 'select count(*) from sale where at >= $1 and at < $2',
    })
  })

  test('is not what cannot be', () => {
    const { levels, counts } = countedBy({ meters: {}, guards: {}, sessions: false, traffic: false })

    expect(levels).toEqual(['database_bytes', 'disk_bytes', 'load_percent'])
    expect(counts).toEqual([])
  })

  test('of users is asked of the guard; without one, of the stack’s meter', () => {
    const users = { users: { sql: 'select count(*) from res_user', title: 'People' } }
    const guarded = countedBy({ ...all, meters: users })
    const asked = countedBy({ ...all, meters: users, guards: {} })

    expect(guarded.levelQueries.map(({ name }) => name)).toEqual(['database_bytes'])
    expect(asked.levelQueries.map(({ name }) => name)).toEqual(['database_bytes', 'users'])
    for (const { descriptions, levels } of [guarded, asked]) {
      expect(descriptions.filter(({ name }) => name === 'users')).toHaveLength(1)
      expect(levels).toContain('users')
    }
  })
})

describe('the limits on minutes', () => {
  const { levels } = countedBy(all)
  const behaviour = 'count' as const
  const session = { max: 4, reserved: 1, services: 2, idleMinutes: 20, behaviour }

  test('are those of the licence on what is sampled', () => {
    const limits = {
      users: { max: 10, behaviour },
      sessions: session,
      meters: { articles: { max: 500, behaviour }, unknown: { max: 1, behaviour } },
    }
    expect(limitsOn(levels, { limits, modules: { sale: { users: { max: 3, behaviour } }, stock: {} } })).toEqual({
      ...{ users: 10, sessions: 4, services: 2, articles: 500, 'sale.users': 3 },
    })
  })

  test('are none on what is counted over a month or a year', () => {
    const limits = {
      meters: { articles: { max: 500, behaviour, per: 'month' as const }, mails: { max: 9, behaviour } },
    }

    expect(limitsOn(levels, { limits, modules: {} })).toEqual({})
  })
})
