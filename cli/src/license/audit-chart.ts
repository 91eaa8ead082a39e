import { dayInWords } from '@domicile/license/standing'
import { dayAt, firstOfNextMonth, plusDays, startOf } from '@domicile/license/terms'
import { DAY_MS } from '@domicile/license/utc'
import { escaped } from '../screen/html.ts'
import type { HourOfDay, Step } from './audit-series.ts'

/** Pictures of levels against their limits: steps, for a level is what it is until it is another. Distinct in print. */

const WIDTH = 1000
const LEFT = 46
const RIGHT = 76
const TOP = 14
const BOTTOM = 30
const FONT = `font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12"`
const COLOURS = {
  peak: '#2f6f9f',
  area: '#d6e6f2',
  average: '#57606a',
  limit: '#b3261e',
  over: '#e8a09a',
  grid: '#d0d7de',
}

export interface ChartFrame {
  /** For those who do not see it. */
  readonly label: string
  /** Milliseconds since 1970. */
  readonly from: number
  readonly until: number
  readonly timezone: string
}

interface Axes {
  readonly x: (instant: number) => number
  readonly y: (value: number) => number
  readonly height: number
  readonly ticks: readonly number[]
}

/** Most and average over time, the limit, and in red what is above it. */
export function levelChart(steps: readonly Step[], frame: ChartFrame): string {
  const height = 240
  const most = Math.max(1, ...steps.map(({ peak }) => peak), ...steps.map(({ limit }) => limit ?? 0))
  const axes = axesOf(frame, height, most)
  return [
    svgBegin(height, frame.label),
    ...grid(axes),
    ...timeTicks(frame, axes),
    area(steps, axes),
    overBoxes(steps, axes),
    path(steps, axes, ({ average }) => average, `stroke="${COLOURS.average}" stroke-dasharray="2 3"`),
    path(steps, axes, ({ peak }) => peak, `stroke="${COLOURS.peak}" stroke-width="1.5"`),
    path(steps, axes, ({ limit }) => limit, `stroke="${COLOURS.limit}" stroke-width="1.5" stroke-dasharray="7 3"`),
    ...limitLabel(steps, axes),
    '</svg>',
  ]
    .filter(Boolean)
    .join('\n')
}

/** How many there are at which hour of the day: the most ever, and the average within. */
export function hoursChart(hours: readonly HourOfDay[], label: string, limit: number | null): string {
  const height = 150
  const most = Math.max(1, limit ?? 0, ...hours.map(({ peak }) => peak))
  const { y, ticks } = axesOf({ from: 0, until: 1 }, height, most)
  const slot = (WIDTH - LEFT - RIGHT) / hours.length
  const bar = (value: number, left: number, width: number, fill: string) =>
    `<rect x="${n(left)}" y="${n(y(value))}" width="${n(width)}" height="${n(y(0) - y(value))}" fill="${fill}"/>`
  const bars = hours.flatMap(({ hour, peak, average }, index) => {
    const left = LEFT + index * slot
    const over = limit !== null && peak > limit ? bar(limit, left + 3, slot - 6, COLOURS.area) : ''
    return [
      bar(peak, left + 3, slot - 6, over ? COLOURS.over : COLOURS.area),
      over,
      bar(average, left + 3, slot - 6, COLOURS.peak),
      text(left + slot / 2, height - BOTTOM + 18, String(hour).padStart(2, '0'), 'text-anchor="middle"'),
    ]
  })
  const line =
    limit === null
      ? []
      : [
          `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(y(limit))}" y2="${n(y(limit))}" stroke="${COLOURS.limit}" stroke-width="1.5" stroke-dasharray="7 3"/>`,
          text(WIDTH - RIGHT + 6, y(limit) + 4, `limit ${limit}`, `fill="${COLOURS.limit}"`),
        ]
  return [svgBegin(height, label), ...grid({ y, ticks }), ...bars.filter(Boolean), ...line, '</svg>'].join('\n')
}

const svgBegin = (height: number, label: string) =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(label)}" ${FONT}>`

function axesOf({ from, until }: Pick<ChartFrame, 'from' | 'until'>, height: number, most: number): Axes {
  const step = niceStep(most / 4)
  const top = Math.max(step, Math.ceil(most / step) * step)
  return {
    height,
    x: (instant) => LEFT + ((instant - from) / (until - from || 1)) * (WIDTH - LEFT - RIGHT),
    y: (value) => height - BOTTOM - (value / top) * (height - TOP - BOTTOM),
    ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step),
  }
}

/** 1, 2 or 5 times a power of ten: levels are whole numbers. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)))
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
}

const grid = ({ y, ticks }: Pick<Axes, 'y' | 'ticks'>): string[] =>
  ticks.flatMap((value) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(y(value))}" y2="${n(y(value))}" stroke="${COLOURS.grid}"/>`,
    text(LEFT - 8, y(value) + 4, value.toLocaleString('en'), `text-anchor="end" fill="${COLOURS.average}"`),
  ])

/** The first day of months or, of a short period, each of some days. */
function timeTicks({ from, until, timezone }: ChartFrame, { x, height }: Axes): string[] {
  return tickDays(from, until, timezone).map(({ day, label }) => {
    const at = x(startOf(day, timezone))
    return (
      `<line x1="${n(at)}" x2="${n(at)}" y1="${height - BOTTOM}" y2="${height - BOTTOM + 5}" stroke="${COLOURS.average}"/>` +
      text(at, height - BOTTOM + 18, label, `text-anchor="middle" fill="${COLOURS.average}"`)
    )
  })
}

const MOST_TICKS = 13
/** Twenty years are the longest period that there is. */
const MOST_DAYS = 20 * 366

function tickDays(from: number, until: number, timezone: string): { day: string; label: string }[] {
  const days: string[] = []
  const first = dayAt(from, timezone)
  const beyond = (day: string) => startOf(day, timezone) >= until
  if (until - from < 62 * DAY_MS) {
    for (let day = first; !beyond(day) && days.length < MOST_DAYS; day = plusDays(day, 1)) days.push(day)
    const every = Math.ceil(days.length / MOST_TICKS)
    return days.filter((_, index) => index % every === 0).map((day) => ({ day, label: shortDay(day) }))
  }
  const begin = first.endsWith('-01') ? first : firstOfNextMonth(first)
  for (let day = begin; !beyond(day) && days.length < MOST_DAYS / 28; day = firstOfNextMonth(day)) days.push(day)
  const every = [1, 2, 3, 6, 12].find((step) => days.length / step <= MOST_TICKS) ?? 24
  return days
    .filter((day) => (Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1) % every === 0)
    .map((day) => ({ day, label: shortMonth(day) }))
}

const shortDay = (day: string) => dayInWords(day, 'en').split(' ').slice(0, 2).map(short).join(' ')
const shortMonth = (day: string) => dayInWords(day, 'en').split(' ').slice(1).map(short).join(' ')
const short = (word: string) => (/^\d+$/.test(word) ? word : word.slice(0, 3))

/** One after the other without a hole between them. */
function runsOf(steps: readonly Step[]): Step[][] {
  const runs: Step[][] = []
  for (const step of steps) {
    const run = runs.at(-1)
    if (run?.at(-1)?.until === step.from) run.push(step)
    else runs.push([step])
  }
  return runs
}

function path(
  steps: readonly Step[],
  { x, y }: Axes,
  valueIn: (step: Step) => number | null,
  attributes: string,
): string {
  const known = steps.filter((step) => valueIn(step) !== null)
  const d = runsOf(known).map((run) =>
    run
      .map((step, index) => {
        const height = n(y(valueIn(step) ?? 0))
        return `${index === 0 ? `M${n(x(step.from))} ${height}` : `V${height}`}H${n(x(step.until))}`
      })
      .join(''),
  )
  return d.length === 0 ? '' : `<path d="${d.join('')}" fill="none" ${attributes}/>`
}

function area(steps: readonly Step[], { x, y }: Axes): string {
  const d = runsOf(steps).map((run) => {
    const [first, last] = [run[0] as Step, run.at(-1) as Step]
    const edge = run.map((step) => `V${n(y(step.peak))}H${n(x(step.until))}`).join('')
    return `M${n(x(first.from))} ${n(y(0))}${edge}L${n(x(last.until))} ${n(y(0))}Z`
  })
  return d.length === 0 ? '' : `<path d="${d.join('')}" fill="${COLOURS.area}"/>`
}

/** At least as wide as a hair, so that one bad hour of a year is seen; one path, so that no seams are. */
function overBoxes(steps: readonly Step[], { x, y }: Axes): string {
  const boxes = steps.flatMap(({ from, until, peak, limit, overMinutes }) => {
    if (limit === null || overMinutes === 0 || peak <= limit) return []
    const right = Math.max(x(until), x(from) + 1.5)
    return [`M${n(x(from))} ${n(y(limit))}V${n(y(peak))}H${n(right)}V${n(y(limit))}Z`]
  })
  return boxes.length === 0 ? '' : `<path d="${boxes.join('')}" fill="${COLOURS.over}"/>`
}

function limitLabel(steps: readonly Step[], { y }: Axes): string[] {
  const limit = steps.findLast((step) => step.limit !== null)?.limit ?? null
  if (limit === null) return []
  return [text(WIDTH - RIGHT + 6, y(limit) + 4, `limit ${limit.toLocaleString('en')}`, `fill="${COLOURS.limit}"`)]
}

/** What the lines mean, as a picture among words. */
export const CHART_LEGEND = [
  `<svg class="key" viewBox="0 0 24 12"><rect y="4" width="24" height="8" fill="${COLOURS.area}"/><path d="M0 4H24" stroke="${COLOURS.peak}" stroke-width="2"/></svg> most`,
  `<svg class="key" viewBox="0 0 24 12"><path d="M0 6H24" stroke="${COLOURS.average}" stroke-dasharray="2 3" stroke-width="1.5"/></svg> average`,
  `<svg class="key" viewBox="0 0 24 12"><path d="M0 6H24" stroke="${COLOURS.limit}" stroke-dasharray="7 3" stroke-width="2"/></svg> limit`,
  `<svg class="key" viewBox="0 0 24 12"><rect width="24" height="12" fill="${COLOURS.over}"/></svg> above the limit`,
] as const

const text = (x: number, y: number, content: string, attributes: string) =>
  `<text x="${n(x)}" y="${n(y)}" ${attributes}>${escaped(content)}</text>`

const n = (value: number): string => String(Math.round(value * 10) / 10)
