import { labelled } from '../../screen/columns.ts'
import { type BackupReport, reportFacts, titleOf } from './report-words.ts'

const WIDTH = 44
/** Of the weeks that lack a proof. */
const MOST_NAMED = 12

/** The report for a terminal. */
export function reportText(report: BackupReport): string {
  const { figures, findings } = report
  const missed = figures.weeks.filter(({ over, proven }) => over && proven === 0).map(({ name }) => name)
  return [
    titleOf(report),
    '',
    ...reportFacts(report).map(([label, value]) => labelled(label, value, WIDTH)),
    ...(missed.length > 0 ? [labelled('Weeks without a proof', named(missed), WIDTH)] : []),
    '',
    ...(findings.length === 0
      ? [HOLDS]
      : [BROKEN, ...findings.map(({ line, message }) => `  line ${line}: ${message}`)]),
  ].join('\n')
}

const named = (weeks: readonly string[]) =>
  weeks.length > MOST_NAMED
    ? `${weeks.slice(-MOST_NAMED).join(', ')} and ${weeks.length - MOST_NAMED} before`
    : weeks.join(', ')

export const HOLDS = 'Every proof is signed by this installation and follows the one before it.'
export const BROKEN = 'The chain of proofs does not hold:'
