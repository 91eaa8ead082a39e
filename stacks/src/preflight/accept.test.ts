import { expect, test } from 'vitest'
import { acceptChecks } from './accept.ts'
import { runChecks } from './checks.ts'
import { HEALTHY, REQUIREMENTS, WANTED } from './healthy-host.fixture.ts'

const AT = { by: 'alice', at: '2026-03-01T08:00:00Z' }

// One processor (fail), an unsynchronized clock (warn), the wrong architecture (fail, always strict).
const VERDICTS = runChecks(
  { ...HEALTHY, cpuCount: 1, timeSync: { synchronized: false, source: 'chronyc' }, architecture: 'arm64' },
  REQUIREMENTS,
  WANTED,
)

const find = (id: string, { verdicts } = acceptChecks(VERDICTS, {}, [], AT)) =>
  verdicts.find((verdict) => verdict.id === id)

test('a failed check stands in the way until somebody answers for it, and keeps its verdict', () => {
  expect(acceptChecks(VERDICTS, {}, [], AT).refused.map(({ id }) => id)).toEqual(['architecture', 'cpu-count'])

  const accepted = acceptChecks(VERDICTS, { 'cpu-count': ' a demo ' }, [], AT)
  expect(accepted.refused.map(({ id }) => id)).toEqual(['architecture'])
  expect(find('cpu-count', accepted)).toMatchObject({ verdict: 'fail', accepted: { ...AT, why: 'a demo' } })
})

test('nobody can answer for a strict check, whether it is always strict or by the stack’s wish', () => {
  const reasons = { architecture: 'emulated', 'cpu-count': 'a demo' }
  const { refused, verdicts } = acceptChecks(VERDICTS, reasons, ['cpu-count'], AT)

  expect(refused.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('nobody can accept it'),
    expect.stringContaining('nobody can accept it'),
  ])
  expect(verdicts.filter((verdict) => verdict.accepted)).toEqual([])
  expect(find('cpu-count', { refused, verdicts })).toMatchObject({ strict: true })
})

test('a warning that was answered for carries the answer, a pass does not', () => {
  const accepted = acceptChecks(VERDICTS, { 'time-sync': 'air gap', memory: 'enough' }, [], AT)

  expect(find('time-sync', accepted)).toMatchObject({ verdict: 'warn', accepted: { why: 'air gap' } })
  expect(find('memory', accepted)).not.toHaveProperty('accepted')
})

test('a refusal says how to go on', () => {
  expect(acceptChecks(VERDICTS, {}, [], AT).refused[1]?.reason).toContain('--accept cpu-count="REASON"')
})

test.each([
  ['an unknown check', { 'disk-sise': 'tight' }, 'UNKNOWN_CHECK', /disk-size/],
  ['a name every object has', { toString: 'tight' }, 'UNKNOWN_CHECK', /disk-size/],
  ['no reason', { 'cpu-count': ' ' }, 'NO_REASON', /--accept cpu-count=/],
])('%s is a mistake of usage', (_, accepted, code, hint) => {
  expect(() => acceptChecks(VERDICTS, accepted, [], AT)).toThrow(
    expect.objectContaining({ code, exitCode: 2, hint: expect.stringMatching(hint) }),
  )
})
