import { verifyChain, yearOf } from '@domicile/backup/proof'
import { chainOf, keys } from '@domicile/backup/testing/proof/proof'
import { expect, test } from 'vitest'
import { reportHtml } from './report-html.ts'
import { reportText } from './report-text.ts'
import type { BackupReport } from './report-words.ts'

const PERIOD = { from: '2026-01-01', to: '2026-03-31', timeZone: 'UTC' }

function report(texts: readonly string[]): BackupReport {
  const { proofs, findings } = verifyChain(texts, () => keys.publicKey)
  const keep = { days: 7, weeks: 4, months: 2 }
  const figures = yearOf({ ...PERIOD, proofs, snapshots: [], keep, now: new Date('2026-03-10T12:00:00Z') })
  return { figures, proofs, findings, appliance: '<erp>', installation: proofs[0]?.installation ?? 'none' }
}

const weekly = chainOf(8, (number) => ({
  at: new Date(Date.UTC(2026, 0, 2 + 7 * number)).toISOString(),
  ...(number === 3 ? { verdict: 'failed' as const, codes: ['SUM_DIFFERS'], recoverySeconds: null } : {}),
}))

test('the text says what the contract asks for, and names the weeks without a proof', () => {
  const text = reportText(report(weekly))

  expect(text).toContain('Weeks with a proof:                         7 of 10 that are over')
  expect(text).toContain('7 proven, 1 not')
  expect(text).toContain('Weeks without a proof:                      2026-W01, 2026-W04, 2026-W10')
  expect(text).toContain('Every proof is signed by this installation and follows the one before it.')
})

test('a chain that does not hold is said first on the page and last on the terminal', () => {
  const broken = report(weekly.filter((_, index) => index !== 4))

  expect(reportText(broken)).toMatch(/does not hold:\n {2}line 5: Proof 5 is missing\.$/)
  expect(reportHtml(broken)).toContain('<div class="verdict doubtful">')
})

test('the page needs nothing else, shows every week, and holds no markup of others', () => {
  const html = reportHtml(report(weekly))

  expect(html).not.toMatch(/<script|https?:|<erp>/)
  expect(html).toContain('&lt;erp&gt;')
  expect(html.match(/<rect /g)).toHaveLength(14)
  expect(html.match(/<g class="failed">/g)).toHaveLength(3)
  expect(html.match(/<g class="open">/g)).toHaveLength(4)
  expect(html).toContain('not proven: SUM_DIFFERS')
})

test('before the first drill there is a report, too', () => {
  const none = report([])

  expect(reportText(none)).toContain('not measured')
  expect(reportHtml(none)).toContain('Weeks with a proof')
})
