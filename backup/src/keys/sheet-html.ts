import qrcode from 'qrcode-generator'
import { copyLines, howToRestore, lineText, type Sheet, sheetFacts, sheetKeys } from './sheet.ts'

/** The sheet as one page that needs nothing else, for paper: A4 or Letter. `parseSheet` reads it, and what its picture says. */
export function sheetHtml(sheet: Sheet): string {
  const keys = sheetKeys(sheet)
  const facts = sheetFacts(sheet).map(([label, value]) => `${label.padEnd(14)}${value}`)
  const blocks = keys.map(
    ({ title, lines }) =>
      `<section><h2>${escaped(title)}</h2>\n<pre>\n${escaped(lines.map(lineText).join('\n'))}\n</pre></section>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Recovery sheet of ${escaped(sheet.appliance)}</title>
<style>${STYLE}</style>
<main>
<header><div><h1>Domicile recovery sheet</h1>
<p>Keep it away from the server. Whoever has it and a copy of the backups can read everything.</p>
<pre>
${escaped(facts.join('\n'))}
</pre></div>
${qrSvg(qrText(sheet))}</header>
<div class="keys">${blocks.join('\n')}</div>
${sheet.copies.length > 0 ? `<h2>Second copies</h2>\n<pre class="wrap">\n${escaped(copyLines(sheet).join('\n'))}\n</pre>` : ''}
<h2>How to restore</h2>
<p>Capitals and small letters differ; l, o, I, O, 0 and 1 never occur. The two words at the end of a line check it.</p>
<pre class="wrap">
${escaped(howToRestore(sheet).join('\n'))}
</pre>
<footer>Stored by ______________________  on ______________  at ______________________</footer>
</main>
</html>
`
}

/** What the picture says: the lines that are typed otherwise. */
export const qrText = (sheet: Sheet): string =>
  [
    `Appliance ${sheet.appliance}`,
    ...sheetKeys(sheet).flatMap(({ lines }) =>
      lines.map(({ label, characters, word }) => `${label} ${characters} ${word}`),
    ),
    ...copyLines(sheet).map((line) => line.trim()),
  ].join('\n')

function qrSvg(text: string): string {
  const code = qrcode(0, 'M')
  code.addData(text, 'Byte')
  code.make()
  const size = code.getModuleCount()
  const cells = Array.from({ length: size * size }, (_, index) => [index % size, Math.floor(index / size)] as const)
  const path = cells.filter(([x, y]) => code.isDark(y, x)).map(([x, y]) => `M${x} ${y}h1v1h-1z`)
  return `<svg viewBox="-4 -4 ${size + 8} ${size + 8}" role="img" aria-label="the same for a camera" shape-rendering="crispEdges"><path d="${path.join('')}"/></svg>`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const STYLE = `
@page { size: A4; margin: 14mm; }
body { margin: 0; color: #000; background: #fff; font: 10pt/1.35 system-ui, 'DejaVu Sans', sans-serif; }
main { max-width: 182mm; margin: 8mm auto; } @media print { main { margin: 0; } }
h1 { font-size: 15pt; margin: 0 0 2mm; } h2 { font-size: 10.5pt; margin: 3mm 0 1mm; } p { margin: 0 0 2mm; }
pre { margin: 0; font: 9.5pt/1.4 'DejaVu Sans Mono', monospace; } .wrap { font-size: 8pt; white-space: pre-wrap; overflow-wrap: anywhere; }
header { display: flex; justify-content: space-between; gap: 6mm; } svg { width: 60mm; flex: none; }
.keys { display: grid; grid-template-columns: 1fr 1fr; column-gap: 8mm; } section { break-inside: avoid; }
footer { margin-top: 6mm; }
`
