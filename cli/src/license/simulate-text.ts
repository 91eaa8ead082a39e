import { type Band, dayInWords, type LimitFinding } from '@domicile/license/standing'
import { amountInWords } from '@domicile/license/terms'
import { DAY_MS } from '@domicile/license/utc'
import { type Entry, type Simulation, whenInWords } from './simulate.ts'

const WIDTH = 118
const WHEN = 18
const STATE = 12

/** What `license simulate --json` prints: instants in UTC, days in the time zone of the contract. */
export function simulationDocument({ licence, supposed, ...rest }: Simulation) {
  const { contract, customer, terms } = licence
  return {
    contract,
    customer: customer.name,
    terms: { name: terms.name, version: terms.version, sha256: terms.sha256 },
    supposed,
    ...rest,
  }
}

/** The calendar for a terminal. */
export function simulationText(simulation: Simulation): string {
  const { supposed, entries, bands, limits, timezone } = simulation
  return [
    ...headline(simulation),
    ...wrapped(`Supposed: ${supposed.join('; ')}.`, WIDTH),
    '',
    ...entries.flatMap((entry) => entryLines(entry, timezone)),
    '',
    `In all: ${daysByState(bands).join(', ')}.`,
    ...(limits.length > 0 ? ['', 'Limits:', ...limits.flatMap(limitLines)] : []),
  ].join('\n')
}

export function headline({ licence, from, to, timezone }: Simulation): string[] {
  const { contract, customer, terms } = licence
  return [
    `Contract ${contract} with ${customer.name}, by the terms ${terms.name}, version ${terms.version}`,
    `${dayInWords(from, 'en')} to ${dayInWords(to, 'en')}, days as in ${timezone}`,
  ]
}

function entryLines(entry: Entry, timezone: string): string[] {
  const head = `${whenInWords(entry.at, timezone).padEnd(WHEN)}${entry.state.padEnd(STATE)}`
  const [first = '', ...more] = wrapped(entryText(entry), WIDTH - head.length)
  return [`${head}${first}`, ...more.map((line) => `${' '.repeat(head.length)}${line}`)]
}

/** Why, with the clause of the contract, and what is said to people. */
export const entryText = ({ text, clause, shown }: Entry): string =>
  [text, inBrackets(clause), shown.length > 0 && `People read: ${shown.map((title) => `“${title}”`).join(', ')}.`]
    .filter(Boolean)
    .join(' ')

const inBrackets = (clause: string) => clause && `[${clause.replaceAll(' ', NO_BREAK)}]`

/** Keeps a clause on one line; a terminal gets a plain blank for it. */
const NO_BREAK = '\u00a0'

const limitLines = (finding: LimitFinding): string[] =>
  wrapped(limitText(finding), WIDTH - 2).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`)

export function limitText(finding: LimitFinding): string {
  const { what, source, used, max, over, unit, per, behaviour, text, clause } = finding
  const most = `${amountInWords(max, unit)}${per ? ` a ${per}` : ''}`
  const asked =
    used === null
      ? `${most} ${source === 'licence' ? 'licensed' : 'agreed'}`
      : `${amountInWords(used, unit)} of ${most}`
  const verdict = over > 0 ? `, ${amountInWords(over, unit)} too many (${WHAT_IS_DONE[behaviour]})` : ''
  return [`${what}: ${asked}${verdict}.`, text, inBrackets(clause)].filter(Boolean).join(' ')
}

const WHAT_IS_DONE = { refuse: 'more are refused', warn: 'a notice is shown', count: 'counted for the audit' } as const

/** How many days each state holds, in the order in which they come. */
export function daysByState(bands: readonly Band[]): string[] {
  const days = new Map<string, number>()
  for (const { state, from, until } of bands) {
    days.set(state, (days.get(state) ?? 0) + (Date.parse(until) - Date.parse(from)) / DAY_MS)
  }
  return [...days].map(([state, count]) => `${state} ${Math.round(count)} days`)
}

function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) as string
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map((line) => line.replaceAll(NO_BREAK, ' '))
}
