import type { LicenceClaims } from '@domicile/license/document'
import {
  type Band,
  type CalendarEntry,
  calendar,
  dayInWords,
  effectiveLicence,
  type LimitFinding,
  limitFindings,
  type StandingEvent,
  supposedEvents,
  supposedImport,
} from '@domicile/license/standing'
import { dayAt, endOf, parseTerms, startOf, terminationDay } from '@domicile/license/terms'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

/** What is asked: a licence, in force or only thought of, a span of days and what is supposed to happen in it. */
export interface Question {
  /** In force on an appliance: everything that happened there. Null: only thought of, from the first day of its term. */
  readonly events: readonly StandingEvent[] | null
  readonly licence: LicenceClaims
  /** Days of the contract, both counted in. */
  readonly from: string
  readonly to: string
  readonly users: number | null
  readonly sessions: number | null
  /** Null: nothing is ever paid. */
  readonly payment: { readonly lateDays: number; readonly everyMonths: number } | null
  /** The day on which the customer gives notice. */
  readonly noticeGivenOn: string | null
}

export interface Entry extends CalendarEntry {
  /** Titles of the notices that are first shown then. */
  readonly shown: readonly string[]
}

export interface Simulation {
  readonly licence: LicenceClaims
  readonly timezone: string
  readonly from: string
  readonly to: string
  /** What was supposed, in words. */
  readonly supposed: readonly string[]
  readonly entries: readonly Entry[]
  readonly bands: readonly Band[]
  readonly limits: readonly LimitFinding[]
}

/**
 * What would happen to a contract, and why.
 * @throws UserError SPAN_INVALID; LicenceRefusal TERMS_INVALID
 */
export function simulate(question: Question): Simulation {
  const terms = parseTerms(question.licence.terms.text)
  const { timezone } = terms
  const from = startOf(question.from, timezone)
  const to = endOf(question.to, timezone) - 1
  if (to < from) throw spanInvalid(question)
  const events = question.events ?? [supposedImport(question.licence, terms, from)]
  const licence = effectiveLicence(events) ?? question.licence
  const usage = { users: question.users, sessions: question.sessions, meters: {} }
  const supposition = { ...question, events, licence, terms, from, to }
  const { entries, bands } = calendar({ events: supposedEvents(supposition), usage, terms, from, to })
  const ends = question.noticeGivenOn && terminationDay(terms, startOf(question.noticeGivenOn, timezone))
  return {
    ...{ licence, timezone, from: question.from, to: question.to, bands },
    entries: entries.map((entry) => ({
      ...entry,
      shown: entry.notices.map((id) => terms.notices[id]?.texts.en.title ?? id),
    })),
    supposed: supposedInWords(question, licence, ends),
    limits: limitFindings(licence.limits, usage, terms),
  }
}

/** A day and, unless it is midnight, the time of day in the contract's zone. */
export function whenInWords(at: string, timezone: string): string {
  const instant = Date.parse(at)
  const day = dayAt(instant, timezone)
  if (instant === startOf(day, timezone)) return day
  const time = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit' }).format(
    instant,
  )
  return `${day} ${time}`
}

function supposedInWords(question: Question, licence: LicenceClaims, ends: string | null): string[] {
  const { users, sessions, noticeGivenOn } = question
  return [
    'each notice is seen on the day it is due',
    paymentInWords(question, licence),
    ...(noticeGivenOn
      ? [`notice is given on ${day(noticeGivenOn)}, so the contract ends with ${day(ends ?? noticeGivenOn)}`]
      : []),
    ...(users === null ? [] : [`${users} named users`]),
    ...(sessions === null ? [] : [`${sessions} at work at the same time`]),
  ].filter((text) => text !== '')
}

function paymentInWords({ payment }: Question, { paidThrough, term }: LicenceClaims): string {
  if (paidThrough === null && term.until === null) return ''
  const what = paidThrough === null ? 'the licence is renewed' : 'what is due is paid'
  if (!payment) return paidThrough === null ? 'the licence is not renewed' : 'nothing more is paid'
  const rhythm = payment.everyMonths === 1 ? 'every month' : `every ${payment.everyMonths} months`
  return `${what} ${rhythm}, ${payment.lateDays === 0 ? 'on time' : `${payment.lateDays} days late`}`
}

const day = (value: string) => dayInWords(value, 'en')

const spanInvalid = ({ from, to }: Question) =>
  new UserError(`The span ends on ${to}, before it begins on ${from}.`, {
    code: 'SPAN_INVALID',
    hint: 'Give a later day with --to.',
    exitCode: ExitCode.Usage,
  })
