import type { Compared } from '@domicile/backup/proof'
import type { ProvenDrill } from './run-drill.ts'

/** Lines of problems that a terminal shows; the JSON document has all. */
const MOST_SHOWN = 20

/** What a drill compared and what came of it, for a person. */
export function drillText({ drill, problems, snapshot, number }: ProvenDrill): string {
  const { compared, application, recoverySeconds, seconds, from } = drill
  const place = from === 'archive' ? '' : ` from the second copy “${from}”`
  const lines = [
    `The snapshot ${snapshot.run} of ${snapshot.at} was restored${place} and ${problems.length === 0 ? 'is what it was' : 'is not what it was'}.`,
    '',
    row('tables', compared.tables, `${compared.rows.toLocaleString('en')} rows`),
    row('sequences', compared.sequences),
    row('invariants', compared.invariants),
    row('documents', compared.documents),
    `  application  ${APPLICATION[application]}`,
    '',
    recoverySeconds === null
      ? 'No recovery time was measured.'
      : `Recovery time: ${recoverySeconds.toFixed(1)} s (loading ${seconds.load.toFixed(1)} s, comparing ${seconds.check.toFixed(1)} s, application ${seconds.application.toFixed(1)} s).`,
    `Proof ${number} says so, signed by this installation.`,
  ]
  const rest = problems.length - MOST_SHOWN
  const shown = problems.slice(0, MOST_SHOWN).map(({ text }) => `  ✗ ${text.replaceAll('\n', '\n    ')}`)
  if (problems.length === 0) return lines.join('\n')
  return [...lines, '', ...shown, ...(rest > 0 ? [`  and ${rest} more (--json)`] : []), '', WHAT_TO_DO].join('\n')
}

const WHAT_TO_DO =
  'Older proven snapshots stay. Make a new one (domicile backup create), have the archive read (domicile backup verify --all), and drill again.'

const row = (what: string, { compared, differ }: Compared, more = '') =>
  `  ${what.padEnd(11)}  ${compared.toLocaleString('en')} compared, ${differ === 0 ? 'all equal' : `${differ.toLocaleString('en')} differ`}${more ? ` (${more})` : ''}`

const APPLICATION = {
  healthy: 'started against it, in good health',
  failed: 'did not come into good health',
  'not-tried': 'not started',
} as const
