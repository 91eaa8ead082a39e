import { type Timed, waitUntilHealthy } from '@domicile/stacks/apply'
import type { ContainerSpec } from '@domicile/stacks/plan'
import { serviceOf } from '../commands/logs.ts'
import type { Appliance } from './appliance.ts'

/** The containers meant: one service, or all in start order. */
export const meant = ({ blueprint }: Appliance, service: string | undefined): readonly ContainerSpec[] =>
  service ? [serviceOf(blueprint.containers, service)] : blueprint.containers

/** Starts in order, each healthy before the next. */
export async function startAll(
  { engine }: Appliance,
  containers: readonly ContainerSpec[],
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Timed[]> {
  const times: Timed[] = []
  for (const { name, service } of containers) {
    const began = performance.now()
    await engine.startContainer(name)
    await waitUntilHealthy(engine, name, service, { say: () => undefined, signal })
    times.push({ title: `Start ${service}`, seconds: (performance.now() - began) / 1000 })
    say(`started ${service}`)
  }
  return times
}

/** Stops in the opposite order. The engine leaves a container that was stopped on purpose stopped after a reboot. */
export async function stopAll(
  { engine }: Appliance,
  containers: readonly ContainerSpec[],
  say: (text: string) => void,
): Promise<Timed[]> {
  const times: Timed[] = []
  for (const { name, service, stopSeconds } of containers.toReversed()) {
    const began = performance.now()
    await engine.stopContainer(name, stopSeconds)
    times.push({ title: `Stop ${service}`, seconds: (performance.now() - began) / 1000 })
    say(`stopped ${service}`)
  }
  return times
}
