import { expect, test } from 'vitest'
import { placeOf } from './only/documents.ts'
import { tablesNamed } from './only/tables.ts'
import { readWords } from './wish.ts'

const flags = { latest: false, at: undefined, only: undefined, 'with-settings': false }
const RUN = '20261122T013000Z-3f9a1c'

test('one snapshot, the newest or an instant: exactly one of them', () => {
  expect(readWords([RUN], flags).wish).toMatchObject({ snapshot: { name: RUN } })
  expect(readWords([], { ...flags, latest: true }).wish).toMatchObject({ snapshot: { name: 'latest' } })
  expect(readWords([], { ...flags, at: '2026-11-20 14:35' }).wish).toMatchObject({ at: '2026-11-20 14:35' })
  for (const [words, more] of [
    [[], {}],
    [[RUN], { latest: true }],
    [[RUN], { at: '2026-11-20 14:35' }],
    [[], { latest: true, at: '2026-11-20 14:35' }],
    [[RUN, RUN], {}],
  ] as const)
    expect(() => readWords(words, { ...flags, ...more })).toThrow(expect.objectContaining({ exitCode: 2 }))
})

test('names of parts come after the snapshot, or instead of it where another word says which', () => {
  const only = 'table'
  expect(readWords([RUN, 'party', 'sale'], { ...flags, only }).names).toEqual(['party', 'sale'])
  expect(readWords(['party'], { ...flags, only, latest: true })).toMatchObject({
    wish: { snapshot: { name: 'latest' } },
    names: ['party'],
  })
})

test('a path of a document never leads out of its volume', () => {
  expect(placeOf('files/2026/a.pdf', ['files', 'mail'])).toBe('files/2026/a.pdf')
  expect(placeOf('/2026//a.pdf', ['files'])).toBe('files/2026/a.pdf')
  for (const path of ['..', '../x', 'files/../../x', '', '/', '.'])
    expect(() => placeOf(path, ['files'])).toThrow(expect.objectContaining({ code: 'USAGE' }))
  expect(() => placeOf('a.pdf', ['files', 'mail'])).toThrow(expect.objectContaining({ code: 'DOCUMENT_UNKNOWN' }))
})

test('a table is named with its schema, or without where only one has it', () => {
  const tables = ['public.party', 'old.party', 'public.sale'].map((name) => ({
    name,
    rows: 0,
    sum: null,
    method: 'record' as const,
  }))
  const manifest = { database: { name: 'erp', version: '17.6', bytes: 0, dumpBytes: 0, tables, sequences: [] } }

  expect(tablesNamed(['sale', 'old.party'], manifest)).toEqual(['public.sale', 'old.party'])
  expect(() => tablesNamed(['party'], manifest)).toThrow('Several schemas')
  expect(() => tablesNamed(['arty'], manifest)).toThrow('no table')
})
