import { type AuditReport, readReport } from '@domicile/license/audit'
import { METERS, type MeterDescription } from '@domicile/license/ledger'
import { DESCRIPTIONS, erpLicence, level, TestInstallation } from '@domicile/license/testing/audit/audit'
import { terms } from '@domicile/license/testing/document/testing'
import { profileText } from '@domicile/license/testing/standing/history'

/** Reports for tests of what people see, read as a vendor reads them. */

export const PERIOD = { from: '2026-05-11', to: '2026-05-17' }

/** A week with one bad Wednesday, an hour without samples, and sales since Tuesday. */
export async function weekReport(
  more: { readonly descriptions?: readonly MeterDescription[]; readonly licence?: object } = {},
) {
  const installation = TestInstallation.licensed('2026-05-10T22:00:00Z', erpLicence({ ...SESSIONS, ...more.licence }))
  if (more.descriptions) installation.write('2026-05-10T22:00:30Z', METERS, { meters: more.descriptions })
  installation.live(
    '2026-05-10',
    '2026-05-17',
    {
      '2026-05-13T08': { levels: { users: level(12, 60), sessions: [2, 6, 200, 60, 45] } },
      '2026-05-13T09': { levels: { users: level(12, 60), sessions: level(3) } },
      '2026-05-14T03': null,
    },
    {
      '2026-05-12': [{ hour: '2026-05-12T08', counts: { 'sale.transactions': 7 } }],
      '2026-05-13': [{ hour: '2026-05-13T08', counts: { 'sale.transactions': 11 } }],
    },
  )
  return readAgain(await installation.report(PERIOD, '2026-05-18T08:00:00Z'))
}

const SESSIONS = {
  limits: {
    users: { max: 10, behaviour: 'count' },
    sessions: { max: 4, behaviour: 'count', reserved: 0, services: 0, idleMinutes: 20 },
    installations: { max: 2, behaviour: 'count' },
  },
  modules: { sale: { users: { max: 5, behaviour: 'count' }, from: '2026-01-01' } },
} as const

const readAgain = (text: string): AuditReport =>
  readReport(text, { now: new Date('2026-06-01T00:00:00Z'), vendorKeys: [] })

/** Under terms with fair use, over what they call fair. */
export async function fairUseReport(): Promise<AuditReport> {
  const installation = TestInstallation.licensed(
    '2026-05-10T22:00:00Z',
    erpLicence({
      ...SESSIONS,
      terms: { ...terms(profileText('hrm-subscription')), name: 'hrm-subscription' },
    } as never),
  )
  installation.live('2026-05-10', '2026-05-17', {
    '2026-05-13T08': { levels: { database_bytes: level(12_000_000_000) }, counts: { transfer_bytes: 1_500_000_000 } },
  })
  return readAgain(await installation.report(PERIOD, '2026-05-18T08:00:00Z'))
}

export const HOSTILE: readonly MeterDescription[] = DESCRIPTIONS.map((one) => ({
  ...one,
  title: `</td><script>alert("${one.name}")</script>`,
  sql: one.sql && `select '<img src=x onerror=alert(1)>' from "sale" where a < 1 and b > 2`,
}))
