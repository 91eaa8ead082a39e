import type { Proof, Week } from '@domicile/backup/proof'
import { escaped, htmlPage } from '../../screen/html.ts'
import { BROKEN, HOLDS } from './report-text.ts'
import { type BackupReport, minute, placeName, reportFacts, seconds, titleOf } from './report-words.ts'

/** The report as a page that needs nothing else and prints on A4. */
export function reportHtml(report: BackupReport): string {
  const { figures, proofs } = report
  const title = titleOf(report)
  const body = `<h1>${escaped(title)}</h1>
${verdict(report)}
<dl>
${reportFacts(report)
  .map(([label, value]) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`)
  .join('\n')}
</dl>
<figure>${weeksPicture(figures.weeks)}
<figcaption>Each box is a week: <b class="proven">filled</b> when a snapshot was restored and found equal, <b class="failed">crossed</b> when none was.</figcaption></figure>
${table('Weeks', ['Week', 'From', 'To', 'Proven', 'Not', 'Recovery time'], figures.weeks.map(weekRow), 3)}
${table('Proofs', ['Number', 'Signed', 'Snapshot', 'Restored from', 'Compared', 'Recovery time', 'Verdict'], proofs.map(proofRow), Number.POSITIVE_INFINITY)}
${FOOT}`
  return htmlPage({ title, style: STYLE, body })
}

function verdict({ findings }: BackupReport): string {
  if (findings.length === 0) return `<p class="verdict">${HOLDS}</p>`
  const items = findings.map(({ line, message }) => `<li>line ${line}: ${escaped(message)}</li>`).join('\n')
  return `<div class="verdict doubtful">${BROKEN}<ul>\n${items}\n</ul></div>`
}

const BOX = 16
const STEP = 19
const IN_A_ROW = 53

/** Told apart without colours, too: a box is filled, crossed, or empty while its week is not over. */
function weeksPicture(weeks: readonly Week[]): string {
  const rows = Math.ceil(weeks.length / IN_A_ROW)
  const boxes = weeks.map(({ name, proven, over }, index) => {
    const [x, y] = [(index % IN_A_ROW) * STEP + 1, Math.floor(index / IN_A_ROW) * STEP + 1]
    const state = proven > 0 ? 'proven' : over ? 'failed' : 'open'
    const said = proven > 0 ? 'proven' : over ? 'not proven' : 'not over'
    const cross = `<path d="M${x} ${y}l${BOX} ${BOX}m0 -${BOX}l-${BOX} ${BOX}"/>`
    return `<g class="${state}"><title>${escaped(name)}: ${said}</title><rect x="${x}" y="${y}" width="${BOX}" height="${BOX}"/>${state === 'failed' ? cross : ''}</g>`
  })
  return `<svg class="weeks" viewBox="0 0 ${IN_A_ROW * STEP} ${rows * STEP}" role="img" aria-label="Weeks with and without a proof">${boxes.join('')}</svg>`
}

function weekRow({ name, from, to, proven, failed, recoverySeconds }: Week): string[] {
  const { least, most } = recoverySeconds ?? {}
  const time =
    least === undefined || most === undefined
      ? ''
      : least === most
        ? seconds(most)
        : `${seconds(least)} – ${seconds(most)}`
  return [name, from, to, String(proven), failed > 0 ? String(failed) : '', time]
}

function proofRow({ number, at, run, from, compared, recoverySeconds, verdict, codes }: Proof): string[] {
  const { tables, rows, documents } = compared
  return [
    String(number),
    minute(at),
    run,
    placeName(from),
    `${tables.compared} tables, ${rows.toLocaleString('en')} rows, ${documents.compared.toLocaleString('en')} documents`,
    recoverySeconds === null ? '' : seconds(recoverySeconds),
    verdict === 'proven' ? 'proven' : `not proven: ${codes.join(', ')}`,
  ]
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom: number,
): string {
  if (rows.length === 0) return ''
  const cells = (row: readonly string[], tag: 'td' | 'th') =>
    row.map((cell, at) => `<${tag}${at >= numbersFrom ? ' class="number"' : ''}>${escaped(cell)}</${tag}>`).join('')
  return `<section><h2>${escaped(title)}</h2>
<table>
<thead><tr>${cells(head, 'th')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}
</tbody>
</table>
</section>`
}

const FOOT =
  '<p class="quiet">A proof is made by a drill: the snapshot is restored beside the running appliance; every table, row sum, sequence, invariant and document is compared with what was written down when it was made; and the application is started against it. Recovery time is measured from the first step to the application’s good health, comparisons included. Proofs hold numbers, times and codes, nothing of what is in the snapshots; each is signed by the installation and names the one before it, so that none can be changed or left out unseen.</p>'

const STYLE = `
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: #57606a; } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 1.2rem 0 0; } figcaption { color: #57606a; }
.weeks rect { fill: #fff; stroke: #57606a; } .weeks .proven rect { fill: #7cb98b; } .weeks path { stroke: #b3261e; stroke-width: 2; fill: none; }
.weeks .failed rect { stroke: #b3261e; } b.failed { color: #b3261e; } b.proven { color: #3b7a4b; }
.verdict { border-left: .3rem solid #7cb98b; padding: .2rem .7rem; margin: 1rem 0; } .doubtful { border-color: #b3261e; font-weight: 600; }
td { overflow-wrap: anywhere; } th:last-child, td:last-child { padding-right: 0; }
`
