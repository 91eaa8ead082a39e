import type { Source } from '@domicile/license/audit'
import { escaped, htmlPage } from '../../screen/html.ts'
import type { Reconciled } from './reconcile.ts'
import { type Section, sectionsOf } from './reconcile-sections.ts'
import { summaryOf } from './reconcile-summary.ts'

/** A page for people who were not there: lawyers, auditors, both parties. It needs nothing else and prints on A4. */
export function reconcileHtml(reconciled: Reconciled): string {
  const { statement, findings } = reconciled
  const { contract, notes } = statement
  const body = `<h1>Reconciliation of use with the licence</h1>
<p class="quiet">Contract ${escaped(contract.number)}. A statement of what was used, what was licensed, and what the contract makes of the difference.</p>
${findings.length > 0 ? doubts(findings) : ''}
<h2>Parties, contract and period</h2>
${facts(reconciled)}
<h2>In short</h2>
${summaryOf(statement)
  .map((sentence) => `<p>${escaped(sentence)}</p>`)
  .join('\n')}
<h2>What it is computed from</h2>
${sources(reconciled)}
${sectionsOf(statement).map(tableOf).join('\n')}
<h2>What follows, and what must be known</h2>
<ul>
${notes.map((note) => `<li>${escaped(note)}</li>`).join('\n')}
</ul>
<h2>How to verify this page</h2>
${verification(reconciled)}`
  return htmlPage({ title: `Reconciliation of use, contract ${contract.number}`, style: STYLE, body })
}

const doubts = (findings: Reconciled['findings']) => `<section class="doubt">
<h2>The evidence does not hold</h2>
<p>Until this is explained, the figures below prove nothing.</p>
<ul>
${findings.map(({ code, day, file, message }) => `<li><b>${code}</b>${day ? ` (${day})` : ''}, ${escaped(file)}: ${escaped(message)}</li>`).join('\n')}
</ul>
</section>`

function facts({ statement, vendorChecked }: Reconciled): string {
  const { contract, period, timezone } = statement
  const { customer, terms } = contract
  const rows = [
    ['Vendor', contract.vendor],
    ['Customer', [customer.name, customer.taxNumber, customer.address].filter(Boolean).join(', ')],
    ['Contract', `${contract.number}, product ${contract.product}`],
    ['Licence', `${contract.licence}${vendorChecked ? ', signature checked' : ', signature NOT CHECKED'}`],
    ['Terms', `${terms.title} (${terms.name}, version ${terms.version})`],
    ['Period', period ? `${period.from} to ${period.to}, days as in ${timezone}` : 'no report counts'],
  ]
  return `<table class="facts">${rows.map(([label, value]) => `<tr><th>${label}</th><td>${escaped(value ?? '')}</td></tr>`).join('')}</table>`
}

function sources({ statement }: Reconciled): string {
  const rows = statement.sources.map((source) => [
    ...[source.installation, `${source.purpose}, ${source.version}`, `${source.period.from} to ${source.period.to}`],
    ...[source.madeAt.slice(0, 16).replace('T', ' '), `${source.lines} lines, ${source.head.slice(0, 16)}…`],
    source.counted ? gapsInWords(source) : `not counted: ${source.why}`,
  ])
  const head = ['Installation', 'For', 'Period', 'Made (UTC)', 'Record', '']
  return table({ head, rows, numbers: [], foot: [] })
}

function gapsInWords({ gaps }: Source): string {
  const minutes = gaps.reduce((sum, gap) => sum + gap.minutes, 0)
  const unexplained = gaps.reduce((sum, gap) => sum + (gap.explained ? 0 : gap.minutes), 0)
  return minutes === 0 ? 'without a gap' : `${minutes} minutes not measured, ${unexplained} of them unexplained`
}

const tableOf = (section: Section) =>
  `<h2>${escaped(section.title)}</h2>
${section.lead ? `<p class="quiet">${escaped(section.lead)}</p>` : ''}
${table(section)}`

function table({ head, rows, numbers, foot }: Omit<Section, 'title' | 'lead' | 'long'>): string {
  const cell = (tag: string) => (text: string, column: number) =>
    `<${tag}${numbers.includes(column) ? ' class="number"' : ''}>${wholeDays(escaped(text))}</${tag}>`
  const body = rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`).join('\n')
  const sums = foot.map(
    ([label, value]) => `<tr><th>${escaped(label)}</th><td class="number">${escaped(value)}</td></tr>`,
  )
  return `<table>
<thead><tr>${head.map(cell('th')).join('')}</tr></thead>
<tbody>
${body}
</tbody>
</table>
${sums.length > 0 ? `<table class="sums">${sums.join('')}</table>` : ''}`
}

function verification({ files, keys, statement, vendorChecked }: Reconciled): string {
  const reports = files.slice(0, statement.sources.length).map(({ name }) => quoted(name))
  const licence = quoted(files[statement.sources.length]?.name ?? '')
  const prices = files[statement.sources.length + 1]
  const verify = reports.map((name) => `domicile vendor audit verify ${name} --vendor-key vendor.pub`)
  const again = `domicile vendor audit reconcile ${reports.join(' ')} --licence ${licence}${prices ? ` --prices ${quoted(prices.name)}` : ''} --vendor-key vendor.pub`
  return `<p>Everything here is computed from these files and nothing else. Whoever has them, the program and the two public keys comes to the same figures:</p>
<pre>${escaped([...verify, again].join('\n'))}</pre>
${table({ head: ['File', 'SHA-256'], rows: files.map(({ name, sha256 }) => [name, sha256]), numbers: [], foot: [] })}
<p>Compare the fingerprint of each installation’s key with a request that it sent before:</p>
${table({ head: ['Installation', 'Fingerprint of its key'], rows: keys.map(({ installation, fingerprint }) => [installation, fingerprint]), numbers: [], foot: [] })}
<p class="quiet">${vendorChecked ? 'The vendor’s signatures were checked when this page was made.' : 'The vendor’s signatures were NOT CHECKED when this page was made.'} SHA-256 of the terms: <code>${statement.contract.terms.sha256}</code></p>`
}

const quoted = (name: string) => (/^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`)

/** A day is not broken into two lines. */
const wholeDays = (html: string) => html.replaceAll(/\d{4}-\d\d-\d\d/g, '<span>$&</span>')

const STYLE = `
main { max-width: 1060px; } p { margin: .3rem 0 .5rem; } table { font-size: .9em; }
thead th { border-bottom: 2px solid #8c959f; vertical-align: bottom; } th, td { overflow-wrap: break-word; }
td.number, th.number { padding-right: 1.2rem; } td span { white-space: nowrap; }
table.facts { width: auto; } table.facts th { padding-right: 1.5rem; }
table.sums { width: auto; margin: .5rem 0 0 auto; } table.sums th { padding-right: 2rem; }
.doubt { border: 2px solid #b42318; padding: 0 1rem .5rem; margin: 1rem 0; } .doubt h2 { color: #b42318; margin-top: .8rem; }
pre { background: #f6f8fa; padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .82em; }
`
