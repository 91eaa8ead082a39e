import type { AuditReport } from '@domicile/license/audit'
import { isReported } from '@domicile/license/ledger'
import { endOf, startOf } from '@domicile/license/terms'
import { HOUR_MS } from '@domicile/license/utc'
import { escaped, htmlPage } from '../screen/html.ts'
import { CHART_LEGEND, hoursChart, levelChart } from './audit-chart.ts'
import { hoursOfDay, stepsOf } from './audit-series.ts'
import { type AuditTable, auditFacts, eventsTable, figureTables, findingsTable, summaryTable } from './audit-tables.ts'
import { counted, periodInWords, titleOf } from './audit-words.ts'

/**
 * The audit as a page that needs nothing else and prints on A4. The same report is the same page, whoever makes it: the
 * customer before it leaves, the vendor after it came.
 */
export function auditHtml(report: AuditReport): string {
  const { product, period } = report.figures
  const title = `Audit of use: ${product}, ${periodInWords(period)}`
  const body = `<h1>${escaped(title)}</h1>
<dl>
${auditFacts(report)
  .map(([label, value]) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`)
  .join('\n')}
</dl>
${verdict(report)}
${[
  table(summaryTable(report)),
  chart(report, 'users', 'Active named users'),
  chart(report, 'sessions', 'Concurrent accesses'),
  hours(report),
  ...figureTables(report).map(table),
  table(eventsTable(report)),
  queries(report),
]
  .filter(Boolean)
  .join('\n')}
${FOOT}`
  return htmlPage({ title, style: STYLE, body })
}

function verdict(report: AuditReport): string {
  const findings = findingsTable(report)
  const count = findings.rows.length
  if (count === 0) return '<p class="verdict">Every part of the ledger holds.</p>'
  return `<p class="verdict doubtful">${counted(count, 'finding')}: figures that hang on them are to be doubted.</p>\n${table(findings)}`
}

function chart(report: AuditReport, name: 'users' | 'sessions', title: string): string {
  const { period, timezone } = report.figures
  const steps = stepsOf(report, name)
  const [first] = steps
  if (!first) return ''
  const grain = first.until - first.from > 2 * HOUR_MS ? 'day' : 'hour'
  const frame = {
    ...{ from: startOf(period.from, timezone), until: endOf(period.to, timezone), timezone },
    label: `${title} by the ${grain}: most, average and limit`,
  }
  return `<figure><figcaption><b>${escaped(title)}</b> by the ${grain} · ${CHART_LEGEND.join(' · ')}</figcaption>
${levelChart(steps, frame)}
</figure>`
}

function hours(report: AuditReport): string {
  const { sessions } = report.figures
  const all = hoursOfDay(report, 'sessions')
  if (!sessions || all.every(({ peak }) => peak === 0)) return ''
  const label = 'Concurrent accesses by the hour of the day'
  return `<figure><figcaption><b>${label}</b> · light: the most there ever were, dark: average</figcaption>
${hoursChart(all, label, sessions.limit)}
</figure>`
}

/** More than a page should hold; the CSV has every hour. */
const MOST_ROWS = 300

function table({ title, note, head, rows, numbersFrom }: AuditTable): string {
  if (rows.length === 0) return ''
  const cells = (row: readonly string[], tag: 'td' | 'th') =>
    row.map((cell, column) => `<${tag}${classOf(cell, column >= numbersFrom)}>${escaped(cell)}</${tag}>`).join('')
  const rest = rows.length - MOST_ROWS
  return `<section><h2>${escaped(title)}</h2>
${note ? `<p class="quiet">${escaped(note)}</p>\n` : ''}<table>
<thead><tr>${cells(head, 'th')}</tr></thead>
<tbody>
${rows
  .slice(0, MOST_ROWS)
  .map((row) => `<tr>${cells(row, 'td')}</tr>`)
  .join('\n')}
</tbody>
</table>${rest > 0 ? `\n<p class="quiet">and ${rest} more</p>` : ''}
</section>`
}

/** Days and codes stay in one piece. */
function classOf(cell: string, isNumber: boolean): string {
  const classes = [isNumber ? 'number' : '', cell.length <= SHORT ? 'short' : ''].filter(Boolean)
  return classes.length === 0 ? '' : ` class="${classes.join(' ')}"`
}
const SHORT = 20

function queries({ figures }: AuditReport): string {
  const { descriptions } = figures
  if (descriptions.length === 0) return ''
  const rows = descriptions.map((description) => {
    const { name, kind, sql } = description
    const own = isReported(description) ? 'reported by the application' : 'counted by the appliance itself'
    const how = sql === null ? own : `<code>${escaped(sql)}</code>`
    return `<tr><td>${escaped(name)}</td><td>${escaped(titleOf(name, figures))}</td><td>${kind}</td><td>${how}</td></tr>`
  })
  return `<section><h2>What was counted, and how</h2>
<table class="queries">
<thead><tr><th>Meter</th><th>Title</th><th>Kind</th><th>Query</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</section>`
}

const FOOT = `<p class="quiet">Numbers only, no personal data. A level is how many there were in a minute: “most” is the greatest of all minutes, “average” the mean of those in which it was known. A count is how many came to be. Days and months are those of the time zone above. All of it is computed from the record and the hours in the report, and whoever has the report can compute it again.</p>`

const STYLE = `
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: #57606a; } dd { margin: 0; overflow-wrap: anywhere; }
.quiet { margin: .2rem 0 .4rem; } figure { margin: 1.4rem 0 0; }
svg.key { width: 24px; height: 12px; } figcaption { color: #57606a; } figcaption b { color: #1f2328; }
.verdict { border-left: .3rem solid #7cb98b; padding: .2rem .7rem; margin: 1rem 0 0; } .doubtful { border-color: #b3261e; font-weight: 600; }
th, td { font-variant-numeric: tabular-nums; } td { overflow-wrap: anywhere; } th:last-child, td:last-child { padding-right: 0; }
td.short, .queries td:nth-child(3) { white-space: nowrap; } .queries td:nth-child(-n+2) { min-width: 12.5em; } code { white-space: pre-wrap; }
`
