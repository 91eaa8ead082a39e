import { BackupRefusal } from '@domicile/backup/refusal'
import type { Appliance } from '../../../appliance/appliance.ts'
import type { RestorePlan } from '../plan.ts'
import type { RestoreTools } from '../restore.ts'
import { writeDump } from './database.ts'
import { takeDocuments } from './documents.ts'
import { tablesNamed, takeTables } from './tables.ts'

export const PARTS = ['table', 'documents', 'database'] as const

/** A part of a snapshot that is put beside, and never in the place of what runs. */
export interface PartWanted {
  readonly only: (typeof PARTS)[number]
  /** Of tables, or paths of documents. */
  readonly names: readonly string[]
  readonly into: string | undefined
  readonly to: string | undefined
}

export interface Taken {
  /** The database, the folder or the file. */
  readonly place: string
  readonly items: readonly string[]
  /** For a person: where it is and what may be done with it. */
  readonly said: string
}

/** @throws BackupRefusal USAGE when what is needed was not said; and what each part throws */
export async function takePart(
  appliance: Appliance,
  plan: RestorePlan,
  { only, names, into, to }: PartWanted,
  { stage, engine, signal }: RestoreTools,
): Promise<Taken> {
  if (plan.instant) throw usage('A part is taken from a snapshot, not of a moment between two.', 'Leave --at away.')
  const { snapshot, manifest } = plan
  const shown = async <T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> => {
    const results: T[] = []
    await stage.show({ title }, async (say) => void results.push(await work(say)))
    return results[0] as T
  }
  if (only === 'table') {
    if (!into || names.length === 0)
      throw usage(
        'Which tables and where to was not said.',
        'domicile restore --latest --only table NAME… --into DATABASE',
      )
    const tables = tablesNamed(names, manifest)
    await shown(`Put ${tables.join(', ')} into ${into}`, (say) =>
      takeTables(appliance, plan, { tables, into }, { engine, signal, say }),
    )
    return { place: into, items: tables, said: tablesText(appliance, into, tables) }
  }
  if (!to) throw usage('Where to was not said.', `domicile restore --latest --only ${only} --to PLACE`)
  if (only === 'documents') {
    const items = await shown('Restore the documents', (say) =>
      takeDocuments(appliance, snapshot, manifest, names, to, { engine, signal, say }),
    )
    return { place: to, items, said: `The documents are in ${to}, with owners and modes as they were.` }
  }
  const path = await shown('Write the dump', (say) =>
    writeDump(appliance, snapshot, manifest, to, { engine, signal, say }),
  )
  return { place: path, items: [], said: `${path} is plain SQL for psql and an empty database; only root can read it.` }
}

const tablesText = ({ name, blueprint }: Appliance, into: string, tables: readonly string[]) =>
  `${tables.join(', ')} ${tables.length === 1 ? 'is' : 'are'} in the database ${into}, beside the application’s; its other tables are there without rows. Look into it:

  docker exec -it -u 70 ${blueprint.containers[0]?.name ?? name} psql ${into}

When it is not needed any more:  DROP DATABASE ${into};`

const usage = (message: string, hint: string) => new BackupRefusal(message, { code: 'USAGE', hint, kind: 'usage' })
