import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'

/**
 * Every word that people see in the browser, a file for each language: `en.json` is the pattern of the others. A value is a
 * text with `{places}`, or one for each plural form that the language has.
 */
const textsSchema = z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())]))

export type Texts = z.infer<typeof textsSchema>

export interface Language {
  readonly code: string
  /** The text with its places filled; `count` also chooses the plural form. */
  say(key: string, places?: Readonly<Record<string, string | number>>): string
}

const DEFAULT = 'en'

/** The languages of a folder of `<code>.json`; throws an Error when it cannot be read or has no `en.json`. */
export function loadLanguages(folder: string): ReadonlyMap<string, Language> {
  const codes = readdirSync(folder).flatMap((file) => /^([a-z]{2})\.json$/.exec(file)?.[1] ?? [])
  const languages = new Map(codes.map((code) => [code, readLanguage(folder, code)]))
  if (!languages.has(DEFAULT)) throw new Error(`${folder}: there is no ${DEFAULT}.json`)
  return languages
}

export const readTexts = (folder: string, code: string): Texts =>
  textsSchema.parse(JSON.parse(readFileSync(join(folder, `${code}.json`), 'utf8')))

function readLanguage(folder: string, code: string): Language {
  const texts = readTexts(folder, code)
  const plural = new Intl.PluralRules(code)
  return {
    code,
    say: (key, places = {}) => {
      const found = texts[key] ?? ''
      const text =
        typeof found === 'string' ? found : (found[plural.select(Number(places['count']))] ?? found['other'] ?? '')
      return text.replaceAll(/\{(\w+)\}/g, (_, place: string) => String(places[place] ?? ''))
    },
  }
}

/** The first language of `Accept-Language`, in the order of its wishes, that there is; English otherwise. */
export function chooseLanguage(languages: ReadonlyMap<string, Language>, accepted: string): Language {
  const wishes = accepted.slice(0, 500).split(',').map(wish)
  const order = wishes.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality)
  const code = order.map((one) => one.code).find((one) => languages.has(one)) ?? DEFAULT
  return languages.get(code) as Language
}

function wish(text: string) {
  const [tag = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters
    .map((parameter) => /^q=([\d.]+)$/.exec(parameter)?.[1])
    .find((value) => value !== undefined)
  return { code: tag.split('-', 1)[0] ?? '', quality: quality === undefined ? 1 : Number(quality) || 0 }
}
