import { describe, expect, test } from 'vitest'
import { compareWithManifest, differenceText, type Found, figuresOf } from './index.ts'
import { MANIFEST } from './proof.fixture.ts'

const { tables, sequences } = MANIFEST.database
const [party, empty] = tables as [(typeof tables)[number], (typeof tables)[number]]
const unused = { name: 'public.unused', value: null }
const files = { volume: 'files', list: 'cd'.repeat(32), files: 2, differing: [], differ: 0 }
const EQUAL: Found = { tables, sequences, invariants: MANIFEST.invariants, documents: [files] }

const compare = (changes: Partial<Found>) => compareWithManifest(MANIFEST, { ...EQUAL, ...changes })

test('what is equal differs in nothing, whatever its order', () => {
  expect(compare({ tables: tables.toReversed(), sequences: sequences.toReversed() })).toEqual([])
})

describe('a difference is named by what it is about', () => {
  test.each<[string, Partial<Found>, string, RegExp]>([
    ['a table that is gone', { tables: [party] }, 'TABLE_MISSING public.empty', /missing/],
    [
      'a table that was put in',
      { tables: [...tables, { ...party, name: 'public.other' }] },
      'TABLE_UNEXPECTED public.other',
      /none of that name/,
    ],
    [
      'a row less',
      { tables: [{ ...party, rows: 2 }, empty] },
      'ROWS_DIFFER public.party',
      /has 2 rows; the snapshot had 3/,
    ],
    ['a row that is another', { tables: [{ ...party, sum: '7' }, empty] }, 'SUM_DIFFERS public.party', /another sum/],
    [
      'rows that were hashed otherwise',
      { tables: [{ ...party, method: 'text' }, empty] },
      'SUM_DIFFERS public.party',
      /sum/,
    ],
    ['rows where there were none', { tables: [party, { ...empty, sum: '0' }] }, 'SUM_DIFFERS public.empty', /sum/],
    [
      'a sequence that was set back',
      { sequences: [{ name: 'public.party_id', value: '2' }, unused] },
      'SEQUENCE_DIFFERS public.party_id',
      /stands at 2; in the snapshot it stood at 3/,
    ],
    [
      'a sequence that began anew',
      { sequences: [{ name: 'public.party_id', value: null }, unused] },
      'SEQUENCE_DIFFERS public.party_id',
      /at none/,
    ],
    ['a sequence that is gone', { sequences: [unused] }, 'SEQUENCE_DIFFERS public.party_id', /at none/],
    [
      'books that do not balance',
      { invariants: { balance: '0.01', parties: '3' } },
      'INVARIANT_DIFFERS balance',
      /Balance of the books: 0\.01; in the snapshot it was 0\.00/,
    ],
    ['a question without an answer', { invariants: { parties: '3' } }, 'INVARIANT_DIFFERS balance', /no answer/],
    ['documents that are not there', { documents: [] }, 'DOCUMENTS_MISSING files', /there were 2 files/],
    [
      'another list',
      { documents: [{ ...files, list: 'ef'.repeat(32) }] },
      'DOCUMENT_LIST_DIFFERS files',
      /manifest names/,
    ],
    ['no list', { documents: [{ ...files, list: null }] }, 'DOCUMENT_LIST_DIFFERS files', /manifest names/],
    [
      'a document that is gone',
      { documents: [{ ...files, differing: [{ path: 'a b', how: 'missing' }], differ: 1 }] },
      'DOCUMENT_DIFFERS files/a b',
      /files\/a b is missing/,
    ],
    [
      'a document that is another',
      { documents: [{ ...files, differing: [{ path: 'a', how: 'changed' }], differ: 1 }] },
      'DOCUMENT_DIFFERS files/a',
      /files\/a is changed/,
    ],
  ])('%s', (_, changes, expected, text) => {
    const found = compare(changes)

    expect(found.map(({ code, subject }) => `${code} ${subject}`)).toEqual([expected])
    expect(found.map((difference) => differenceText(difference, { balance: 'Balance of the books' })).join()).toMatch(
      text,
    )
  })
})

test('sequences go on while a dump is made: later values are none', () => {
  const later = [
    { name: 'public.party_id', value: '5' },
    { name: 'public.unused', value: '1' },
  ]

  expect(compare({ sequences: later })).toEqual([])
})

test('a sequence that counts down may only have gone further down', () => {
  const manifest = { ...MANIFEST, database: { ...MANIFEST.database, sequences: [{ name: 's', value: '-5' }] } }
  const differs = (value: string) =>
    compareWithManifest(manifest, { ...EQUAL, sequences: [{ name: 's', value }] }).length

  expect([differs('-5'), differs('-6'), differs('-4')]).toEqual([0, 0, 1])
})

test('the figures say how many were compared and how many differ', () => {
  const differing = [{ path: 'a', how: 'changed' as const }]
  const found = { ...EQUAL, tables: [{ ...party, rows: 9 }], documents: [{ ...files, differing, differ: 1500 }] }
  const figures = figuresOf(MANIFEST, found, compareWithManifest(MANIFEST, found))

  expect(figures).toEqual({
    tables: { compared: 2, differ: 2 },
    rows: 9,
    sequences: { compared: 2, differ: 0 },
    invariants: { compared: 2, differ: 0 },
    // More than are named.
    documents: { compared: 2, differ: 1500 },
  })
})

test('a volume whose list is wrong counts as one that differs', () => {
  const found = { ...EQUAL, documents: [{ ...files, list: null, files: 0 }] }

  expect(figuresOf(MANIFEST, found, compareWithManifest(MANIFEST, found)).documents).toEqual({ compared: 0, differ: 1 })
})
