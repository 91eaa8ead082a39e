import type { Manifest } from '../snapshot/index.ts'
import type { Compared } from './claims.ts'

/** What was found in a restored copy, in the words of the manifest. */
export interface Found {
  readonly tables: Manifest['database']['tables']
  readonly sequences: Manifest['database']['sequences']
  readonly invariants: Readonly<Record<string, string>>
  readonly documents: readonly FoundDocuments[]
}

export interface FoundDocuments {
  readonly volume: string
  /** SHA-256 of the list that came with the snapshot, as it was restored; null: there is none. */
  readonly list: string | null
  /** How many files were held against the list. */
  readonly files: number
  /** Those that are not as the list says; at most the first thousand. */
  readonly differing: readonly { readonly path: string; readonly how: 'missing' | 'changed' | 'unexpected' }[]
  /** How many such files there are. */
  readonly differ: number
}

export type DifferenceCode =
  | 'TABLE_MISSING'
  | 'TABLE_UNEXPECTED'
  | 'ROWS_DIFFER'
  | 'SUM_DIFFERS'
  | 'SEQUENCE_DIFFERS'
  | 'INVARIANT_DIFFERS'
  | 'DOCUMENTS_MISSING'
  | 'DOCUMENT_LIST_DIFFERS'
  | 'DOCUMENT_DIFFERS'

/** One thing that is not as the manifest says. */
export interface Difference {
  readonly code: DifferenceCode
  /** Name of the table, sequence, invariant or volume; of a document its volume and path. */
  readonly subject: string
  /** Null: there is none. */
  readonly wanted: string | null
  readonly found: string | null
}

/** Everything in which a restored copy differs from its manifest; empty: it is equal. */
export function compareWithManifest(manifest: Manifest, found: Found): Difference[] {
  return [
    ...compareTables(manifest.database.tables, found.tables),
    ...compareSequences(manifest.database.sequences, found.sequences),
    ...compareInvariants(manifest.invariants, found.invariants),
    ...manifest.documents.flatMap((wanted) =>
      compareDocuments(
        wanted,
        found.documents.find(({ volume }) => volume === wanted.volume),
      ),
    ),
  ]
}

const byName = <T extends { readonly name: string }>(items: readonly T[]) =>
  new Map(items.map((item) => [item.name, item]))

function compareTables(wanted: Found['tables'], found: Found['tables']): Difference[] {
  const there = byName(found)
  const known = byName(wanted)
  return [
    ...wanted.flatMap((table): Difference[] => {
      const { name, rows, sum } = table
      const other = there.get(name)
      if (!other) return [{ code: 'TABLE_MISSING', subject: name, wanted: String(rows), found: null }]
      if (other.rows !== rows)
        return [{ code: 'ROWS_DIFFER', subject: name, wanted: String(rows), found: String(other.rows) }]
      return other.sum === sum && other.method === table.method
        ? []
        : [{ code: 'SUM_DIFFERS', subject: name, wanted: sum, found: other.sum }]
    }),
    ...found
      .filter(({ name }) => !known.has(name))
      .map(({ name, rows }) => ({
        code: 'TABLE_UNEXPECTED' as const,
        subject: name,
        wanted: null,
        found: String(rows),
      })),
  ]
}

function compareSequences(wanted: Found['sequences'], found: Found['sequences']): Difference[] {
  const there = byName(found)
  return wanted.flatMap(({ name, value }) => {
    const other = there.get(name)
    if (other && reached(other.value, value)) return []
    return [{ code: 'SEQUENCE_DIFFERS' as const, subject: name, wanted: value, found: other?.value ?? null }]
  })
}

/** Sequences go on while a dump is made: theirs are the values of the moment, or later ones, further from nought. */
function reached(found: string | null, wanted: string | null): boolean {
  if (found === wanted || wanted === null) return true
  if (found === null) return false
  const [is, was] = [BigInt(found), BigInt(wanted)]
  return was < 0n ? is <= was : is >= was
}

function compareInvariants(wanted: Found['invariants'], found: Found['invariants']): Difference[] {
  return Object.entries(wanted).flatMap(([subject, value]) => {
    const other = Object.hasOwn(found, subject) ? (found[subject] ?? null) : null
    return other === value ? [] : [{ code: 'INVARIANT_DIFFERS' as const, subject, wanted: value, found: other }]
  })
}

function compareDocuments(wanted: Manifest['documents'][number], found: FoundDocuments | undefined): Difference[] {
  const { volume, list, files } = wanted
  if (!found) return [{ code: 'DOCUMENTS_MISSING', subject: volume, wanted: String(files), found: null }]
  // A list that is another one proves nothing about the documents.
  if (found.list !== list) return [{ code: 'DOCUMENT_LIST_DIFFERS', subject: volume, wanted: list, found: found.list }]
  return found.differing.map(({ path, how }) => ({
    code: 'DOCUMENT_DIFFERS',
    subject: `${volume}/${path}`,
    wanted: how === 'unexpected' ? null : 'as listed',
    found: how === 'missing' ? null : how,
  }))
}

/** The figures of a proof: what was held against the manifest, and how many of it differ. */
export function figuresOf(
  manifest: Manifest,
  found: Found,
  differences: readonly Difference[],
): { tables: Compared; rows: number; sequences: Compared; invariants: Compared; documents: Compared } {
  const count = (...codes: readonly DifferenceCode[]) => differences.filter(({ code }) => codes.includes(code)).length
  const { tables, sequences } = manifest.database
  const documents = found.documents.reduce((sum, { files }) => sum + files, 0)
  return {
    tables: {
      compared: tables.length,
      differ: count('TABLE_MISSING', 'TABLE_UNEXPECTED', 'ROWS_DIFFER', 'SUM_DIFFERS'),
    },
    rows: found.tables.reduce((sum, { rows }) => sum + rows, 0),
    sequences: { compared: sequences.length, differ: count('SEQUENCE_DIFFERS') },
    invariants: { compared: Object.keys(manifest.invariants).length, differ: count('INVARIANT_DIFFERS') },
    documents: {
      compared: documents,
      differ:
        found.documents.reduce((sum, { differ }) => sum + differ, 0) +
        count('DOCUMENTS_MISSING', 'DOCUMENT_LIST_DIFFERS'),
    },
  }
}

/** One sentence for a person. @param titles of invariants, by name */
export function differenceText(
  { code, subject, wanted, found }: Difference,
  titles: Readonly<Record<string, string>> = {},
): string {
  const had = (value: string | null) => value ?? 'none'
  switch (code) {
    case 'TABLE_MISSING':
      return `The table ${subject} is missing; the snapshot had it with ${wanted} rows.`
    case 'TABLE_UNEXPECTED':
      return `The table ${subject} is there with ${found} rows, and the snapshot had none of that name.`
    case 'ROWS_DIFFER':
      return `The table ${subject} has ${found} rows; the snapshot had ${wanted}.`
    case 'SUM_DIFFERS':
      return `Rows of the table ${subject} are not what they were: as many, with another sum.`
    case 'SEQUENCE_DIFFERS':
      return `The sequence ${subject} stands at ${had(found)}; in the snapshot it stood at ${had(wanted)}.`
    case 'INVARIANT_DIFFERS':
      return `${titles[subject] ?? subject}: ${found ?? 'no answer'}; in the snapshot it was ${had(wanted)}.`
    case 'DOCUMENTS_MISSING':
      return `The documents of ${subject} are missing; there were ${wanted} files.`
    case 'DOCUMENT_LIST_DIFFERS':
      return `The list of documents of ${subject} is not the one that the manifest names.`
    case 'DOCUMENT_DIFFERS':
      return found === null ? `The document ${subject} is missing.` : `The document ${subject} is ${found}.`
  }
}
