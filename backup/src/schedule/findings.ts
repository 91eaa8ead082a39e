import { isRunning } from './due.ts'
import { isOfFuture } from './state.ts'
import type { Copy, Finding, ScheduleState, ScheduleTerms } from './types.ts'

const HOUR_MS = 3_600_000
const DAY_HOURS = 24

/** Ages in hours from which on something is late, and from which on it is bad. A night in autumn has 25. */
const SNAPSHOT = { warn: 26, fail: 50 }
const COPY = { warn: 50, fail: 8 * DAY_HOURS }

/**
 * What is not as it should be, worst first. It goes by the age of what there is, never by how the last run ended: whatever
 * keeps snapshots or proofs from being made, this comes.
 */
export function findings(state: ScheduleState, terms: ScheduleTerms, now: Date): Finding[] {
  const found = [
    ...snapshotFindings(state, now),
    ...proofFindings(state, terms, now),
    ...state.summary.copies.flatMap((copy) => copyFindings(copy, state, now)),
    ...placesFindings(state, terms),
  ]
  return [
    ...found.filter(({ severity }) => severity === 'fail'),
    ...found.filter(({ severity }) => severity === 'warn'),
  ]
}

function snapshotFindings(state: ScheduleState, now: Date): Finding[] {
  const { snapshot, checked } = state.summary
  if (snapshot && isOfFuture(snapshot.at, now)) {
    const message = `The newest snapshot is of ${minute(snapshot.at)} UTC, and that is yet to come: the clock was moved.`
    return [
      { code: 'BACKUP_IN_FUTURE', severity: 'warn', message, hint: 'Set the clock right; one more is made at once.' },
    ]
  }
  const age = hoursSince(snapshot?.at ?? state.since, now)
  const making = state.running?.operation === 'create' && isRunning(state, now)
  const severity = age > SNAPSHOT.fail ? 'fail' : age > SNAPSHOT.warn && !making ? 'warn' : null
  if (severity) return [late(snapshot?.at ?? null, age, severity)]
  if (!snapshot || checked || age <= SNAPSHOT.warn) return []
  return [
    {
      ...{ code: 'BACKUP_UNCHECKED', severity: 'warn' },
      message: `The newest snapshot, ${snapshot.run}, has not been read back yet.`,
      hint: 'Do it now: `domicile backup verify`. Should that fail, it says why.',
    },
  ]
}

const late = (at: string | null, age: number, severity: Finding['severity']): Finding => ({
  code: at === null ? 'BACKUP_NONE' : 'BACKUP_LATE',
  severity,
  message:
    at === null
      ? `There is no snapshot yet, ${duration(age)} after backups began.`
      : `The last good snapshot is of ${minute(at)} UTC, ${duration(age)} ago; there should be one every night.`,
  hint: 'Make one now and see what it says: `domicile backup create`.',
})

/** Two proofs may fail before it is bad, and one may be a day late before it is said. */
function proofFindings(
  { since, summary: { proof } }: ScheduleState,
  { drillDays }: ScheduleTerms,
  now: Date,
): Finding[] {
  const hint = 'Restore one on trial now and see what it says: `domicile backup drill`.'
  if (proof && isOfFuture(proof.at, now)) {
    const message = `The last proof is of ${minute(proof.at)} UTC, and that is yet to come: the clock was moved.`
    return [
      { code: 'PROOF_IN_FUTURE', severity: 'warn', message, hint: 'Set the clock right; one more is made at once.' },
    ]
  }
  const age = hoursSince(proof?.at ?? since, now)
  const isBad = age > (2 * drillDays + 1) * DAY_HOURS
  if (age <= (drillDays + 1) * DAY_HOURS) return []
  const severity = isBad ? 'fail' : 'warn'
  const every = `every ${drillDays === 1 ? 'day' : `${drillDays} days`}`
  if (!proof) {
    const message = `No snapshot was ever restored on trial, ${duration(age)} after backups began; one should be ${every}.`
    return [{ code: 'PROOF_NONE', severity, message, hint }]
  }
  const message = `The last proof that a snapshot can be restored is of ${minute(proof.at)} UTC, ${duration(age)} ago; there should be one ${every}.`
  return [{ code: 'PROOF_LATE', severity, message, hint }]
}

/** A copy of the newest snapshot is never late: if that one is old, it is said of it. */
function copyFindings({ target, since, newest }: Copy, { summary: { snapshot } }: ScheduleState, now: Date): Finding[] {
  if (!snapshot || newest?.run === snapshot.run) return []
  const age = hoursSince(newest?.at ?? since, now)
  if (age <= COPY.warn) return []
  const severity = age > COPY.fail ? 'fail' : 'warn'
  const hint = `See whether it can be reached: \`domicile backup target test ${target}\`.`
  if (!newest) {
    const message = `There is no second copy on ${target} yet, ${duration(age)} after it was added.`
    return [{ code: 'COPY_NONE', severity, message, hint }]
  }
  const message = `The second copy on ${target} is of ${minute(newest.at)} UTC, ${duration(age)} ago.`
  return [{ code: 'COPY_LATE', severity, message, hint }]
}

function placesFindings({ summary: { copies } }: ScheduleState, { places }: ScheduleTerms): Finding[] {
  const have = copies.length + 1
  if (have >= places) return []
  return [
    {
      ...{ code: 'PLACES_TOO_FEW', severity: 'warn' },
      message: `The contract wants every datum in ${places} places, and ${have === 1 ? 'this server is the only one' : `there are ${have}`}.`,
      hint: 'Add another server, a bucket or a disk: `domicile backup target add`.',
    },
  ]
}

const hoursSince = (at: string, now: Date) => (now.getTime() - Date.parse(at)) / HOUR_MS

const minute = (at: string) => `${at.slice(0, 10)} ${at.slice(11, 16)}`

const duration = (hours: number) =>
  hours < 2 * DAY_HOURS ? `${Math.floor(hours)} hours` : `${Math.floor(hours / DAY_HOURS)} days`
