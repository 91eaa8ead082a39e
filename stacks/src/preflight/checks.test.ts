import { expect, test } from 'vitest'
import { CHECKS, runChecks } from './checks.ts'
import type { HostFacts } from './facts.ts'
import { HEALTHY, REQUIREMENTS, WANTED } from './healthy-host.fixture.ts'

const NOTHING_KNOWN = { unknown: 'not allowed for this user' }

const IGNORANT: HostFacts = {
  ...(Object.fromEntries(Object.keys(HEALTHY).map((key) => [key, NOTHING_KNOWN])) as unknown as HostFacts),
  engine: { binary: undefined, socket: false, snap: false, denied: false, answer: NOTHING_KNOWN },
  ports: { http: NOTHING_KNOWN, https: NOTHING_KNOWN },
  firewall: { ufw: NOTHING_KNOWN, firewalld: NOTHING_KNOWN, iptables: NOTHING_KNOWN, nftables: NOTHING_KNOWN },
}

const idsWith = (facts: HostFacts, verdict: string) =>
  runChecks(facts, REQUIREMENTS, WANTED)
    .filter((entry) => entry.verdict === verdict)
    .map(({ id }) => id)

test('a healthy host passes every check', () => {
  expect(runChecks(HEALTHY, REQUIREMENTS, WANTED).filter(({ verdict }) => verdict !== 'pass')).toEqual([])
})

test('what is unknown is a warning, never good news and never a reason to refuse', () => {
  expect(idsWith(IGNORANT, 'fail')).toEqual(['engine-present', 'engine-reachable'])
  // Both are about what the person asked for and about what was seen, not about the facts that are missing.
  expect(idsWith(IGNORANT, 'pass')).toEqual(['hostname', 'engine-snap'])
})

test('whatever does not pass says what was found, what was wanted and what to do', () => {
  for (const { id, verdict, value, wanted, hint } of runChecks(IGNORANT, REQUIREMENTS, WANTED)) {
    if (verdict === 'pass') continue
    expect(
      [value, wanted, hint].map((text) => text.length > 0),
      id,
    ).toEqual([true, true, true])
    expect(hint, id).toMatch(/[.)]$/)
  }
})

test('every check has its own name in kebab-case and a title', () => {
  const ids = CHECKS.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id, title } of CHECKS) expect([id, title]).toEqual([expect.stringMatching(/^[a-z]+(-[a-z]+)*$/), title])
})

test('nobody can accept the wrong architecture, a silent engine, or what the stack calls strict', () => {
  const verdicts = runChecks(HEALTHY, { ...REQUIREMENTS, strict: ['disk-size'] }, WANTED)

  expect(verdicts.filter(({ strict }) => strict).map(({ id }) => id)).toEqual([
    'architecture',
    'disk-size',
    'engine-reachable',
  ])
})
