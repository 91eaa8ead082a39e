import { summary } from './render.ts'
import type { Verdict } from './verdict.ts'

export interface ReportMeta {
  /** Title and version of the release that was checked. */
  readonly release: string
  readonly host: string
  /** ISO 8601. */
  readonly at: string
  /** Version of domicile. */
  readonly version: string
}

const WORDS = { pass: 'Passed', warn: 'Warning', fail: 'Failed' } as const

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.5rem; margin: 0 } p { margin: .25rem 0 1rem; color: #545d68 }
  table { border-collapse: collapse; width: 100% } caption { text-align: left; padding: .5rem 0; font-weight: 600 }
  th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-top: 1px solid #d0d7de }
  thead th { border-top: 0 } tbody th { font-weight: 500 } small { display: block; font-weight: 400; color: #545d68 }
  td { overflow-wrap: anywhere } td:first-child { white-space: nowrap } code { color: #1b1f24 }
  .pass { color: #1a7f37 } .warn { color: #9a6700 } .fail { color: #b42318; font-weight: 600 }
  @media print { body { font-size: 10pt; margin: 0; max-width: none } thead { display: table-header-group } tr { break-inside: avoid } }
  @page { margin: 15mm }`

/** One HTML page that stands alone: no script, nothing loaded from anywhere, readable on paper without colour. */
export function renderReport(verdicts: readonly Verdict[], { release, host, at, version }: ReportMeta): string {
  const title = `Preflight of ${host} for ${release}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p><time datetime="${escapeHtml(at)}">${escapeHtml(at)}</time>, domicile ${escapeHtml(version)}</p>
<table>
<caption>${escapeHtml(summary(verdicts))}</caption>
<thead><tr><th scope="col">Result</th><th scope="col">Check</th><th scope="col">Found</th><th scope="col">Wanted</th></tr></thead>
<tbody>
${worstFirst(verdicts).map(row).join('\n')}
</tbody>
</table>
</body>
</html>
`
}

const ORDER = { fail: 0, warn: 1, pass: 2 } as const

const worstFirst = (verdicts: readonly Verdict[]) => verdicts.toSorted((a, b) => ORDER[a.verdict] - ORDER[b.verdict])

function row({ id, title, verdict, value, wanted, hint, strict, accepted }: Verdict): string {
  const answer = accepted ? `Accepted by ${accepted.by} on ${accepted.at}: ${accepted.why}` : ''
  const notes = [hint, strict && verdict === 'fail' ? 'Nobody can accept this.' : '', answer].filter(Boolean)
  return [
    `<tr><td class="${verdict}">${WORDS[verdict]}</td>`,
    `<th scope="row">${escapeHtml(title)}<small>${escapeHtml(id)}</small></th>`,
    `<td>${escapeHtml(value)}${notes.map((note) => `<small>${markCommands(note)}</small>`).join('')}</td>`,
    `<td>${escapeHtml(wanted)}</td></tr>`,
  ].join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

/** What stands in backticks is a command to copy. */
const markCommands = (text: string) => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
