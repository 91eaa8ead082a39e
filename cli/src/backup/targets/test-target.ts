import { randomBytes } from 'node:crypto'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Target } from '@domicile/backup/targets'
import type { Appliance } from '../../appliance/appliance.ts'
import { type Archive, OWN_ARCHIVE } from '../archive.ts'
import { openCopy } from './open-copy.ts'
import { changeState } from './state.ts'
import { accessTo, presentLabel, type TargetTools, withTarget } from './target-room.ts'

export interface TargetTest {
  readonly target: string
  readonly label: string | null
  /** What was written can be listed and read back, always true: else it throws. */
  readonly writable: boolean
  /** What was written could not be removed: whoever breaks into this host cannot destroy the second copy. */
  readonly appendOnly: boolean
  readonly seconds: number
}

const PROBE_TAG = 'probe'
const PROBE_FILE = 'probe.txt'

/**
 * Writes a few bytes as a snapshot of their own, finds and reads them, and tries to remove them. Begins the repository when
 * there is none yet. The caller holds the backup lock.
 * @throws BackupRefusal with what the place refused; SECOND_COPY_GONE, PROBE_CHANGED
 */
export async function testTarget(
  appliance: Pick<Appliance, 'name' | 'state'>,
  target: Target,
  tools: TargetTools & { readonly now: () => Date },
): Promise<TargetTest> {
  const began = performance.now()
  const label = await presentLabel(target, tools)
  const appendOnly = await withTarget(
    appliance,
    accessTo(appliance.name, target),
    { withSource: true },
    tools,
    async (copy) => {
      await openCopy(copy, appliance.name, target, label, OWN_ARCHIVE)
      await probe(copy, appliance.name, tools.now())
      return !(await removable(copy))
    },
  )
  await changeState(appliance.name, target.name, () => ({ removable: !appendOnly, error: null }))
  const seconds = (performance.now() - began) / 1000
  return { target: target.name, label: label || null, writable: true, appendOnly, seconds }
}

async function probe(copy: Archive, host: string, at: Date): Promise<void> {
  const written = randomBytes(32).toString('hex')
  const { id } = await copy.backupCommand({ host, at, tags: [PROBE_TAG] }, PROBE_FILE, ['printf', '%s', written])
  const listed = (await copy.list()).some((snapshot) => snapshot.id === id)
  const read = listed ? await copy.readFile(id, `/${PROBE_FILE}`) : ''
  if (read === written) return
  throw new BackupRefusal('What was written to the second copy is not what it gives back.', {
    code: 'PROBE_CHANGED',
    hint: 'Do not use this place: look at its disk, or at what is between.',
    kind: 'unverified',
  })
}

/** Of this and of earlier tests; where nothing can be removed they stay, a few hundred bytes each. */
async function removable(copy: Archive): Promise<boolean> {
  const probes = (await copy.list()).filter(({ tags }) => tags.includes(PROBE_TAG)).map(({ id }) => id)
  await copy.unlock().catch(() => undefined)
  try {
    await copy.forget(probes)
    return true
  } catch (error) {
    const left = (await copy.list()).filter(({ tags }) => tags.includes(PROBE_TAG))
    if (left.length > 0) return false
    throw error
  }
}
