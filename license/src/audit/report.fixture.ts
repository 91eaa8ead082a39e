import { pinned } from '../document/testing.fixture.ts'
import type { Finding } from '../ledger/index.ts'
import { level, TestInstallation } from './audit.fixture.ts'
import { readReport } from './report.ts'
import type { AuditReport, Period } from './types.ts'

/** A report of ten days for tests, and what becomes of it when somebody changes it. */

export const PERIOD: Period = { from: '2026-03-01', to: '2026-03-10' }
export const MADE_AT = '2026-03-20T12:00:00.000Z'

export const read = (text: string, more: Partial<Parameters<typeof readReport>[1]> = {}): AuditReport =>
  readReport(text, { now: new Date('2026-03-21T00:00Z'), vendorKeys: [pinned()], ...more })

export const codes = (findings: readonly Finding[]) => [...new Set(findings.map(({ code }) => code))]

/** Began in February, and lived until the report was made. */
export const lived = () =>
  TestInstallation.licensed('2026-02-20T00:00Z').live('2026-02-20', '2026-03-19', {
    '2026-03-05T08': { levels: { users: level(13, 60) } },
  })

/** Lines of the file, to be changed; the signature is left as it is. */
export const changedText = (text: string, change: (lines: string[]) => string[]): string =>
  `${change(text.trimEnd().split('\n')).join('\n')}\n`

export const indexOf = (lines: readonly string[], piece: string) => lines.findIndex((line) => line.includes(piece))

/** How lines of two kinds begin. */
export const hours = (day: string) => `{"hours":{"version":1,"day":"${day}"`
export const seal = (day: string) => `"data":{"day":"${day}"`
