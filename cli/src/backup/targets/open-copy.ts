import type { ArchiveSnapshot, Place } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Target } from '@domicile/backup/targets'
import type { Archive } from '../archive.ts'
import { changeState } from './state.ts'
import { readTargetState } from './store.ts'

/**
 * Begins a repository only where none was ever begun: an empty place where one was is a disk that is not mounted, or a copy
 * that somebody removed.
 * @returns what is there, oldest first
 * @param like the archive it will be a copy of
 * @throws BackupRefusal SECOND_COPY_GONE
 */
export async function openCopy(
  copy: Archive,
  appliance: string,
  target: Target,
  label: string,
  like: Place,
): Promise<ArchiveSnapshot[]> {
  const { begun } = await readTargetState(appliance, target.name)
  if (begun.includes(label)) {
    return copy.list().catch((error: unknown) => {
      throw explained(error, target)
    })
  }
  await copy.ensure(like)
  await changeState(appliance, target.name, (state) => ({ begun: [...state.begun, label] }))
  return copy.list()
}

/** What locks it was left by a run that died: this one alone may work there now. */
export async function unlocked<T>(copy: Archive, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof BackupRefusal) || error.code !== 'ARCHIVE_LOCKED') throw error
    await copy.unlock().catch(() => undefined)
    return work()
  }
}

/** What the engine says of a place that is far away, in words that help. */
function explained(error: unknown, target: Target): unknown {
  if (!(error instanceof BackupRefusal)) return error
  const { name, url } = target
  if (error.code === 'NO_ARCHIVE') {
    return new BackupRefusal(`The second copy “${name}” is gone: at ${url} is no archive any more.`, {
      code: 'SECOND_COPY_GONE',
      hint: `When a disk is mounted there, see that it is. When somebody removed it, begin anew: domicile backup target remove ${name}, then add it.`,
      kind: 'failed',
      cause: error,
    })
  }
  return error
}
