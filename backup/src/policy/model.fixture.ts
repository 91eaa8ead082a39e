import type { PolicyTerms } from './terms.ts'
import type { Candidate } from './types.ts'

/**
 * The policy once more, written the other way round: it knows calendars by names only, lists the names of all days, weeks
 * and months for which copies must be there, and looks up the snapshot for each.
 * @returns runs that stay
 */
export function model(snapshots: readonly Candidate[], now: Date, terms: PolicyTerms): Set<string> {
  const name = names(terms.timeZone)
  const present = snapshots.filter(({ at }) => Date.parse(at) <= now.getTime() + 600_000)
  const regular = present.filter(
    ({ kind, hold, refused }) => ['scheduled', 'manual'].includes(kind) && hold === null && refused === null,
  )
  const days = [...new Set(regular.map(({ at }) => name.day(at)))].sort()
  const newest = days.at(-1)
  const todays = days.filter((day, index) => {
    const after = days.slice(index + 1)
    if (after.length === 0) return true
    return after.length < terms.days && !daysUpTo(after[0] as string, terms.days).includes(day)
  })
  const staying = new Set<string>()
  for (const today of todays) {
    const lists = {
      day: daysUpTo(today, terms.days),
      week: weeksUpTo(today, terms.weeks),
      month: monthsUpTo(today, terms.months),
    }
    for (const period of ['day', 'week', 'month'] as const) {
      for (const wanted of lists[period]) {
        const [last] = regular.filter(({ at }) => name[period](at) === wanted).sort(later)
        if (last && todayOf(name.day(last.at)) === today) staying.add(last.run)
      }
    }
  }
  const [proven] = present.filter(({ refused, provenAt }) => refused === null && provenAt !== null).sort(later)
  for (const one of snapshots) {
    const { run, at, kind, hold, refused } = one
    const day = name.day(at)
    const isWayBack = refused === null && (kind === 'pre-upgrade' || kind === 'pre-restore')
    const today = todayOf(day)
    const isYoung = (most: number) => today === undefined || day > today || daysUpTo(today, most).includes(day)
    if (hold !== null || kind === 'final' || !present.includes(one)) staying.add(run)
    if (!proven || one === proven || later(one, proven) < 0) staying.add(run)
    if ((isWayBack && isYoung(14)) || (refused !== null && isYoung(7))) staying.add(run)
  }
  return staying

  function todayOf(day: string) {
    return todays.find((today) => today >= day) ?? newest
  }
}

/** Newest first. */
const later = (a: Candidate, b: Candidate) =>
  Date.parse(b.at) - Date.parse(a.at) || (a.run < b.run ? 1 : a.run > b.run ? -1 : 0)

const shift = (day: string, days: number) => {
  const date = new Date(`${day}T12:00:00Z`)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}

/** A day and so many before it. */
const daysUpTo = (day: string, before: number) => Array.from({ length: before + 1 }, (_, back) => shift(day, -back))

/** Weeks by the name of their Monday: that of a day and so many before it. */
const monday = (day: string) => {
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay()
  return shift(day, -((weekday + 6) % 7))
}
const weeksUpTo = (day: string, before: number) =>
  before === 0 ? [] : Array.from({ length: before + 1 }, (_, back) => shift(monday(day), -7 * back))

const monthsUpTo = (day: string, before: number) => {
  if (before === 0) return []
  const found = [day.slice(0, 7)]
  while (found.length <= before) found.push(shift(`${found.at(-1)}-01`, -1).slice(0, 7))
  return found
}

const formats = new Map<string, Intl.DateTimeFormat>()

function names(timeZone: string) {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
  formats.set(timeZone, format)
  const known = new Map<string, string>()
  const day = (at: string) => {
    const found = known.get(at) ?? format.format(new Date(at))
    known.set(at, found)
    return found
  }
  return { day, week: (at: string) => monday(day(at)), month: (at: string) => day(at).slice(0, 7) }
}
