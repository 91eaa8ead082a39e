import { STATES } from '@domicile/license/standing'
import { describe, expect, test } from 'vitest'
import { CHECKS, type Expected, expected, type Finding, judge, lawOf, type Situation } from './laws.ts'

const OPEN: Situation = {
  name: 'good',
  readOnly: false,
  blocked: false,
  usersFull: false,
  sessions: null,
}

const everySituation: Situation[] = [true, false].flatMap((readOnly) =>
  [true, false].flatMap((blocked) =>
    [true, false].flatMap((usersFull) =>
      (['free', 'full', null] as const).map((sessions) => ({
        ...{ name: STATES[0], readOnly, blocked, usersFull, sessions },
      })),
    ),
  ),
)

describe('what must come of each check', () => {
  test.each([
    'import',
    'backup',
    'export',
    'login',
    'read',
    'logout',
  ] as const)('%s works whatever the standing', (check) => {
    expect(everySituation.map((situation) => expected(situation)[check])).toEqual(everySituation.map(() => 'done'))
  })

  test.each<[string, Partial<Situation>, Partial<Record<(typeof CHECKS)[number], Expected | null>>]>([
    ['nothing is limited', {}, { write: 'done', activate: 'done', entry: 'done', sessions: null }],
    ['read-only', { readOnly: true }, { write: 'refused', activate: 'refused', entry: 'done' }],
    ['suspended', { blocked: true }, { write: 'done', activate: 'done', entry: 'refused' }],
    ['ended', { readOnly: true, blocked: true }, { write: 'refused', activate: 'refused', entry: 'refused' }],
    ['users full', { usersFull: true }, { write: 'done', activate: 'refused', entry: 'done' }],
    ['sessions full', { sessions: 'full' }, { sessions: 'refused', entry: 'done', write: 'done' }],
    ['seats are free', { sessions: 'free' }, { sessions: 'done' }],
  ])('%s', (_, situation, wanted) => {
    expect(expected({ ...OPEN, ...situation })).toMatchObject(wanted)
  })

  test('every law that can be broken has words', () => {
    for (const check of CHECKS)
      for (const wanted of ['done', 'refused'] as const) expect(lawOf(check, wanted).length).toBeGreaterThan(0)
    expect(lawOf('write', 'refused')).not.toBe(lawOf('write', 'done'))
  })
})

describe('judging', () => {
  const verdicts = (findings: Finding[], situation = OPEN) =>
    Object.fromEntries(judge(situation, findings).map(({ check, verdict }) => [check, verdict]))
  const finding = (check: Finding['check'], outcome: Finding['outcome']): Finding => ({ check, outcome, detail: '' })

  test('what came as it must holds, whether done or refused', () => {
    const readOnly = { ...OPEN, readOnly: true }

    expect(verdicts([finding('login', 'done')])).toMatchObject({ login: 'holds' })
    expect(verdicts([finding('write', 'refused')], readOnly)).toMatchObject({ write: 'holds' })
  })

  test('done where it must be refused, refused where it must be done, and failing anywhere break a law', () => {
    const readOnly = { ...OPEN, readOnly: true }

    expect(verdicts([finding('write', 'done')], readOnly)).toMatchObject({ write: 'broken' })
    expect(verdicts([finding('write', 'refused')])).toMatchObject({ write: 'broken' })
    expect(verdicts([finding('write', 'failed')], readOnly)).toMatchObject({ write: 'broken' })
    expect(verdicts([finding('backup', 'failed')])).toMatchObject({ backup: 'broken' })
  })

  test('what nobody tried is neither kept nor broken', () => {
    expect(verdicts([])).toMatchObject({ login: 'not-provided', sessions: 'not-asked' })
  })
})
