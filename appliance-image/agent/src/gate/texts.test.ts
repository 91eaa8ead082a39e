import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chooseLanguage, loadLanguages, readTexts } from './texts.ts'

const folder = join(import.meta.dirname, '../../texts')
const codes = readdirSync(folder).map((file) => file.replace('.json', ''))
const english = readTexts(folder, 'en')
const places = (text: string) => [...new Set([...text.matchAll(/\{\w+\}/g)].map(([place]) => place))].sort()
const forms = (text: string | Record<string, string>) => (typeof text === 'string' ? [text] : Object.values(text))

describe.each(codes)('the texts in %s', (code) => {
  const texts = readTexts(folder, code)

  test('say the same things as the English ones, in the same order', () => {
    expect(Object.keys(texts)).toEqual(Object.keys(english))
  })

  test('fill in the same places', () => {
    for (const [key, text] of Object.entries(texts))
      for (const form of forms(text))
        expect([key, ...places(form)]).toEqual([key, ...places(forms(english[key] ?? '')[0] ?? '')])
  })

  test('have every plural form of the language, and only those', () => {
    const wanted = new Intl.PluralRules(code).resolvedOptions().pluralCategories.toSorted()
    for (const text of Object.values(texts))
      if (typeof text !== 'string') expect(Object.keys(text).sort()).toEqual(wanted)
  })

  test('are single lines that end as they should', () => {
    for (const text of Object.values(texts).flatMap(forms)) expect(text).toMatch(/^\S(.*[^\s])?$/)
  })
})

const languages = loadLanguages(folder)

test.each([
  ['', 'en'],
  ['sl', 'sl'],
  ['sl-SI,sl;q=0.9,en;q=0.8', 'sl'],
  ['en-GB,en;q=0.9,sl;q=0.8', 'en'],
  ['de-DE,de;q=0.9,sl;q=0.5', 'sl'],
  ['en;q=0.1, SL', 'sl'],
  ['sl;q=0, en', 'en'],
  ['xx', 'en'],
  ['*', 'en'],
  [`${'x,'.repeat(100_000)}sl`, 'en'],
  [';;;=,,q=sl', 'en'],
])('Accept-Language "%.30s" is answered in %s', (accepted, code) => {
  expect(chooseLanguage(languages, accepted).code).toBe(code)
})

test('Slovenian has a dual', () => {
  const minutes = (count: number) => languages.get('sl')?.say('minutes', { count })
  expect([1, 2, 3, 5, 101, 102].map(minutes)).toEqual([
    '1 minuto',
    '2 minuti',
    '3 minute',
    '5 minut',
    '101 minuto',
    '102 minuti',
  ])
})
