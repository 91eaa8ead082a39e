import type { HostFile } from '@domicile/stacks/plan'
import { type Blueprint, installSteps, layoutOf, type Step } from '@domicile/stacks/plan'
import { type PublicKey, pinKey } from '@domicile/stacks/release'
import { type Appliance, blueprintOf } from '../../appliance/appliance.ts'
import { type StateRecord, scratchMark, stateFile, type WantedRecord, wantedFile } from '../../appliance/records.ts'

/** Sized for a small host whatever the real one is: it holds one visitor. */
const MEMORY_BYTES = 2 * 2 ** 30

/** The images are there, the database is copied, and whether anybody gets in depends on the standing. */
const LEFT_OUT = ['images', 'initialize', 'reachable']

/** An appliance's name has 31 characters at most. */
export const scratchName = (name: string): string => `${name.slice(0, 22)}-selftest`

export interface Place {
  readonly ports: { readonly http: number; readonly https: number }
  readonly subnets: { readonly internal: string; readonly edge: string }
}

export interface ScratchPlan {
  readonly name: string
  readonly blueprint: Blueprint
  /** Tells everybody what the folder is; written before anything else. */
  readonly mark: HostFile
  readonly steps: readonly Step[]
}

/**
 * A second appliance with the images and settings of the first: planned by the same code and set up by the same steps,
 * but that its database is copied instead of initialised, that it trusts one throw-away key, that only this host reaches
 * it, and that nothing in it has a way out: the copy of somebody's data must not write to that somebody's customers.
 */
export function planScratch({ name: original, wanted, state, stack }: Appliance, key: PublicKey, place: Place) {
  const name = scratchName(original)
  const record: WantedRecord = {
    ...wanted,
    name,
    ports: { address: '127.0.0.1', ...place.ports },
    subnets: place.subnets,
    tls: { mode: 'internal' },
    // Nobody wants a copy of a copy; without a helper there are no snapshots of it either.
    backup: { pointInTime: 'off' },
    accepted: [],
  }
  const scratch: StateRecord = {
    ...state,
    name,
    status: 'installing',
    overKeptData: false,
    trust: pinKey(key),
    host: { ...state.host, memoryBytes: Math.min(state.host.memoryBytes, MEMORY_BYTES) },
    volumes: {},
    installedAt: null,
  }
  const closed = { ...stack, manifest: { ...stack.manifest, egress: [] } }
  const blueprint = blueprintOf(record, scratch, closed)
  const records = [stateFile(scratch), wantedFile(record)]
  const parts = { blueprint, images: scratch.images, records, healthPath: stack.manifest.gateway.health }
  const steps = installSteps(parts).flatMap((step) => {
    if (LEFT_OUT.includes(step.id)) return []
    return step.id === 'grants' ? [copyStep(blueprint), step] : [step]
  })
  const mark = { path: scratchMark(name), content: `${original}\n`, mode: 0o644, uid: 0, gid: 0 }
  return { name, blueprint, mark, steps } satisfies ScratchPlan
}

/** In the place of the step that fills a new database, and of its kind. */
function copyStep({ containers: [postgres], database }: Blueprint): Step {
  if (!postgres) throw new Error('a blueprint starts with postgres')
  return {
    id: 'copy',
    title: 'Copy the database',
    action: { kind: 'initialize', postgres: postgres.name, database, job: postgres },
  }
}

/** Documents stay where they are: what is proven needs none of them, and they may be many. */
export const volumesLeftOut = ({ stack }: Pick<Appliance, 'stack'>): readonly string[] => stack.compose.volumes

export const libOf = (name: string) => layoutOf(name).lib
