import { type Band, dayInWords, STATES, type State } from '@domicile/license/standing'
import { dayAt, endOf, firstOfNextMonth, startOf } from '@domicile/license/terms'
import { escaped, htmlPage } from '../screen/html.ts'
import { type Entry, type Simulation, whenInWords } from './simulate.ts'
import { daysByState, entryText, headline, limitText } from './simulate-text.ts'

/** Distinct in print and for eyes that see few colours; the words beside them say the same. */
const COLOURS: Readonly<Record<State, string>> = {
  good: '#7cb98b',
  unlicensed: '#c9d1d9',
  notice: '#f2cf63',
  'read-only': '#8fb8de',
  suspended: '#e08a5b',
  terminated: '#b39ac9',
  ended: '#6e7681',
}

const WIDTH = 1000
const EDGE = 20
const BAR = { top: 116, height: 46 }
const MOST_LINES = 40
const LINE = 20

interface Scale {
  readonly x: (instant: number) => number
  readonly from: number
  readonly to: number
}

/** The timeline with its legend and, below, what happens in numbered lines: complete as it stands. */
export function simulationSvg(simulation: Simulation): string {
  const marks = marksOf(simulation.entries)
  const lines = marks.slice(0, MOST_LINES)
  const top = BAR.top + BAR.height + 64
  const height = top + (lines.length + (marks.length > lines.length ? 1 : 0)) * LINE + 14
  const rest = marks.length - lines.length
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12" role="img">`,
    `<title>${escaped(headline(simulation).join(', '))}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(EDGE, 26, headline(simulation)[0] ?? '', 'font-size="16" font-weight="600"'),
    text(EDGE, 46, `${headline(simulation)[1]}.`, 'fill="#57606a"'),
    text(EDGE, 64, clipped(`Supposed: ${simulation.supposed.join('; ')}.`, 150), 'fill="#57606a"'),
    ...timeline(simulation, marks),
    ...lines.map(({ numbers, entry }, index) => markLine(simulation, entry, numbers, top + index * LINE)),
    ...(rest > 0 ? [text(EDGE, top + MOST_LINES * LINE, `and ${rest} more`, 'fill="#57606a"')] : []),
    '</svg>',
    '',
  ].join('\n')
}

/** A page that needs nothing else and prints on A4. */
export function simulationHtml(simulation: Simulation): string {
  const { entries, bands, limits, supposed, timezone, licence } = simulation
  const [title = '', span = ''] = headline(simulation)
  const marks = marksOf(entries)
  const numberOf = (entry: Entry) => marks.find((mark) => mark.entry === entry)?.numbers ?? ''
  const height = BAR.height + 92
  const body = `<h1>${escaped(title)}</h1>
<p class="quiet">${escaped(span)}. Customer ${escaped(licence.customer.taxNumber)}, licensed by ${escaped(licence.iss)}</p>
<p><b>Supposed:</b> ${escaped(supposed.join('; '))}.</p>
<svg viewBox="0 86 ${WIDTH} ${height}" role="img" aria-label="Timeline" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12">
${timeline(simulation, marks).join('\n')}
</svg>
<p><b>In all:</b> ${escaped(daysByState(bands).join(' · '))}</p>
<h2>What happens, and why</h2>
<table>
<thead><tr><th></th><th>When</th><th>Then it stands</th><th>What and why</th><th>Clause</th></tr></thead>
<tbody>
${entries.map((entry) => row(entry, numberOf(entry), timezone)).join('\n')}
</tbody>
</table>
${limits.length > 0 ? `<h2>Limits</h2>\n<ul>\n${limits.map((limit) => `<li>${escaped(limitText(limit))}</li>`).join('\n')}\n</ul>` : ''}
<p class="quiet">Computed from the licence and the terms inside it; nothing was changed. SHA-256 of the terms: <code>${licence.terms.sha256}</code></p>`
  return htmlPage({ title, style: STYLE, body })
}

const row = (entry: Entry, numbers: string, timezone: string) =>
  `<tr class="${entry.kind}"><td>${numbers}</td><td>${whenInWords(entry.at, timezone).replace(' ', '&nbsp;')}</td><td><span style="background:${COLOURS[entry.state]}" class="${entry.state === 'ended' ? 'dark' : ''}">${entry.state}</span></td><td>${escaped(entryText({ ...entry, clause: '' }))}</td><td>${escaped(entry.clause)}</td></tr>`

/** What gets a number at the bar: everything that begins, ends or happens after the beginning. */
const marksOf = (entries: readonly Entry[]) =>
  entries.filter(({ kind }) => kind !== 'stands').map((entry, index) => ({ entry, numbers: String(index + 1) }))

type Mark = ReturnType<typeof marksOf>[number]

function timeline(simulation: Simulation, marks: readonly Mark[]): string[] {
  const { bands, timezone } = simulation
  const from = startOf(simulation.from, timezone)
  const to = endOf(simulation.to, timezone)
  const scale = { from, to, x: (instant: number) => EDGE + ((instant - from) / (to - from)) * (WIDTH - 2 * EDGE) }
  return [
    ...monthTicks(scale, timezone),
    ...bands.map((band) => bandBox(band, scale)),
    ...marksAtBar(marks, scale),
    ...legend(bands),
  ]
}

function bandBox({ from, until, state, blocked, readOnly }: Band, { x }: Scale): string {
  const left = x(Date.parse(from))
  const width = Math.max(x(Date.parse(until)) - left, 1)
  const words = [state, blocked ? 'closed' : readOnly && state !== 'read-only' ? 'read-only' : ''].filter(Boolean)
  const room = words.findIndex((word) => word.length * 7.2 > width - 6)
  const fitting = room < 0 ? words : words.slice(0, room)
  const colour = state === 'ended' ? '#fff' : '#1f2328'
  const middle = BAR.top + BAR.height / 2 + 4
  return [
    `<g><title>${escaped(`${state} from ${from} until ${until}`)}</title>`,
    `<rect x="${left.toFixed(1)}" y="${BAR.top}" width="${width.toFixed(1)}" height="${BAR.height}" fill="${COLOURS[state]}" stroke="#fff"/>`,
    ...fitting.map((word, index) =>
      text(
        left + width / 2,
        middle + (index - (fitting.length - 1) / 2) * 15,
        word,
        `text-anchor="middle" fill="${colour}"`,
      ),
    ),
    '</g>',
  ].join('')
}

/** The first day of months, as many as there is room for. */
function monthTicks({ from, to, x }: Scale, timezone: string): string[] {
  const months: string[] = []
  for (
    let day = dayAt(from, timezone);
    startOf(day, timezone) < to && months.length < 1200;
    day = firstOfNextMonth(day)
  ) {
    if (day.endsWith('-01')) months.push(day)
  }
  const every = [1, 2, 3, 6, 12, 24, 60, 120].find((step) => months.length / step <= 13) ?? 240
  return months
    .filter((day) => (Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1) % every === 0)
    .flatMap((day) => {
      const at = x(startOf(day, timezone))
      const label = dayInWords(day, 'en')
        .split(' ')
        .slice(1)
        .map((word, index) => (index === 0 ? word.slice(0, 3) : word))
        .join(' ')
      return [
        `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${BAR.top - 8}" y2="${BAR.top + BAR.height}" stroke="#d0d7de"/>`,
        text(Math.min(at, WIDTH - EDGE - 52), BAR.top - 12, label, 'fill="#57606a" font-size="11"'),
      ]
    })
}

/** Numbers below the bar; those too close to the one before share its place. */
function marksAtBar(marks: readonly Mark[], { x }: Scale): string[] {
  const places: { at: number; first: string; last: string }[] = []
  for (const { entry, numbers } of marks) {
    const at = x(Date.parse(entry.at))
    const before = places.at(-1)
    if (before && at - before.at < 46) before.last = numbers
    else places.push({ at, first: numbers, last: numbers })
  }
  const bottom = BAR.top + BAR.height
  return places.flatMap(({ at, first, last }) => [
    `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${bottom}" y2="${bottom + 6}" stroke="#57606a"/>`,
    text(at, bottom + 18, first === last ? first : `${first}–${last}`, 'text-anchor="middle" font-size="11"'),
  ])
}

function legend(bands: readonly Band[]): string[] {
  const present = STATES.filter((state) => bands.some((band) => band.state === state))
  const y = BAR.top + BAR.height + 32
  return present.flatMap((state, index) => [
    `<rect x="${EDGE + index * 110}" y="${y}" width="12" height="12" fill="${COLOURS[state]}"/>`,
    text(EDGE + index * 110 + 18, y + 10, state, ''),
  ])
}

const markLine = ({ timezone }: Simulation, entry: Entry, numbers: string, y: number) =>
  [
    text(EDGE + 20, y, numbers, 'text-anchor="end" fill="#57606a"'),
    text(EDGE + 30, y, whenInWords(entry.at, timezone), 'font-variant-numeric="tabular-nums"'),
    `<rect x="${EDGE + 142}" y="${y - 10}" width="12" height="12" fill="${COLOURS[entry.state]}"/>`,
    text(EDGE + 162, y, clipped(entryText(entry), 122), ''),
  ].join('')

const text = (x: number, y: number, content: string, attributes: string) =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(content)}</text>`

const clipped = (content: string, most: number) => (content.length > most ? `${content.slice(0, most - 1)}…` : content)

const STYLE = `
td:nth-child(1), td:nth-child(2), td:nth-child(5) { white-space: nowrap; font-variant-numeric: tabular-nums; }
td span { padding: .05rem .45rem; border-radius: .25rem; white-space: nowrap; } td span.dark { color: #fff; }
tr.happens td:nth-child(4) { font-weight: 600; }
`
