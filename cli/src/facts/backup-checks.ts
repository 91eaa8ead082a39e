import type { BackupStatus } from '@domicile/appliance-image/agent-protocol'
import type { SheetStatus } from '../backup/keys/sheet-status.ts'
import type { PointInTimeStatus } from '../backup/point-in-time/index.ts'
import type { Check } from './checks.ts'
import type { RunningFacts } from './running.ts'

type Facts = Pick<RunningFacts, 'agent' | 'systemd' | 'unitDifferences' | 'sheet' | 'pointInTime'>
type Finding = BackupStatus['findings'][number]

/** Which check says which finding; what is of no other one is of the first. */
const SAYS: readonly { readonly id: string; readonly wanted: string; readonly codes: RegExp }[] = [
  { id: 'backup', wanted: 'a snapshot every night', codes: /^BACKUP_(?!HELPER_)/ },
  { id: 'backup-proof', wanted: 'a snapshot was restored on trial not long ago', codes: /^PROOF_/ },
  { id: 'backup-second-copy', wanted: 'every snapshot also elsewhere', codes: /^(COPY|PLACES)_/ },
]

/**
 * What `status` and `doctor` say of backups. It goes by what the agent finds, and that by the age of snapshots and proofs:
 * whatever keeps them from being made, it shows.
 */
export function backupChecks(facts: Facts, now: Date): Check[] {
  const { agent } = facts
  const backup = agent?.backup
  if (!backup) {
    // An agent of before there were backups answers, and says nothing of them; none is expected of it.
    const hint = 'The agent does not answer; see the check agent.'
    return agent ? [] : [{ id: 'backup', verdict: 'warn', value: 'unknown', wanted: 'a snapshot every night', hint }]
  }
  const values: Readonly<Record<string, string>> = {
    backup: `${ageOf('last snapshot', backup.lastSnapshot, now)}${doing(backup)}`,
    'backup-proof': ageOf('last proof', backup.lastProof, now),
    'backup-second-copy': 'nothing is late',
  }
  const more = [facts.sheet && keysCheck(facts.sheet), facts.pointInTime && pointInTimeCheck(facts.pointInTime)]
  return [
    ...SAYS.map(({ id, wanted, codes }) => {
      const found = backup.findings.filter(({ code }) => codes.test(code))
      return checkOf(id, values[id] ?? '', wanted, found)
    }),
    helperCheck(facts, backup),
    ...more.filter((check) => check !== undefined),
  ]
}

function checkOf(id: string, value: string, wanted: string, found: readonly Finding[]): Check {
  const [worst, ...others] = found.toSorted((a, b) => Number(b.severity === 'fail') - Number(a.severity === 'fail'))
  if (!worst) return { id, verdict: 'pass', value, wanted, hint: '' }
  // What is late and why it is are two findings, and one wants both.
  const said = `${value}; ${[worst, ...others].map(({ message }) => message).join(' ')}`
  return { id, verdict: worst.severity, value: said, wanted, hint: worst.hint }
}

/** Without a helper nothing is made by itself, and after a while the snapshots are too old. */
function helperCheck(
  { systemd, unitDifferences = [] }: Pick<RunningFacts, 'systemd' | 'unitDifferences'>,
  { findings }: BackupStatus,
): Check {
  const [id, wanted] = ['backup-helper', 'the host answers when a backup is due']
  const gone = findings.find(({ code }) => code === 'BACKUP_HELPER_GONE')
  if (gone) return { id, verdict: 'warn', value: gone.message, wanted, hint: gone.hint }
  const [differs] = unitDifferences
  if (differs) {
    const value = `${differs.subject}: ${differs.aspect}: ${differs.found}`
    return { id, verdict: 'warn', value, wanted, hint: 'domicile apply' }
  }
  const value = systemd ? 'systemd holds its socket' : 'its socket is there; this host does not run systemd'
  return { id, verdict: 'pass', value, wanted, hint: '' }
}

const SHEET: Readonly<Record<SheetStatus['state'], { verdict: Check['verdict']; value: string }>> = {
  stored: { verdict: 'pass', value: 'the recovery sheet is stored' },
  missing: { verdict: 'warn', value: 'nobody has said that the recovery sheet is stored' },
  void: { verdict: 'warn', value: 'a key or a second copy changed since the recovery sheet was stored' },
  unknown: { verdict: 'warn', value: 'unknown' },
}

/** Whoever loses the server and has no sheet has lost the backups, too. */
function keysCheck({ state, storedAt }: SheetStatus): Check {
  const { verdict, value } = SHEET[state]
  const hint =
    state === 'unknown' ? 'Look as root (sudo).' : 'Print it and store it elsewhere: domicile backup keys export'
  return {
    ...{ id: 'backup-keys', verdict, wanted: 'the keys of the backups are also on paper, elsewhere' },
    value: storedAt === null ? value : `${value} (${storedAt.slice(0, 10)})`,
    hint: verdict === 'pass' ? '' : hint,
  }
}

/** Not to be able to go back to what happens from now on is bad; gaps in the past are as they are. */
const BAD = new Set<PointInTimeStatus['findings'][number]['code']>(['UNREADABLE', 'NOT_ARCHIVING', 'DAMAGED'])

function pointInTimeCheck({ on, window, findings }: PointInTimeStatus): Check {
  const [id, wanted] = ['point-in-time', 'every change is archived']
  const [first] = window
  const reach = first ? `back to ${first.from.toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'back to no moment'
  const [worst] = findings
  if (!on) return { id, verdict: 'pass', value: 'switched off', wanted, hint: '' }
  if (!worst) return { id, verdict: 'pass', value: reach, wanted, hint: '' }
  const verdict = findings.some(({ code }) => BAD.has(code)) ? 'fail' : 'warn'
  return { id, verdict, value: `${reach}; ${worst.message}`, wanted, hint: worst.hint }
}

const HOUR_MS = 3_600_000

function ageOf(what: string, at: string | null, now: Date): string {
  if (at === null) return `no ${what.replace('last ', '')} yet`
  const hours = Math.max(0, Math.floor((now.getTime() - Date.parse(at)) / HOUR_MS))
  const age = hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
  return `${what} ${at.slice(0, 16).replace('T', ' ')} UTC, ${age} ago`
}

const doing = ({ running, next }: BackupStatus) => {
  if (running) return `; ${running.what} is at work since ${running.since.slice(11, 16)} UTC`
  return next ? `; next ${next.what} ${next.at.slice(0, 16).replace('T', ' ')} UTC` : ''
}
