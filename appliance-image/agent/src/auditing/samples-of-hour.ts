import { join } from 'node:path'
import type { SampleBody } from '@domicile/license/ledger'
import { plusDays } from '@domicile/license/utc'
import { type FileLine, linesOf } from '../file-lines.ts'

/** So many lines are far more than an hour has. */
const MOST_LINES = 1000
const DIGITS = 64
const DAY = /^\d{4}-\d{2}-\d{2}$/

/**
 * Lines of samples that belong to an hour of a UTC day, as they stand in the files: what the columns are, the minutes, and
 * what was counted in that hour, which is written down after it.
 * @param ledger folder of the ledger
 * @returns null when there is no file of that day (any more)
 */
export function samplesOfHour(ledger: string, day: string, hour: number): string[] | null {
  if (!DAY.test(day)) return null
  const name = `${day}T${String(hour).padStart(2, '0')}`
  const lines: string[] = []
  let columns: string | null = null
  let any = false
  for (const line of linesOf(join(ledger, 'samples', `${day}.jsonl`))) {
    any = true
    const body = bodyOf(line)
    if (isOfMinute(body, hour)) {
      // Columns are said where the numbers begin, and where they change.
      lines.push(...(columns === null ? [] : [columns]), line.text)
      columns = null
    } else if (isFlow(body, name)) lines.push(line.text)
    else if (body && 'levels' in body) columns = line.text
    if (lines.length >= MOST_LINES) break
  }
  // What was counted in the last hour of a day is written down on the next.
  if (hour === 23) lines.push(...flowsOf(join(ledger, 'samples', `${plusDays(day, 1)}.jsonl`), name))
  return any ? lines.slice(0, MOST_LINES) : null
}

const isOfMinute = (body: SampleBody | null, hour: number) =>
  Array.isArray(body) && Math.floor(Number(body[0]) / 60) === hour
const isFlow = (body: SampleBody | null, hour: string) => body !== null && 'hour' in body && body.hour === hour

function* flowsOf(path: string, hour: string): Generator<string> {
  for (const line of linesOf(path)) if (isFlow(bodyOf(line), hour)) yield line.text
}

/** Null when somebody wrote there what is none. */
function bodyOf({ text }: FileLine): SampleBody | null {
  try {
    const body = JSON.parse(text.slice(DIGITS + 1))
    return typeof body === 'object' ? body : null
  } catch {
    return null
  }
}
