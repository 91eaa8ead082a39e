import { UserError } from '../kernel/index.ts'
import { APPLIANCE_LABEL, type Blueprint } from '../plan/index.ts'
import type { Engine } from './engine.ts'

type Kind = 'container' | 'network' | 'volume'

interface Labelled {
  readonly labels: Readonly<Record<string, string>>
}

/** Names prove nothing: a Compose project called like the appliance gives its things the very same ones. The label does. */
export const isOurs = ({ labels }: Labelled, appliance: string): boolean => labels[APPLIANCE_LABEL] === appliance

/** The appliance that a wanted thing is for. */
export const ownerOf = ({ labels }: Labelled): string => labels[APPLIANCE_LABEL] ?? ''

/** @throws UserError NAME_TAKEN (3) when something of that name is there and belongs to somebody else */
export function refuseForeign(kind: Kind, name: string, found: Labelled | undefined, appliance: string): void {
  if (!found || isOurs(found, appliance)) return
  throw new UserError(`The ${kind} ${name} exists and does not belong to the appliance “${appliance}”.`, {
    code: 'NAME_TAKEN',
    hint: `It is left untouched. Look what it is (docker ${kind} inspect ${name}); install under another --name, or remove it when you are sure that nobody needs it.`,
  })
}

/** @throws UserError NAME_TAKEN (3) for the first name that somebody else has; to be asked before anything is changed */
export async function refuseForeignNames(
  { name, containers, networks, volumes }: Blueprint,
  engine: Pick<Engine, 'findContainer' | 'findNetwork' | 'findVolume'>,
): Promise<void> {
  for (const container of containers)
    refuseForeign('container', container.name, await engine.findContainer(container.name), name)
  for (const network of networks) refuseForeign('network', network.name, await engine.findNetwork(network.name), name)
  for (const volume of volumes) refuseForeign('volume', volume.name, await engine.findVolume(volume.name), name)
}

/** Removes a container of the appliance; one of somebody else, or none, is left as it is. */
export async function removeOwnContainer(engine: Engine, name: string, appliance: string): Promise<void> {
  const found = await engine.findContainer(name)
  if (found && isOurs(found, appliance)) await engine.removeContainer(name)
}
