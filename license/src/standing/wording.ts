import type { LicenceClaims } from '../document/index.ts'
import { dayAt, daysBetween, type Stage, type Terms } from '../terms/index.ts'
import { type Beginning, noticeKey, type Occasion } from './occasion.ts'
import type { Notice } from './types.ts'

/** What placeholders of texts stand for: days as `YYYY-MM-DD`, months as `YYYY-MM`, anything else as it is. */
export type Words = Readonly<Record<string, string>>

const DAY = /^\d{4}-\d{2}-\d{2}$/
const MONTH = /^\d{4}-\d{2}$/

/** Fills in `{placeholders}`; days and months as people write them in that language, what is not known as a dash. */
export const filledIn = (text: string, words: Words, language: string): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = words[name] ?? ''
    if (MONTH.test(value)) return monthInWords(value, language)
    return DAY.test(value) ? dayInWords(value, language) : value || '–'
  })

/** Rarer than days, so not kept. */
const monthInWords = (month: string, language: string): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    ...{ timeZone: 'UTC', month: 'long', year: 'numeric' },
  }).format(Date.parse(`${month}-01T00:00:00Z`))

/** Made once for each language: they are large, outside of what the collector sees. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(language: string): Intl.DateTimeFormat {
  const known = formats.get(language)
  if (known) return known
  const month = language === 'en' ? 'long' : 'numeric'
  const made = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    ...{ timeZone: 'UTC', day: 'numeric', month, year: 'numeric' },
  })
  formats.set(language, made)
  return made
}

/** A day as people write it; in languages that bend the names of months, as numbers. */
export const dayInWords = (day: string, language: string): string =>
  formatOf(language).format(Date.parse(`${day}T00:00:00Z`))

export const wordsOfLicence = (licence: LicenceClaims): Words => ({
  customer: licence.customer.name,
  vendor: licence.iss,
  contact: licence.contact ?? licence.iss,
  paidThrough: licence.paidThrough ?? '',
  until: licence.term.until ?? '',
  maintenanceUntil: licence.maintenanceUntil ?? '',
})

/** Of an occasion in its stage `current`, with the beginnings of those ahead counted as if all were shown now. */
export function wordsOf(
  licence: LicenceClaims,
  occasion: Occasion,
  current: Stage,
  ahead: readonly Beginning[],
  at: At,
): Words {
  const harder = ahead.find(({ stage }) => stage.state !== current.state)
  const blockedOn = harder ? dayAt(harder.at, at.zone) : ''
  return {
    ...wordsOfLicence(licence),
    ...occasion.words,
    blockedOn,
    days: harder ? String(daysBetween(dayAt(at.now, at.zone), blockedOn)) : '',
    since: dayAt(occasion.anchor, at.zone),
  }
}

/** An instant and the zone in which its day is told. */
export interface At {
  readonly now: number
  readonly zone: string
}

export function noticeOf(terms: Terms, occasion: Occasion, id: string, words: Words): Notice | null {
  const notice = terms.notices[id]
  if (!notice) return null
  return { id, key: noticeKey(occasion, id), audience: notice.audience, texts: textsOf(notice.texts, words) }
}

const textsOf = (texts: Readonly<Record<string, { title: string; text: string }>>, words: Words) =>
  Object.fromEntries(
    Object.entries(texts).map(([language, { title, text }]) => [
      language,
      { title: filledIn(title, words, language), text: filledIn(text, words, language) },
    ]),
  )

/** @param occasion what tells one excess from another: it is said once for each */
export const limitNotice = (terms: Terms, id: string, occasion: string, words: Words): Notice | null => {
  const notice = terms.notices[id]
  if (!notice) return null
  const key = `limits/${id}@${occasion}`
  return { id, key, audience: notice.audience, texts: textsOf(notice.texts, words) }
}
