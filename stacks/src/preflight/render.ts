import type { Verdict } from './verdict.ts'

const MARKS = { pass: '✓', warn: '!', fail: '✗' } as const

/** Colours a piece of text by verdict; the default leaves it as it is. */
export type Paint = (text: string, verdict: Verdict['verdict']) => string

/** One line per check, aligned; what to do about a check that did not pass is on the line below. */
export function renderVerdicts(verdicts: readonly Verdict[], paint: Paint = (text) => text): string {
  const width = Math.max(0, ...verdicts.map(({ id }) => id.length))
  const indent = ' '.repeat(width + 4)
  const lines = verdicts.flatMap(({ id, verdict, value, wanted, hint, accepted }) => {
    const line = `${paint(MARKS[verdict], verdict)} ${id.padEnd(width)}  ${value}`
    if (verdict === 'pass') return [line]
    const answer = accepted ? [`${indent}accepted by ${accepted.by}: ${accepted.why}`] : []
    return [`${line} (wanted: ${wanted})`, `${indent}${hint}`, ...answer]
  })
  return `${[...lines, '', summary(verdicts)].join('\n')}\n`
}

/** `28 passed, 2 warnings, 1 failed (1 accepted)` */
export function summary(verdicts: readonly Verdict[]): string {
  const count = (kind: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === kind).length
  const accepted = verdicts.filter((verdict) => verdict.verdict === 'fail' && verdict.accepted).length
  const warnings = `${count('warn')} ${count('warn') === 1 ? 'warning' : 'warnings'}`
  return `${count('pass')} passed, ${warnings}, ${count('fail')} failed${accepted > 0 ? ` (${accepted} accepted)` : ''}`
}
