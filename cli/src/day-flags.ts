import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Flags } from '@oclif/core'

/** A flag whose value is a day that exists. */
export const dayFlag = (summary: string) =>
  Flags.string({ summary, helpValue: 'YYYY-MM-DD', parse: async (value) => checkedDay(value) })

/** @param from, to days, both inclusive; null: not given. @throws UserError PERIOD_INVALID (2) */
export function checkPeriod(from: string | null, to: string | null): void {
  if (from === null || to === null || from <= to) return
  throw new UserError(`The period ends on ${to}, before it begins on ${from}.`, {
    code: 'PERIOD_INVALID',
    hint: 'Give the first day with --from and the last with --to.',
    exitCode: ExitCode.Usage,
  })
}

/** The same day of the next year; the last of February for a leap day. */
export const aYearAfter = (day: string) => `${Number(day.slice(0, 4)) + 1}${day.slice(4).replace('-02-29', '-02-28')}`

function checkedDay(value: string): string {
  const date = new Date(`${value}T00:00:00Z`)
  if (/^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value))
    return value
  throw wrong(`“${value}” is no day.`, 'Write it as 2026-12-31.')
}

/** A number of days, with or without the letter d. @throws UserError SPAN_INVALID (2) */
export function checkedDays(value: string): string {
  if (/^\d{1,4}d?$/.test(value)) return value
  throw wrong(`“${value}” is no number of days.`, 'Write it as 12d.')
}

const wrong = (message: string, hint: string) =>
  new UserError(message, { code: 'SPAN_INVALID', hint, exitCode: ExitCode.Usage })
