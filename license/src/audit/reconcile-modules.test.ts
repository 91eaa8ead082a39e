import { describe, expect, test } from 'vitest'
import { INSTALLATION } from '../document/testing.fixture.ts'
import { level } from './audit.fixture.ts'
import { charged, erp, lived, reportOf, statement } from './reconcile.fixture.ts'

describe('modules', () => {
  const limits = {}
  const sold = (count: number) => ({ counts: { 'sale.transactions': count } })
  const period = { from: '2026-02-01', to: '2026-04-30' }
  const told = (claims: ReturnType<typeof erp>) => ({ licences: [{ from: '2025-12-01T00:00:00.000Z', claims }] })

  test('used before its licence began: maintenance until it began', () => {
    const modules = { sale: { from: '2026-03-15', until: null }, stock: {} }
    const licence = erp({ modules, limits })
    const alive = lived('2026-02-01', '2026-05-01', { '2026-02-10T09': sold(3), '2026-04-01T09': sold(5) })
    const result = statement([reportOf(alive, period, told(licence))], licence)

    expect(result.modules.find(({ module }) => module === 'sale')).toMatchObject({
      ...{ firstUsed: '2026-02-10T09:00:00.000Z', transactions: 8, clause: '8.2, 8.4' },
      unlicensed: { firstDay: '2026-02-10', lastDay: '2026-03-14', open: false, hours: 1, months: 2 },
    })
    expect(charged(result)).toEqual([
      ['licences', 'sale', 0, null, '500.00', '0.00'],
      ['maintenance', 'sale', 1, 2, '8.00', '16.00'],
      ['penalty', '', 10, null, '500.00', '5000.00'],
    ])
  })

  test('used without one: from its first use to the end of what is reported', () => {
    const licence = erp({ modules: { stock: {} }, limits })
    const alive = lived('2026-02-01', '2026-05-01', { '2026-03-31T23': sold(1) })
    const result = statement([reportOf(alive, period, told(licence))], licence)

    expect(result.modules.find(({ module }) => module === 'sale')).toMatchObject({
      licensed: null,
      // 23:00 UTC of 31 March is 1 April in Ljubljana.
      unlicensed: { firstDay: '2026-04-01', lastDay: '2026-04-30', open: true, days: 30, months: 1 },
    })
    expect(charged(result)[0]).toEqual(['licences', 'sale', 1, null, '500.00', '500.00'])
  })

  test('used on after its last day, and within its days', () => {
    const licence = (until: string) => erp({ modules: { sale: { from: '2026-01-01', until } }, limits })
    const alive = lived('2026-02-01', '2026-05-01', { '2026-04-10T09': sold(1) })
    const late = licence('2026-03-31')
    const inTime = licence('2026-04-10')

    expect(statement([reportOf(alive, period, told(late))], late).modules[0]?.unlicensed?.firstDay).toBe('2026-04-10')
    expect(statement([reportOf(alive, period, told(inTime))], inTime).modules[0]?.unlicensed).toBeNull()
  })

  test('a licence that names no module licenses them all; users of a module have their own limit', () => {
    const alive = lived('2026-02-01', '2026-05-01', {
      '2026-02-10T09': { ...sold(3), levels: { 'sale.users': level(7, 60) }, limits: { 'sale.users': 5 } },
    })
    const free = erp({ limits })
    const bounded = erp({ modules: { sale: { users: { max: 5, behaviour: 'refuse' } } }, limits })

    expect(statement([reportOf(alive, period, told(free))], free).modules[0]?.unlicensed).toBeNull()
    expect(charged(statement([reportOf(alive, period, told(bounded))], bounded))).toEqual([
      ['licences', 'sale.users', 2, null, '40.00', '80.00'],
      ['maintenance', 'sale.users', 2, 1, '1.00', '2.00'],
      ['penalty', '', 10, null, '80.00', '800.00'],
    ])
  })
})

describe('installations', () => {
  const licence = erp({ limits: { installations: { max: 1, behaviour: 'warn' } } })
  const march = { from: '2026-03-01', to: '2026-03-31' }
  const second = { ...{ id: '22222222-2222-4222-8222-222222222222', publicKey: 'x' } }
  const first = reportOf(lived('2026-03-01', '2026-04-01'), march)
  const other = (reporter: object) =>
    reportOf(lived('2026-03-20', '2026-04-01'), march, { reporter: { installation: second, ...reporter } })

  test('one more in production than licensed: from its first hour on', () => {
    const result = statement([other({}), first], licence)

    expect(result.installations).toMatchObject({ licensed: 1, missing: 1, time: { firstDay: '2026-03-20', days: 12 } })
    expect(result.installations.ids).toEqual([INSTALLATION, second.id])
    expect(charged(result)).toEqual([
      ['licences', 'installations', 1, null, '1000.01', '1000.01'],
      ['maintenance', 'installations', 1, 1, '10.00', '10.00'],
      ['penalty', '', 10, null, '1000.01', '10000.10'],
    ])
  })

  test.each(['standby', 'test'] as const)('one for %s is not counted, and that is said', (purpose) => {
    const result = statement([first, other({ purpose })], licence)

    expect(result.installations).toMatchObject({ missing: 0, ids: [INSTALLATION] })
    expect(result.notes.join(' ')).toContain(`an installation for ${purpose} is not counted`)
  })

  test('two reports of one are one', () => {
    expect(statement([first, first], licence).installations).toMatchObject({ missing: 0, ids: [INSTALLATION] })
  })
})
