import { CHECKS, type Judged, lawOf } from './laws.ts'
import type { SelftestReport, Tried } from './selftest.ts'

const LEGEND = '✓ works as it must   ⊘ is refused as it must be   ✗ a law is broken   – not provided by the stack'

/** Steps shorter than this are in the JSON document alone. */
const SHORT_SECONDS = 0.5

/** Standings down, checks across; then what was broken, and what was not looked at. */
export function reportText(report: SelftestReport): string {
  const { standings, steps } = report
  const width = Math.max(...standings.map(({ standing }) => standing.length), 8) + 2
  const row = (first: string, cells: readonly string[]) =>
    `${first.padEnd(width)}${cells.map((cell, index) => cell.padEnd((CHECKS[index] ?? '').length + 2)).join('')}`.trimEnd()
  const lines = standings.map(({ standing, checks }) => row(standing, checks.map(cellOf)))
  const broken = brokenLaws(report)
  return [
    ...[row('', CHECKS), ...lines, '', LEGEND],
    ...(broken.length > 0 ? ['', 'Broken:', ...broken.map((text) => `  ${text}`)] : []),
    ...['', ...notes(report)],
    '',
    ...steps
      .filter(({ seconds }) => seconds >= SHORT_SECONDS)
      .map(({ title, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${title}`),
  ].join('\n')
}

function cellOf({ verdict, outcome }: Judged): string {
  if (verdict === 'broken') return '✗'
  if (verdict === 'holds') return outcome === 'refused' ? '⊘' : '✓'
  return verdict === 'not-provided' ? '–' : ''
}

/** Each as `standing: the law. What happened instead.` */
export const brokenLaws = ({ standings }: Pick<SelftestReport, 'standings'>): string[] =>
  standings.flatMap(({ standing, checks }) =>
    checks.flatMap(({ verdict, check, expected, outcome, detail }) =>
      verdict === 'broken' && expected
        ? [`${standing}: ${lawOf(check, expected)}. It ${WORD[outcome ?? 'failed']}${detail ? `: ${detail}` : ''}`]
        : [],
    ),
  )

const WORD = { done: 'was done', refused: 'was refused', failed: 'failed' } as const

function notes({ standings, unreachable, volumesLeftOut }: SelftestReport): string[] {
  const [own] = standings.flatMap(({ terms }) => terms ?? [])
  const borrowed = standings.filter(({ terms }) => terms !== null && terms !== own)
  return [
    ...borrowed.map(
      ({ standing, terms }) => `“${standing}” is not foreseen by the terms ${own}; it was tried under ${terms}.`,
    ),
    ...unreachable.map((standing) => `“${standing}” is not foreseen by any of the terms; it was not tried.`),
    ...(volumesLeftOut.length > 0 ? [`Not copied, and not tried: the volumes ${volumesLeftOut.join(', ')}.`] : []),
    `${countOf(standings, 'holds')} laws hold, ${countOf(standings, 'broken')} are broken.`,
  ]
}

const countOf = (standings: readonly Tried[], wanted: Judged['verdict']) =>
  standings.flatMap(({ checks }) => checks).filter(({ verdict }) => verdict === wanted).length
