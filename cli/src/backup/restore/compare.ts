import { exactly, partPath } from '@domicile/backup/archive'
import { compareWithManifest, type Difference, differenceText, type FoundDocuments } from '@domicile/backup/proof'
import type { Volumes } from '@domicile/backup/restore'
import type { Manifest, Snapshot } from '@domicile/backup/snapshot'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { checkIndexes, readContent, readInvariants } from '../drill/contents.ts'
import { compareDocuments } from '../drill/documents.ts'
import { INSIDE } from '../drill/place.ts'
import { withSidePostgres } from '../side-postgres.ts'
import { type FillTools, type Place, postgresData, ROOMS, withDocuments } from './fill.ts'

/** As many as are named; the others are counted. */
const MOST_NAMED = 10

export interface Restored {
  readonly snapshot: Pick<Snapshot, 'run' | 'parts'>
  readonly manifest: Manifest
  /** The database is not as in the snapshot, but as it was at an instant: nobody wrote down what was in it then. */
  readonly instant: Date | null
  readonly volumes: Volumes
  /** Those of the side that runs. */
  readonly running: Volumes
}

/**
 * Holds what was restored against what was written down when the snapshot was made: tables, rows, sums, sequences, the
 * stack's invariants, and every document.
 * @throws UserError RESTORED_DIFFERS (4)
 */
export async function compareRestored(place: Place, restored: Restored, tools: FillTools): Promise<void> {
  const { manifest, instant } = restored
  const documents = await findDocuments(place, restored, tools)
  tools.say('comparing the database')
  const database = await findDatabase(place, restored, tools)
  // Of an instant there is nothing to compare with: what the recovery itself checks has to do, and the indexes.
  const wanted = instant ? { ...manifest, database: { ...manifest.database, ...database }, invariants: {} } : manifest
  const differences = compareWithManifest(wanted, { ...database, documents })
  if (differences.length > 0) throw differs(manifest.run, differences)
}

function findDatabase(
  { stack, ...place }: Place,
  { instant, volumes }: Restored,
  tools: FillTools,
): Promise<Pick<Parameters<typeof compareWithManifest>[1], 'tables' | 'sequences' | 'invariants'>> {
  const { database } = place.blueprint
  const side = { service: ROOMS.database, data: postgresData(volumes['postgres'] ?? '') }
  return withSidePostgres(place, side, tools, async (room) => {
    if (instant) {
      const damage = await checkIndexes(room, database)
      if (damage) throw damaged(damage)
      return { tables: [], sequences: [], invariants: {} }
    }
    const content = await readContent(tools.engine, room.container, database)
    return {
      ...content,
      invariants: await readInvariants(tools.engine, room.container, database, stack.manifest.backup),
    }
  })
}

async function findDocuments(
  place: Place,
  { snapshot: { parts }, manifest: { documents }, volumes }: Restored,
  tools: FillTools,
): Promise<FoundDocuments[]> {
  if (documents.length === 0) return []
  tools.say('comparing the documents')
  const access = { capabilities: [], readOnly: true }
  return withDocuments(place, documents, volumes, access, tools, async (archive, room) => {
    const lists = documents.map(({ volume }) => exactly(partPath('lists', volume)))
    await archive.restoreFiles(parts.files, lists, INSIDE)
    const found: FoundDocuments[] = []
    for (const wanted of documents) found.push(await compareDocuments(wanted, parts.manifest, archive, room))
    return found
  })
}

function differs(run: string, differences: readonly Difference[]): UserError {
  const lines = differences.slice(0, MOST_NAMED).map((difference) => `  ${differenceText(difference)}`)
  const more = differences.length - lines.length
  return new UserError(
    `What was restored of ${run} is not what was written down when it was made:\n${lines.join('\n')}${more > 0 ? `\n  and ${more} more` : ''}`,
    {
      code: 'RESTORED_DIFFERS',
      hint: 'What runs was not touched. Choose another snapshot (domicile backup list), and have the archive checked: domicile backup verify --all',
      exitCode: ExitCode.Unverified,
    },
  )
}

const damaged = (said: string) =>
  new UserError(`The recovered database is damaged:\n${said.slice(0, 2000)}`, {
    code: 'RESTORED_DIFFERS',
    hint: 'What runs was not touched. Choose another instant, or a snapshot: domicile backup list',
    exitCode: ExitCode.Unverified,
  })
