import type { BackupStatus, VerbResponse } from '@domicile/appliance-image/agent-protocol'
import { expect, test } from 'vitest'
import type { PointInTimeStatus } from '../backup/point-in-time/index.ts'
import { backupChecks } from './backup-checks.ts'

const NOW = new Date('2026-11-22T08:00:00Z')

const WELL: BackupStatus = {
  lastSnapshot: '2026-11-22T01:30:00.000Z',
  lastProof: '2026-11-20T02:00:00.000Z',
  next: { what: 'create', at: '2026-11-23T01:30:00.000Z' },
  running: null,
  findings: [],
}

const finding = (code: string, severity: 'warn' | 'fail' = 'warn') => ({
  ...{ code, severity, message: `what ${code} means`, hint: `do something about ${code}` },
})

const agentWith = (backup: BackupStatus | undefined) => ({ backup }) as VerbResponse<'status'>

const checksWith = (status: Partial<BackupStatus>, more: Partial<Parameters<typeof backupChecks>[0]> = {}) =>
  backupChecks({ agent: agentWith({ ...WELL, ...status }), systemd: true, ...more }, NOW)

const verdicts = (checks: ReturnType<typeof backupChecks>) =>
  Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict]))

test('while all is well nothing is said but how old things are', () => {
  const checks = checksWith({})

  expect(verdicts(checks)).toEqual({
    ...{ backup: 'pass', 'backup-proof': 'pass', 'backup-second-copy': 'pass', 'backup-helper': 'pass' },
  })
  expect(checks.map(({ hint }) => hint).join('')).toBe('')
  expect(checks[0]?.value).toBe('last snapshot 2026-11-22 01:30 UTC, 6 hours ago; next create 2026-11-23 01:30 UTC')
  expect(checks[1]?.value).toBe('last proof 2026-11-20 02:00 UTC, 2 days ago')
})

test.each([
  ['BACKUP_NONE', 'fail', 'backup'],
  ['BACKUP_LATE', 'fail', 'backup'],
  ['BACKUP_FAILING', 'warn', 'backup'],
  ['BACKUP_UNPLANNED', 'fail', 'backup'],
  ['PROOF_LATE', 'fail', 'backup-proof'],
  ['PROOF_NONE', 'warn', 'backup-proof'],
  ['COPY_LATE', 'fail', 'backup-second-copy'],
  ['PLACES_TOO_FEW', 'warn', 'backup-second-copy'],
  ['BACKUP_HELPER_GONE', 'warn', 'backup-helper'],
] as const)('%s shows as %s, in the check %s and in no other', (code, severity, id) => {
  const checks = checksWith({ findings: [finding(code, severity)] })
  const said = checks.filter(({ verdict }) => verdict !== 'pass')

  expect(said).toMatchObject([{ id, verdict: severity, hint: `do something about ${code}` }])
})

test('the worst comes first, and then why', () => {
  const checks = checksWith({ findings: [finding('BACKUP_FAILING'), finding('BACKUP_LATE', 'fail')] })

  expect(checks[0]).toMatchObject({ verdict: 'fail', hint: 'do something about BACKUP_LATE' })
  expect(checks[0]?.value).toContain('what BACKUP_LATE means what BACKUP_FAILING means')
})

test('units that somebody changed are said with what mends them', () => {
  const unit = { kind: 'units', subject: 'domicile-helper@erp.socket', aspect: 'state', wanted: 'active' } as const
  const checks = checksWith({}, { unitDifferences: [{ ...unit, found: 'inactive' }] })

  expect(checks.find(({ id }) => id === 'backup-helper')).toMatchObject({ verdict: 'warn', hint: 'domicile apply' })
})

test.each([
  ['stored', 'pass'],
  ['missing', 'warn'],
  ['void', 'warn'],
  ['unknown', 'warn'],
] as const)('a recovery sheet that is %s', (state, verdict) => {
  const checks = checksWith({}, { sheet: { state, storedAt: null } })

  expect(verdicts(checks)['backup-keys']).toBe(verdict)
})

const archiving: PointInTimeStatus = {
  ...{ on: true, bytes: 1, lastBase: null, waiting: null, archivedAt: null, refusedAt: null, findings: [] },
  window: [{ from: new Date('2026-11-15T01:30:00Z'), to: NOW }],
}
const said = (code: PointInTimeStatus['findings'][number]['code']) => ({ code, message: 'so', hint: 'do' })

test.each([
  ['well', archiving, 'pass'],
  ['off', { ...archiving, on: false, findings: [said('NO_BASE')] }, 'pass'],
  ['without a base', { ...archiving, window: [], findings: [said('NO_BASE')] }, 'warn'],
  ['with a gap', { ...archiving, findings: [said('GAP')] }, 'warn'],
  ['that takes nothing', { ...archiving, findings: [said('GAP'), said('NOT_ARCHIVING')] }, 'fail'],
] as const)('an archive of changes %s', (_, pointInTime, verdict) => {
  expect(verdicts(checksWith({}, { pointInTime }))['point-in-time']).toBe(verdict)
})

test('an agent that is silent is not one of before there were backups', () => {
  expect(verdicts(backupChecks({ agent: undefined, systemd: true }, NOW))).toEqual({ backup: 'warn' })
  expect(backupChecks({ agent: agentWith(undefined), systemd: true }, NOW)).toEqual([])
})
