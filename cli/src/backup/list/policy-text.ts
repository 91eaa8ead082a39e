import { KEEPS, type Keep, type Reason, type Verdict } from '@domicile/backup/policy'
import { labelled } from '../../screen/columns.ts'
import type { PolicyInForce } from './policy-in-force.ts'

/** A snapshot that stays for now, and the last day on which it does. */
export interface Departure {
  readonly run: string
  readonly lastDay: string
}

/** What goes next, as the nights go on, the first first; what stays for another reason than its age is not among it. */
export const departures = (verdicts: readonly Verdict[]): Departure[] =>
  verdicts
    .flatMap(({ run, keep, reasons }) => {
      const days = reasons.flatMap((reason) => ('until' in reason ? [reason.until] : []))
      const lastDay = days.toSorted().at(-1)
      return keep && lastDay !== undefined && reasons.every(isByAge) ? [{ run, lastDay }] : []
    })
    .sort((a, b) => (a.lastDay < b.lastDay ? -1 : a.lastDay > b.lastDay ? 1 : a.run < b.run ? -1 : 1))

const BY_AGE: readonly Reason['code'][] = ['STANDS_FOR', 'AFTER_PAUSE', 'WAY_BACK', 'REFUSED', 'NEWER_THAN_PROVEN']
const isByAge = ({ code }: Reason) => BY_AGE.includes(code)

const NAMES: Readonly<Record<keyof Keep, readonly [copies: string, period: string]>> = {
  days: ['Daily copies', 'day'],
  weeks: ['Weekly copies', 'week'],
  months: ['Monthly copies', 'month'],
}

/** How many of the next departures are shown. */
const SHOWN = 5

export function policyText(policy: PolicyInForce, verdicts: readonly Verdict[]): string {
  const staying = verdicts.filter(({ keep }) => keep).length
  const next = departures(verdicts).slice(0, SHOWN)
  return [
    ...KEEPS.map((part) => labelled(NAMES[part][0], `${kept(policy[part], NAMES[part][1])}${origin(policy, part)}`)),
    labelled('Calendar', `of ${policy.timeZone}; weeks begin on Monday`),
    labelled('Contract', contractText(policy)),
    labelled('Places', policy.places === 1 ? 'this server' : `${policy.places}, this server included`),
    '',
    'The newest good snapshot of a day, week or month stands for it, and stays until so many whole ones after it are over.',
    'The newest that is proven and everything newer stay, and so do those that are held. A way back from an upgrade stays 14 days.',
    '',
    `${verdicts.length} snapshot${verdicts.length === 1 ? '' : 's'}: ${staying} to stay, ${verdicts.length - staying} to go when the next night ends well.`,
    ...next.map(({ run, lastDay }) => `  ${run}  through ${lastDay}`),
  ].join('\n')
}

const kept = (count: number, period: string) => (count === 0 ? 'none' : `${count} ${period}${count === 1 ? '' : 's'}`)

function origin({ origins, least, clause }: PolicyInForce, part: keyof Keep): string {
  switch (origins[part]) {
    case 'configured':
      return ` (chosen here; ${least[part]} is the least)`
    case 'contract':
      return ` (contract, clause ${clause})`
    case 'default':
      return ' (default)'
  }
}

function contractText({ contract, clause }: PolicyInForce): string {
  if (contract === 'unknown') return 'not known: the agent does not answer, and nothing is removed meanwhile'
  if (contract === 'none') return 'there is no licence yet'
  return clause === null ? 'says nothing about backups' : `clause ${clause}`
}
