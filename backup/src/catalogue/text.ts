import { BackupRefusal } from '../refusal.ts'
import { type Snapshot, snapshotSchema } from '../snapshot/index.ts'

/** Ten snapshots a day for more than twenty years; more than this is no catalogue. */
const MOST_SNAPSHOTS = 100_000
const LONGEST_LINE = 8_000

/**
 * Snapshots of a catalogue, oldest first: one JSON document a line.
 * @throws BackupRefusal CATALOGUE_BROKEN (unverified), which names the line
 */
export function parseCatalogue(text: string): Snapshot[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (lines.length > MOST_SNAPSHOTS) throw broken(MOST_SNAPSHOTS + 1, `there are more than ${MOST_SNAPSHOTS}`)
  const runs = new Set<string>()
  const snapshots = lines.map((line, index) => {
    const snapshot = parseLine(line, index + 1)
    if (runs.has(snapshot.run)) throw broken(index + 1, `${snapshot.run} is in it twice`)
    runs.add(snapshot.run)
    return snapshot
  })
  return inOrder(snapshots)
}

/** What can still be read of a catalogue, whatever became of the rest of it: the first of each run, oldest first. */
export function readableIn(text: string): Snapshot[] {
  const found = new Map<string, Snapshot>()
  for (const line of text.split('\n').slice(0, MOST_SNAPSHOTS)) {
    const snapshot = readable(line)
    if (snapshot && !found.has(snapshot.run)) found.set(snapshot.run, snapshot)
  }
  return inOrder([...found.values()])
}

function readable(line: string): Snapshot | undefined {
  try {
    return parseLine(line, 0)
  } catch {
    return undefined
  }
}

/** One line of JSON for each, oldest first; `parseCatalogue` reads it back. */
export const catalogueText = (snapshots: readonly Snapshot[]): string =>
  inOrder(snapshots)
    .map((snapshot) => `${JSON.stringify(snapshot)}\n`)
    .join('')

/** Oldest first; two of one moment by their run ids, so that the order is always the same. */
export const inOrder = (snapshots: readonly Snapshot[]): Snapshot[] =>
  snapshots
    .map((snapshot) => ({ snapshot, at: Date.parse(snapshot.at) }))
    .sort((a, b) => a.at - b.at || (a.snapshot.run < b.snapshot.run ? -1 : 1))
    .map(({ snapshot }) => snapshot)

function parseLine(line: string, number: number): Snapshot {
  if (line.length > LONGEST_LINE) throw broken(number, `it is longer than ${LONGEST_LINE} characters`)
  const read = snapshotSchema.safeParse(decoded(line, number))
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw broken(number, `${issue?.path.join('.') || 'it'} is not as it must be`, read.error)
}

function decoded(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw broken(number, 'it is not JSON', error)
  }
}

const broken = (line: number, why: string, cause?: unknown) =>
  new BackupRefusal(`The catalogue of snapshots is broken in line ${line}: ${why}.`, {
    code: 'CATALOGUE_BROKEN',
    hint: 'The snapshots themselves are elsewhere. Run `domicile backup list --refresh`: it writes the catalogue anew from the repository.',
    kind: 'unverified',
    cause,
  })
