import { describe, expect, test } from 'vitest'
import { History, profile } from './history.fixture.ts'
import { limitFindings } from './limits.ts'
import { tierReached } from './tier.ts'

/** The parts of the contracts' timelines that go by meters. */

const using = (meters: Record<string, number>) => ({ users: 20, sessions: 3, meters })
const MB = 1e6
const GB = 1e9

describe('fair use of the HR system', () => {
  const limits = { users: { max: 20, behaviour: 'refuse' } } as const
  const contract = () => new History('hrm-subscription', { limits })

  test('at most is fair, one byte more is said: when, and by how much', () => {
    const history = contract()
    expect(history.standing('2026-03-10', 0, using({ database_bytes: 10 * GB })).state).toBe('good')

    const { state, reasons, effects } = history.standing('2026-03-10', 0, using({ database_bytes: 12.5 * GB }))

    expect(state).toBe('notice')
    expect(reasons).toMatchObject([
      {
        stage: 'fair-use/database_bytes',
        clause: '6.4',
        text: 'database: 12.5 GB used, 10 GB agreed, 2.5 GB too much.',
      },
    ])
    expect(effects).toMatchObject({ readOnly: false, blocked: null })
    expect(effects.notices).toMatchObject([{ id: 'over-fair-use', audience: 'administrators' }])
    expect(effects.notices[0]?.texts['en']?.text).toBe(
      'database (10 March 2026): 12.5 GB used, 10 GB agreed, 2.5 GB too much. Please see to it: support@vendor.example.',
    )
  })

  test('transfer and e-mails are agreed for each licence and month', () => {
    const meters = { 'transfer_bytes/month': 2000 * MB, 'mails/month': 800 }
    expect(contract().standing('2026-03-10', 0, using(meters)).state).toBe('good')

    const over = { 'transfer_bytes/month': 2000 * MB + 1, 'mails/month': 801 }
    const { reasons, effects } = contract().standing('2026-03-10', 0, using(over))

    expect(reasons.map(({ text }) => text)).toEqual([
      'transfer to the customer: 2 GB used, 2 GB agreed, 1 byte too much.',
      'e-mails: 801 used, 800 agreed, 1 too much.',
    ])
    expect(effects.notices[1]?.texts['sl']?.text).toMatch(/^e-mails \(marec 2026\): porabljeno 801, dogovorjeno 800/)
  })

  test('a month over is one occasion, the next month another', () => {
    const keyOn = (day: string) =>
      contract()
        .standing(day, 0, using({ 'mails/month': 900 }))
        .effects.notices.map(({ key }) => key)

    expect(keyOn('2026-03-10')).toEqual(keyOn('2026-03-31'))
    expect(keyOn('2026-04-01')).not.toEqual(keyOn('2026-03-31'))
  })

  test('more licences, more that is fair', () => {
    const more = contract().renewal('2026-03-05', { limits: { users: { max: 23, behaviour: 'refuse' } } })

    expect(more.standing('2026-03-04', 0, using({ 'mails/month': 920 })).state).toBe('notice')
    expect(more.standing('2026-03-05', 0, using({ 'mails/month': 920 })).state).toBe('good')
  })

  test('a licence without a number of users has no share for each', () => {
    const meters = { 'mails/month': 1e9, database_bytes: 10 * GB + 1 }
    const { reasons } = new History('hrm-subscription', { limits: {} }).standing('2026-03-10', 0, using(meters))

    expect(reasons.map(({ stage }) => stage)).toEqual(['fair-use/database_bytes'])
  })
})

describe('managed hosting', () => {
  const limits = {
    meters: {
      disk_bytes: { max: 100 * GB, behaviour: 'warn' },
      transfer_bytes: { max: 500 * GB, behaviour: 'warn', per: 'month' },
    },
  } as const
  const contract = () => new History('managed-hosting', { limits, paidThrough: '2026-12-31' })

  test('over a quota the two days to a larger package are told', () => {
    const { reasons, effects } = contract().standing('2026-03-10', 0, using({ disk_bytes: 101 * GB }))

    expect(reasons).toMatchObject([{ stage: 'disk_bytes', clause: '4 b ii 2' }])
    expect(effects.notices[0]?.texts['en']?.text).toMatch(
      /^disk: 101 GB used, 100 GB in the package\. There are 2 days/,
    )
  })

  test('transfer is a quota of the month, not of what was ever sent', () => {
    const over = { 'transfer_bytes/month': 500 * GB + 1 }
    expect(contract().standing('2026-03-10', 0, using({ transfer_bytes: 1e15 })).state).toBe('good')
    expect(contract().standing('2026-03-10', 0, using(over)).reasons).toMatchObject([{ stage: 'transfer_bytes' }])
  })

  test('half of the capacity on a month’s average is fair, more is said in words of its own', () => {
    const at = (load: number) => contract().standing('2026-03-30', 0, using({ 'load_percent/month': load }))

    expect(at(50).state).toBe('good')
    expect(at(50.5).effects.notices).toMatchObject([
      {
        id: 'over-fair-use',
        texts: { en: { text: expect.stringContaining('March 2026): 50.5 % used, 50 % agreed, 0.5 % too') } },
      },
    ])
  })
})

describe('tiers by yearly sales', () => {
  const tiers = {
    meter: 'sales',
    current: 'S',
    steps: [
      { name: 'S', upTo: 50_000 },
      { name: 'M', upTo: 200_000 },
      { name: 'L', upTo: null },
    ],
  }
  const limits = {
    users: { max: 10, behaviour: 'count' },
    meters: { device_users: { max: 5, behaviour: 'count' } },
  } as const

  test('50 000 passed on the 17th: written down once, M from the 1st, and still M when sales fall', () => {
    const history = new History('active-users-tiered', { tiers })
    const licence = history.events[0]?.kind === 'imported' ? history.events[0].claims : null
    const yearly = {
      '2026-05-16': 50_000,
      '2026-05-17': 50_001,
      '2026-05-18': 51_000,
      '2026-09-01': 51_000,
      '2027-01-05': 300,
    }
    const written = Object.entries(yearly).flatMap(([day, value]) => {
      const tier = tierReached(licence as never, history.terms, value, history.events)
      if (tier) history.metered(day, value)
      return tier ? [`${day} ${tier}`] : []
    })

    expect(written).toEqual(['2026-05-17 M'])
    const tierOn = (day: string, hours = 0) => history.standing(day, hours).effects.tier
    expect([tierOn('2026-05-31', 23.9), tierOn('2026-06-01'), tierOn('2027-02-01')]).toEqual(['S', 'M', 'M'])
  })

  test('a tier that a new licence names already is nothing new', () => {
    const history = new History('active-users-tiered', { tiers: { ...tiers, current: 'M' } })
    const licence = history.events[0]?.kind === 'imported' ? history.events[0].claims : null
    const reached = (value: number) => tierReached(licence as never, history.terms, value)

    expect([reached(60_000), reached(200_000), reached(200_001)]).toEqual([null, null, 'L'])
  })

  test('terms without tiers, licences without steps: nothing to reach', () => {
    const plain = new History('active-users-tiered')
    expect(tierReached({ tiers } as never, profile('erp-on-premises'), 1e9)).toBeNull()
    expect(tierReached({} as never, plain.terms, 1e9)).toBeNull()
  })

  test('users of the application for devices are counted apart, and billed: nothing is said to anybody', () => {
    const history = new History('active-users-tiered', { tiers, limits })
    const used = { users: 10, sessions: null, meters: { device_users: 8 } }

    expect(limitFindings(limits, used, history.terms)).toMatchObject([
      { limit: 'users', used: 10, over: 0, behaviour: 'count' },
      { limit: 'device_users', used: 8, max: 5, over: 3, behaviour: 'count', clause: '5.1–5.4' },
    ])
    expect(history.standing('2026-03-10', 0, used)).toMatchObject({ state: 'good', effects: { notices: [] } })
  })
})
