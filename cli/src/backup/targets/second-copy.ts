import { PARTS, type Run, runsOf } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Snapshot } from '@domicile/backup/snapshot'
import type { Target, TargetState } from '@domicile/backup/targets'
import type { Appliance } from '../../appliance/appliance.ts'
import { Archive, OWN_ARCHIVE } from '../archive.ts'
import { readCatalogue } from '../catalogue.ts'
import { readTargetState, writeTargetState } from './store.ts'
import { accessTo, presentLabel, type TargetTools, withTarget } from './target-room.ts'

export interface SecondCopyTools extends TargetTools {
  readonly now: () => Date
  /** What the policy would remove of what is there: the same one as at home. */
  readonly expired: (snapshots: readonly Snapshot[]) => readonly Snapshot[]
  readonly say: (text: string) => void
}

export interface SecondCopy {
  readonly target: string
  /** Of the disk; null where there is but one. */
  readonly label: string | null
  readonly copied: readonly string[]
  readonly removed: readonly string[]
  /** The newest that is there whole. */
  readonly newest: { readonly run: string; readonly at: string } | null
  readonly seconds: number
}

/**
 * Brings a second copy up to what the archive has: everything good that is missing there, the newest first, so that after an
 * outage the shortest way to little loss comes first. What was begun and interrupted goes on where it stopped. Then removes
 * there what the policy removes, where that is possible, and checks what is there. The caller holds the backup lock.
 * @throws BackupRefusal what went wrong, which is then in the target's state, too; what was copied whole by then counts
 */
export async function secondCopy(
  appliance: Pick<Appliance, 'name' | 'state'>,
  target: Target,
  tools: SecondCopyTools,
): Promise<SecondCopy> {
  const began = performance.now()
  try {
    const outcome = await copyAll(appliance, target, tools)
    await changeState(appliance.name, target.name, () => ({ error: null, checkedAt: tools.now().toISOString() }))
    return { ...outcome, seconds: (performance.now() - began) / 1000 }
  } catch (error) {
    const { code = 'SECOND_COPY_FAILED', message } = error as { code?: string; message: string }
    const said = { code, message: message.slice(0, 1000), at: tools.now().toISOString() }
    await changeState(appliance.name, target.name, () => ({ error: said }))
    throw error
  }
}

async function copyAll(
  appliance: Pick<Appliance, 'name' | 'state'>,
  target: Target,
  tools: SecondCopyTools,
): Promise<Omit<SecondCopy, 'seconds'>> {
  const { name } = appliance
  const label = await presentLabel(target, tools)
  const good = (await readCatalogue(name)).filter(({ refused }) => refused === null)
  return withTarget(appliance, accessTo(name, target), { withSource: true }, tools, async (copy, room) => {
    await open(copy, name, target, label)
    const home = new Map(runsOf(await new Archive(room, OWN_ARCHIVE).list()).map((run) => [run.run, run]))
    const there = new Set(runsOf(await copy.list()).map(({ run }) => run))
    const missing = good.flatMap(({ run }) => (there.has(run) ? [] : (home.get(run) ?? []))).toReversed()
    const copied: string[] = []
    for (const run of missing) {
      tools.say(`copying ${run.run} to ${target.name} (${copied.length + 1} of ${missing.length})`)
      await copyRun(copy, run, target.limitKiB ?? undefined)
      copied.push(run.run)
      await noteNewest(copy, name, target.name, label)
    }
    const newest = await noteNewest(copy, name, target.name, label)
    const removed = await retain(copy, name, target, tools)
    await requireWhole(copy)
    return { target: target.name, label: label || null, copied, removed, newest }
  })
}

/**
 * Begins a repository only where none was ever begun: an empty place where one was is a disk that is not mounted, or a copy
 * that somebody removed.
 */
async function open(copy: Archive, appliance: string, target: Target, label: string): Promise<void> {
  const { begun } = await readTargetState(appliance, target.name)
  if (begun.includes(label)) {
    await copy.list().catch((error: unknown) => {
      throw error instanceof BackupRefusal && error.code === 'NO_ARCHIVE' ? gone(target) : error
    })
    return
  }
  await copy.ensure(OWN_ARCHIVE)
  await changeState(appliance, target.name, (state) => ({ begun: [...state.begun, label] }))
}

/** The manifest goes last there, too: without it nothing half-copied is taken for a snapshot. */
async function copyRun(copy: Archive, { parts }: Run, limit: number | undefined): Promise<void> {
  const [last, ...first] = PARTS.map((part) => parts[part]).toReversed()
  await copy.copyFrom(OWN_ARCHIVE, first.toReversed(), limit)
  if (last !== undefined) await copy.copyFrom(OWN_ARCHIVE, [last], limit)
}

async function noteNewest(copy: Archive, appliance: string, target: string, label: string) {
  const newest = runsOf(await copy.list()).at(-1)
  if (!newest) return null
  const last = { run: newest.run, at: newest.at.toISOString() }
  await changeState(appliance, target, ({ byLabel }) => ({
    last,
    byLabel: label ? { ...byLabel, [label]: last } : byLabel,
  }))
  return last
}

/**
 * The same policy over what is there. A place that keeps what it has says so by still having it, whatever its exit code:
 * then nothing was removed, and that is what such a place is for.
 */
async function retain(copy: Archive, appliance: string, target: Target, tools: SecondCopyTools): Promise<string[]> {
  const { removable } = await readTargetState(appliance, target.name)
  if (removable === false) return []
  const known = new Map((await readCatalogue(appliance)).map((snapshot) => [snapshot.run, snapshot]))
  const runs = runsOf(await copy.list())
  const doomed = new Set(tools.expired(runs.map((run) => asSnapshot(run, known.get(run.run)))).map(({ run }) => run))
  const going = runs.filter(({ run }) => doomed.has(run))
  if (going.length === 0) return []
  try {
    await copy.forget(going.flatMap(({ parts }) => PARTS.map((part) => parts[part])))
  } catch (error) {
    if (!(error instanceof BackupRefusal) || error.code !== 'FORGET_REFUSED') throw error
    tools.say(`${target.name} keeps what it has: nothing can be removed there from here`)
    await changeState(appliance, target.name, () => ({ removable: false }))
    return []
  }
  await copy.unlock()
  await copy.prune()
  await changeState(appliance, target.name, () => ({ removable: true }))
  return going.map(({ run }) => run)
}

/** What is only there any more is known by its tags alone. */
const asSnapshot = ({ run, at, kind, hold, refused, parts, added }: Run, known: Snapshot | undefined): Snapshot => ({
  ...{ run, at: at.toISOString(), kind, hold: known?.hold ?? hold, refused, parts },
  release: known?.release ?? { name: '', version: '' },
  manifest: known?.manifest ?? '0'.repeat(64),
  bytes: known?.bytes ?? { dump: 0, documents: 0, added },
  seconds: known?.seconds ?? 0,
  ...{ checkedAt: null, provenAt: known?.provenAt ?? null },
})

async function requireWhole(copy: Archive): Promise<void> {
  const { errors, complaints } = await copy.check('structure')
  if (errors === 0) return
  throw new BackupRefusal(`The second copy is damaged: ${errors} faults. ${complaints.slice(0, 3).join(' ')}`, {
    code: 'SECOND_COPY_DAMAGED',
    hint: 'The archive on this host is not affected. Look after the disk there; then begin a new copy at another place: domicile backup target add',
    kind: 'unverified',
  })
}

/** What is known of a target changes one fact at a time, and the rest stays. */
export async function changeState(
  appliance: string,
  target: string,
  change: (state: TargetState) => Partial<TargetState>,
): Promise<void> {
  const state = await readTargetState(appliance, target)
  await writeTargetState(appliance, target, { ...state, ...change(state) })
}

const gone = ({ name, url }: Target) =>
  new BackupRefusal(`The second copy “${name}” is gone: at ${url} is no archive any more.`, {
    code: 'SECOND_COPY_GONE',
    hint: `When a disk is mounted there, see that it is. When somebody removed it, begin anew: domicile backup target remove ${name}, then add it.`,
    kind: 'failed',
  })
