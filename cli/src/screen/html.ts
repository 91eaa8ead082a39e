/** Pages that need nothing else: no file beside them, no network, no script. They print on A4. */

/** Text as it may stand in HTML, in SVG and in their attributes. */
export const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')

/**
 * A whole page.
 * @param title text
 * @param style of this page alone, after that of every page
 * @param body HTML
 */
export const htmlPage = ({ title, style, body }: { title: string; style: string; body: string }): string =>
  `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}${style}</style>
<main>
${body}
</main>
</html>
`

const STYLE = `
body { margin: 0; color: #1f2328; background: #fff; font: 15px/1.45 system-ui, 'DejaVu Sans', sans-serif; }
main { max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .4rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .3rem; }
.quiet { color: #57606a; } svg { width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #d0d7de; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font-size: .8em; overflow-wrap: anywhere; }
@media print {
  @page { size: A4; margin: 15mm; }
  body { font-size: 9.5pt; } main { margin: 0; padding: 0; max-width: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr, figure { break-inside: avoid; } h2 { break-after: avoid; } thead { display: table-header-group; }
}
`
