import { PARTS, type Run, runsOf } from '@domicile/backup/archive'
import type { Candidate } from '@domicile/backup/policy'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Target } from '@domicile/backup/targets'
import type { Appliance } from '../../appliance/appliance.ts'
import { Archive, OWN_ARCHIVE } from '../archive.ts'
import { readCatalogue } from '../catalogue.ts'
import { openCopy, unlocked } from './open-copy.ts'
import { changeState } from './state.ts'
import { readTargetState } from './store.ts'
import { accessTo, presentLabel, type TargetTools, withTarget } from './target-room.ts'

export interface SecondCopyTools extends TargetTools {
  readonly now: () => Date
  /** Runs that the policy removes: the same one as at home. */
  readonly expired: (snapshots: readonly Candidate[]) => readonly string[]
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
  return withTarget(appliance, accessTo(name, target), { withSource: true }, tools, async (copy, room, place) => {
    const found = runsOf(await openCopy(copy, name, target, label, OWN_ARCHIVE))
    const home = new Map(runsOf(await new Archive(room, OWN_ARCHIVE).list()).map((run) => [run.run, run]))
    const known = new Set(found.map(({ run }) => run))
    const others = madeElsewhere(found, home)
    if (others.length > 0) tools.say(notAlone(target.name, others))
    const missing = good.flatMap(({ run }) => (known.has(run) ? [] : (home.get(run) ?? []))).toReversed()
    const [newestMissing, ...older] = missing
    let there = found
    for (const runs of newestMissing ? [[newestMissing], older] : []) {
      if (runs.length === 0) continue
      tools.say(`copying ${runs.map(({ run }) => run).join(', ')} to ${target.name}`)
      await unlocked(copy, () => copyRuns(copy, runs, target.limitKiB ?? undefined))
      there = runsOf(await copy.list())
      await noteNewest(there, name, target.name, label)
    }
    const newest = await noteNewest(there, name, target.name, label)
    const removed = others.length > 0 ? [] : await retain(copy, there, name, target, tools)
    await requireWhole(new Archive(room, { ...place, readOnly: true }))
    return { target: target.name, label: label || null, copied: missing.map(({ run }) => run), removed, newest }
  })
}

/**
 * Runs of a copy that were made elsewhere since this host wrote there last: a host that was restored from it, or that was
 * restored and runs on, writes there as well. What one of the two removes the other may need, or be copying.
 */
export function madeElsewhere(
  there: readonly Pick<Run, 'run' | 'at'>[],
  home: { has(run: string): boolean },
): readonly string[] {
  const last = Math.max(...there.filter(({ run }) => home.has(run)).map(({ at }) => at.getTime()))
  return there.flatMap(({ run, at }) => (!home.has(run) && at.getTime() > last ? [run] : []))
}

const notAlone = (target: string, others: readonly string[]) =>
  `Warning: ${others.length} snapshots in ${target}, ${others.at(-1)} the newest, were made on another host since this one wrote there. Nothing is removed there from here. Only one host may copy there: give the other one a second copy of its own.`

/** The manifests go last there, too: without its own nothing half-copied is taken for a snapshot. */
async function copyRuns(copy: Archive, runs: readonly Run[], limit: number | undefined): Promise<void> {
  await copy.copyFrom(
    OWN_ARCHIVE,
    runs.flatMap(({ parts }) => [parts.database, parts.files]),
    limit,
  )
  await copy.copyFrom(
    OWN_ARCHIVE,
    runs.map(({ parts }) => parts.manifest),
    limit,
  )
}

async function noteNewest(there: readonly Run[], appliance: string, target: string, label: string) {
  const newest = there.at(-1)
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
async function retain(
  copy: Archive,
  runs: readonly Run[],
  appliance: string,
  target: Target,
  tools: SecondCopyTools,
): Promise<string[]> {
  const { removable } = await readTargetState(appliance, target.name)
  if (removable === false) return []
  // Holds and proofs come and go at home after a snapshot was copied.
  const known = new Map((await readCatalogue(appliance)).map((snapshot) => [snapshot.run, snapshot]))
  const candidates = runs.map(({ run, at, kind, refused, ...there }) => {
    const { hold, provenAt } = known.get(run) ?? { hold: there.hold, provenAt: null }
    return { run, at: at.toISOString(), kind, hold, refused, provenAt }
  })
  const doomed = new Set(tools.expired(candidates))
  const going = runs.filter(({ run }) => doomed.has(run))
  if (going.length === 0) return []
  // The engine's own calls of this run are over.
  await copy.unlock().catch(() => undefined)
  try {
    await copy.forget(going.flatMap(({ parts }) => PARTS.map((part) => parts[part])))
  } catch (error) {
    if (!(error instanceof BackupRefusal) || !KEEPS.includes(error.code) || removable) throw error
    tools.say(`${target.name} keeps what it has: nothing can be removed there from here`)
    await changeState(appliance, target.name, () => ({ removable: false }))
    return []
  }
  await copy.prune()
  await changeState(appliance, target.name, () => ({ removable: true }))
  return going.map(({ run }) => run)
}

/** How such a place answers: with what is still there, or with the locks that it keeps as well. */
const KEEPS = ['FORGET_REFUSED', 'ARCHIVE_LOCKED']

async function requireWhole(copy: Archive): Promise<void> {
  const { errors, complaints } = await copy.check('structure')
  if (errors === 0) return
  throw new BackupRefusal(`The second copy is damaged: ${errors} faults. ${complaints.slice(0, 3).join(' ')}`, {
    code: 'SECOND_COPY_DAMAGED',
    hint: 'The archive on this host is not affected. Look after the disk there; then begin a new copy at another place: domicile backup target add',
    kind: 'unverified',
  })
}
