import { expect, test } from 'vitest'
import { type Finding, judge, type Situation } from './laws.ts'
import { brokenLaws, reportText } from './report-text.ts'

const READ_ONLY: Situation = {
  name: 'read-only',
  readOnly: true,
  blocked: false,
  usersFull: false,
  sessions: null,
}
const LAWFUL: Finding[] = [
  { check: 'import', outcome: 'done', detail: 'good after the import' },
  { check: 'export', outcome: 'done', detail: '247 tables' },
  { check: 'write', outcome: 'refused', detail: 'Nothing can be changed.' },
]

const report = (findings: Finding[]) => ({
  standings: [{ standing: 'read-only', terms: 'hrm-subscription', checks: judge(READ_ONLY, findings), seconds: 1 }],
  unreachable: ['ended'],
  volumesLeftOut: ['filestore'],
  steps: [{ title: 'Copy the database', seconds: 1.23 }],
})

test('what holds is shown, and what was not looked at is said', () => {
  const text = reportText(report(LAWFUL))

  expect(text).toContain('3 laws hold, 0 are broken')
  expect(text).toMatch(/^read-only {2}✓ .*⊘/m)
  expect(text).toContain('“ended” is not foreseen by any of the terms; it was not tried.')
  expect(text).toContain('the volumes filestore')
  expect(text).toContain('1.2 s  Copy the database')
})

test('a broken law is named with the standing, what happened and why', () => {
  const found = report([
    ...LAWFUL.filter(({ check }) => check !== 'write'),
    { check: 'write', outcome: 'done', detail: 'an entry' },
    { check: 'backup', outcome: 'failed', detail: 'pg_dump failed: permission denied' },
  ])

  expect(brokenLaws(found)).toEqual([
    'read-only: the database can be dumped, and the dump read back. It failed: pg_dump failed: permission denied',
    'read-only: writing is refused. It was done: an entry',
  ])
  expect(reportText(found)).toContain('Broken:\n  read-only: the database can be dumped')
})
