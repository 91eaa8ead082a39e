import { type DEFAULT_KEEP, effectiveTerms, type Verdict } from '@domicile/backup/policy'
import { snapshotAt } from '@domicile/backup/testing/snapshots'
import { describe, expect, test } from 'vitest'
import type { PolicyInForce } from './policy-in-force.ts'
import { departures, policyText } from './policy-text.ts'
import { listText, size, snapshotText } from './snapshot-text.ts'

const ZONE = 'Europe/Ljubljana'
const CLAUSE = { dailyDays: 7, weeklyWeeks: 4, monthlyMonths: 2, places: 2, clause: '7.1.4' }

const stands = (run: string, ...untils: string[]): Verdict => ({
  run,
  keep: true,
  reasons: untils.map((until) => ({ code: 'STANDS_FOR', period: 'day', name: '2026-11-20', until })),
})

describe('the list', () => {
  test('has the newest first, times of the zone, and what can be said of each', () => {
    const run = (day: string) => `202611${day}T233000Z-aaaaaa`
    const one = (day: string, change = {}) => snapshotAt(`2026-11-${day}T23:30:00Z`, { run: run(day), ...change })
    const text = listText(
      [
        one('18', { refused: 'DUMP_TOO_SMALL' }),
        one('19', { provenAt: '2026-11-20T02:00:00Z', hold: 'the fair' }),
        one('20', { checkedAt: '2026-11-21T01:00:00Z', kind: 'manual' }),
        one('21', { bytes: { dump: 900, documents: 0, added: 0 } }),
      ],
      ZONE,
    )

    expect(text).toBe(
      [
        'SNAPSHOT                 MADE (Europe/Ljubljana)  KIND         SIZE  STATE',
        '20261121T233000Z-aaaaaa  2026-11-22 00:30         scheduled   900 B  not read back yet',
        '20261120T233000Z-aaaaaa  2026-11-21 00:30         manual     1.9 GB  read back',
        '20261119T233000Z-aaaaaa  2026-11-20 00:30         scheduled  1.9 GB  proven 2026-11-20 03:00, held: the fair',
        '20261118T233000Z-aaaaaa  2026-11-19 00:30         scheduled  1.9 GB  does not count: DUMP_TOO_SMALL',
      ].join('\n'),
    )
  })

  test('says below each what becomes of it', () => {
    const text = listText(
      [snapshotAt('2026-11-18T01:30:00Z'), snapshotAt('2026-11-19T01:30:00Z')],
      'UTC',
      ({ at }) => at,
    )

    expect(text.split('\n').filter((line) => line.startsWith('    '))).toEqual([
      '    2026-11-19T01:30:00.000Z',
      '    2026-11-18T01:30:00.000Z',
    ])
  })

  test('says what to do when there is none', () => {
    expect(listText([], ZONE)).toBe('There is no snapshot yet. Make one: domicile backup create')
  })
})

test('of one snapshot everything is said, with what the policy says', () => {
  const one = snapshotAt('2026-11-18T01:30:00Z', { seconds: 26.24, refused: 'SUSPECT' })
  const text = snapshotText(one, ZONE, 'Stays: for a while.')

  for (const words of [one.run, '2026-11-18 02:30 (Europe/Ljubljana), in 26.2 s', 'no: SUSPECT', 'Stays: for a while.'])
    expect(text).toContain(words)
  for (const part of Object.values(one.parts)) expect(text).toContain(part)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1_625_000_000, '1.6 GB'],
  [300_000_000, '300 MB'],
  [5e18, '5000 PB'],
])('%d bytes are %s', (bytes, words) => expect(size(bytes)).toBe(words))

describe('what goes next', () => {
  test('is the first whose last day comes, by the longest of its reasons', () => {
    const verdicts = [stands('b', '2026-11-22', '2026-12-20'), stands('a', '2026-11-23'), stands('c', '2026-11-22')]

    expect(departures(verdicts)).toEqual([
      { run: 'c', lastDay: '2026-11-22' },
      { run: 'a', lastDay: '2026-11-23' },
      { run: 'b', lastDay: '2026-12-20' },
    ])
  })

  test('is nothing that stays for another reason than its age, or that goes already', () => {
    const { reasons } = stands('', '2026-11-22')
    const verdicts: Verdict[] = [
      { run: 'proven', keep: true, reasons: [...reasons, { code: 'NEWEST_PROVEN' }] },
      { run: 'held', keep: true, reasons: [{ code: 'HELD', why: 'the fair' }] },
      { run: 'gone', keep: false, reasons: [{ code: 'OVER', period: null, name: '2026-11-01', until: '2026-11-15' }] },
    ]

    expect(departures(verdicts)).toEqual([])
  })
})

describe('the rule in words', () => {
  const inForce = (
    contract: PolicyInForce['contract'],
    clause: typeof CLAUSE | null,
    chosen: Partial<typeof DEFAULT_KEEP> = {},
  ) => policyText({ ...effectiveTerms(clause, chosen), timeZone: ZONE, contract }, [stands('a', '2026-11-22')])

  test('names the clause, and what was chosen beyond it', () => {
    const text = inForce('licence', CLAUSE, { days: 14 })

    expect(text).toContain('Daily copies:     14 days (chosen here; 7 is the least)')
    expect(text).toContain('Monthly copies:   2 months (contract, clause 7.1.4)')
    expect(text).toContain('Places:           2, this server included')
    expect(text).toContain('1 snapshot: 1 to stay, 0 to go')
  })

  test.each([
    ['none', 'there is no licence yet'],
    ['unknown', 'nothing is removed meanwhile'],
    ['licence', 'says nothing about backups'],
  ] as const)('says what is known of the contract: %s', (contract, words) => {
    expect(inForce(contract, null)).toContain(words)
  })
})
