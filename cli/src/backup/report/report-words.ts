import { ARCHIVE, type ChainFinding, type Proof, type YearFigures } from '@domicile/backup/proof'

/** A year of proofs, with what was wrong with them. */
export interface BackupReport {
  readonly figures: YearFigures
  /** Of the period, oldest first. */
  readonly proofs: readonly Proof[]
  readonly findings: readonly ChainFinding[]
  /** Whose proofs they are. */
  readonly appliance: string
  readonly installation: string
}

export const seconds = (value: number): string =>
  value < 120 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`

export const minute = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`

export const placeName = (from: string): string =>
  from === ARCHIVE ? 'the appliance’s own archive' : `second copy “${from}”`

const times = (count: number) => (count === 1 ? 'once' : `${count} times`)

/** What a reader wants to know first, in pairs of what and how much. */
export function reportFacts({ figures, proofs, installation }: BackupReport): [string, string][] {
  const { weeksProven, weeksOver, proven, failed, longestGap, recovery, oldestProvenHours, places } = figures
  const numbers = proofs.map(({ number }) => number)
  return [
    ['Weeks with a proof', `${weeksProven} of ${weeksOver} that are over`],
    ['Drills', `${proven} proven, ${failed} not`],
    [
      'Longest time without a proof',
      longestGap ? `${longestGap.days} days, from ${minute(longestGap.from)}` : 'none yet',
    ],
    [
      'Measured recovery time',
      recovery
        ? `${seconds(recovery.least)} to ${seconds(recovery.most)}, half of them up to ${seconds(recovery.median)}, last ${seconds(recovery.last)}`
        : 'not measured',
    ],
    [
      'Age of what was restored',
      oldestProvenHours === null ? 'nothing was' : `${oldestProvenHours.toFixed(1)} hours at most`,
    ],
    ...places.map(({ name, proven, lastProven }): [string, string] => [
      `Restored from ${placeName(name)}`,
      `${proven === 0 ? 'never with success' : times(proven)}${lastProven ? `, last ${minute(lastProven)}` : ''}`,
    ]),
    ...keptFacts(figures),
    [
      'Proofs',
      numbers.length > 0 ? `number ${numbers[0]} to ${numbers.at(-1)}, signed by installation ${installation}` : 'none',
    ],
  ]
}

export const titleOf = ({ appliance, figures: { period } }: BackupReport): string =>
  `Backups of ${appliance}, ${period.from} to ${period.to}`

/** Nothing where only the proofs are known. */
function keptFacts({ kept, retention }: YearFigures): [string, string][] {
  const asked = retention.filter(({ wanted }) => wanted > 0)
  if (asked.length === 0) return []
  const { snapshots, counting, proven, oldest, newest } = kept
  return [
    [
      'Kept now',
      newest && oldest
        ? `${snapshots} snapshots from ${minute(oldest)} to ${minute(newest)}; ${counting} count, ${proven} were proven`
        : 'no snapshots',
    ],
    [
      'Periods with a copy',
      asked.map(({ period, wanted, found }) => `${found} of the last ${wanted} ${period}s`).join(', '),
    ],
  ]
}
