import type { AcceptanceRecord } from './collect.ts'

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.1rem; margin-top: 1.8rem; border-bottom: 1px solid #bbb }
table { border-collapse: collapse; width: 100%; table-layout: fixed } td:first-child { width: 26% } td:last-child { width: 24% } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #e4e4e4; overflow-wrap: anywhere }
td:last-child { color: #666 } .fail { color: #a40000; font-weight: 600 } .warn { color: #8a5a00; font-weight: 600 } .pass { color: #1d6b2f }
.sign { display: flex; gap: 3rem; margin-top: 3rem } .sign div { flex: 1; border-top: 1px solid #1a1a1a; padding-top: .3rem }
code { font-size: .85em } @page { margin: 18mm } tr, .sign { break-inside: avoid }
`

/** The record as a page that prints well: self-contained, no script, everything escaped. */
export function renderAcceptance({
  title,
  appliance,
  at,
  host,
  domicile,
  sections,
  accepted,
  checks,
  ready,
  digest,
}: AcceptanceRecord): string {
  const rows = (cells: readonly (readonly string[])[]) =>
    cells.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('\n')
  const table = (heading: string, body: string) => `<h2>${escapeHtml(heading)}</h2>\n<table>\n${body}\n</table>`
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Acceptance of ${escapeHtml(title)}</title><style>${STYLE}</style>
<h1>Acceptance of ${escapeHtml(title)}</h1>
<p>Appliance <b>${escapeHtml(appliance)}</b> on ${escapeHtml(host)}, measured ${escapeHtml(at)} by domicile ${escapeHtml(domicile)}.<br>
Handover record before first production use (contract clause 6.12.1). Each line was measured at that moment; its source stands beside it.</p>
<p class="${ready ? 'pass' : 'fail'}">${ready ? 'All checks that must pass have passed.' : 'NOT READY: see the failed checks.'}</p>
${sections.map((section) => table(section.title, rows(section.facts.map(({ what, value, source }) => [what, value, source])))).join('\n')}
${table('Checks', checks.map(({ id, verdict, value, wanted }) => `<tr><td class="${verdict}">${verdict}</td><td>${escapeHtml(id)}: ${escapeHtml(value)}</td><td>${escapeHtml(wanted)}</td></tr>`).join('\n'))}
${accepted.length > 0 ? table('Checks somebody answered for at installation', rows(accepted.map(({ check, by, why, at: when }) => [check, `${by}: ${why}`, when]))) : ''}
<p>SHA-256 of this record: <code>${digest}</code></p>
<div class="sign"><div>Vendor: name, date, signature</div><div>Customer: name, date, signature</div></div>
</html>
`
}

const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
