import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Flags } from '@oclif/core'

/** Flags that the commands for licence documents share. */

export const outFlag = Flags.string({ char: 'o', summary: 'file to write', helpValue: 'FILE' })
export const contractFlag = Flags.string({ char: 'c', summary: 'number of the contract', required: true })
export const seqFlag = Flags.integer({
  summary: 'number of the document: higher than in any document of this contract before',
  min: 1,
  required: true,
})
export const requestFlag = Flags.string({
  char: 'r',
  summary: 'what the customer’s installation sent: its record is counter-signed beside the document',
  helpValue: 'FILE',
})
export const vendorFlag = Flags.string({ summary: 'your name, as customers know it (the key’s id by default)' })
export const reasonFlag = Flags.string({ summary: 'why, in words that the customer reads', required: true })

/** A day such as 2027-01-31; it ends at midnight in the time zone of the contract’s terms. */
export const dayFlag = (summary: string) =>
  Flags.string({ summary, helpValue: 'DAY', parse: async (text) => day(text) })

/** A last day, or the word for none. */
export const lastDayFlag = (summary: string) =>
  Flags.string({
    summary,
    helpValue: 'DAY|perpetual',
    parse: async (text) => (text === 'perpetual' ? text : day(text)),
  })

export const instantFlag = (summary: string) =>
  Flags.string({ summary, helpValue: 'INSTANT', parse: async (text) => instant(text) })

export const perpetualOr = (day: string | undefined): string | null | undefined => (day === 'perpetual' ? null : day)

function day(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && instantOf(`${text}T00:00:00Z`)?.startsWith(text)) return text
  throw badTime(text, 'Write a day as 2027-01-31.')
}

function instant(text: string): string {
  const read = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? instantOf(text) : null
  if (read) return read
  throw badTime(text, 'Write an instant with its time zone: 2027-01-31T18:00:00+01:00, or 2027-01-31T17:00:00Z.')
}

const instantOf = (text: string): string | null => {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

const badTime = (text: string, hint: string) =>
  new UserError(`“${text}” is not understood.`, { code: 'TIME_FORM', hint, exitCode: ExitCode.Usage })
