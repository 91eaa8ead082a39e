import {
  databaseHandlers,
  type Engine,
  engineHandlers,
  hostHandlers,
  Journal,
  runOperation,
  type Stage,
  type Timed,
  writeDurably,
} from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type Blueprint, type HostFile, installSteps, layoutOf, type Step } from '@domicile/stacks/plan'
import type { OpenRelease } from '@domicile/stacks/release'
import type { Stack } from '@domicile/stacks/stack'
import { blueprintOf, measureHost } from '../appliance/appliance.ts'
import { appendToTrail } from '../appliance/audit-trail.ts'
import { removeButBackups } from '../appliance/folders.ts'
import { imagesOfOthers } from '../appliance/images.ts'
import { journalPath, type StateRecord, stateFile, type WantedRecord, wantedFile } from '../appliance/records.ts'
import { reachableHandler } from '../facts/reachable.ts'
import { unitsHandler, wantedUnits } from '../helper/systemd.ts'
import type { Earlier } from './prepare.ts'

/** Everything an installation is made of, decided before anything is changed. */
export interface Installation {
  readonly blueprint: Blueprint
  readonly steps: readonly Step[]
  readonly state: StateRecord
}

/** Pure but for the measure of the host. */
export function planInstallation(
  release: OpenRelease,
  stack: Stack,
  wanted: WantedRecord,
  earlier: Earlier,
): Installation {
  const { manifest } = release
  const state: StateRecord = {
    format: 1,
    name: wanted.name,
    status: 'installing',
    overKeptData: earlier.state?.status === 'kept' || earlier.state?.overKeptData === true,
    release: {
      name: manifest.name,
      title: manifest.title,
      version: manifest.version,
      date: manifest.date,
      sequence: manifest.sequence,
    },
    trust: release.trust,
    images: manifest.images.map(({ role, reference, digest, layers }) => ({ role, reference, digest, layers })),
    host: earlier.state?.host ?? measureHost(),
    volumes: earlier.state?.volumes ?? {},
    installedAt: null,
  }
  const blueprint = blueprintOf(wanted, state, stack)
  const records = [wantedFile(wanted), stateFile(state), ...releaseFiles(wanted.name, release)]
  const healthPath = stack.manifest.gateway.health
  const units = wantedUnits(wanted.name)
  return { blueprint, state, steps: installSteps({ blueprint, images: state.images, records, healthPath, units }) }
}

/** The release without its images, kept on the host: the stack, what was signed, the lists of contents. */
const releaseFiles = (name: string, release: OpenRelease): HostFile[] =>
  [...release.files].map(([path, content]) => ({
    path: `${layoutOf(name).lib}/release/${path}`,
    content: content.toString('utf8'),
    mode: 0o644,
    uid: 0,
    gid: 0,
  }))

export interface InstallTools {
  readonly engine: Engine
  readonly stage: Stage
  readonly signal: AbortSignal
  readonly now: () => Date
}

/**
 * Carries the plan out, or on, and writes down that it is done. After a complete undo of a first installation nothing
 * is left of it, journal and folders included.
 */
export async function carryOut(
  { blueprint, steps, state }: Installation,
  release: OpenRelease,
  earlier: Earlier,
  tools: InstallTools,
): Promise<Timed[]> {
  const { engine, stage, signal, now } = tools
  const { name } = blueprint
  const handlers = {
    ...hostHandlers(),
    ...engineHandlers(engine, async () => release.openImages(), await imagesOfOthers(name)),
    ...databaseHandlers(engine),
    reachable: reachableHandler(blueprint),
    units: unitsHandler(),
  }
  const subject = `${state.release.name} ${state.release.version}`
  await writeDurably(stateFile(state)).catch(async (error) => {
    if (!earlier.state) await removeButBackups(name)
    throw error
  })
  try {
    appendToTrail(name, { at: now().toISOString(), what: `install ${subject}`, event: 'begin' })
    const journal = new Journal(journalPath(name))
    const times = await runOperation(
      { name: 'install', subject, steps, undo: true },
      { journal, handlers, stage, signal, now },
    )
    await writeDurably(
      stateFile({
        ...state,
        status: 'installed',
        overKeptData: false,
        installedAt: earlier.state?.installedAt ?? now().toISOString(),
      }),
    )
    appendToTrail(name, {
      at: now().toISOString(),
      what: `install ${subject}`,
      event: 'end',
      result: 'installed',
      exitCode: 0,
    })
    return times
  } catch (error) {
    const { exitCode = ExitCode.Failed, message = '' } = error as Partial<UserError>
    if (exitCode === ExitCode.RolledBack) await forget(name, state, earlier)
    appendToTrail(name, {
      at: now().toISOString(),
      what: `install ${subject}`,
      event: 'end',
      result: message.split('\n')[0] ?? '',
      exitCode,
    })
    throw error
  }
}

/** Removes what an undone installation leaves of itself; where data had been kept, the records of that come back. */
async function forget(name: string, state: StateRecord, earlier: Earlier): Promise<void> {
  if (!state.overKeptData) return removeButBackups(name)
  const kept = earlier.state?.status === 'kept' ? earlier.state : { ...state, overKeptData: false }
  await writeDurably(stateFile({ ...kept, status: 'kept' }))
}

/** @throws UserError ALREADY_INSTALLED (3) when another version is there; that is what `upgrade` is for */
export function refuseOther({ state }: Earlier, release: OpenRelease): 'fresh' | 'resume' | 'same' {
  const { name, version } = release.manifest
  if (!state) return 'fresh'
  // Kept data belongs to the version that wrote it; nothing here migrates it.
  if (state.release.name !== name || state.release.version !== version) throw other(state, `${name} ${version}`)
  if (state.status === 'kept') return 'fresh'
  return state.status === 'installed' ? 'same' : 'resume'
}

const STATUS = { installed: '', installing: ', half installed', kept: ', of which the data was kept' } as const

const other = (state: StateRecord, wanted: string) =>
  new UserError(
    `The appliance “${state.name}” on this host is ${state.release.name} ${state.release.version}${STATUS[state.status]}; this release is ${wanted}.`,
    {
      code: 'ALREADY_INSTALLED',
      hint: `To install it beside, choose another --name and other ports. To start over: domicile uninstall --name ${state.name}`,
      exitCode: ExitCode.Refused,
    },
  )
