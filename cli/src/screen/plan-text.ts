import type { Blueprint, Step } from '@domicile/stacks/plan'

/** The plan as a person reads it before agreeing: everything that will exist on the host, and how each step is undone. */
export function planText(blueprint: Blueprint, steps: readonly Step[]): string {
  const { containers, networks, volumes, url } = blueprint
  const lines = [
    `Address     ${url}`,
    ...networks.map(
      ({ name, subnet, internal }) =>
        `Network     ${name}  ${subnet}  ${internal ? 'closed: no way out' : 'published ports and what may go out'}`,
    ),
    ...volumes.map(({ name }) => `Volume      ${name}`),
    ...containers.map(({ name, imageReference, image, user, memoryBytes, ports }) => {
      const published = ports.map(({ address, host, container }) => `${address}:${host}->${container}`).join(' ')
      return `Container   ${name}  ${imageReference} (${image.slice(7, 19)})  user ${user ?? 'of the image'}  ${Math.round(memoryBytes / 2 ** 20)} MiB  ${published}`.trimEnd()
    }),
    ...steps.flatMap(({ action }) => paths(action)),
    'Units       none; the engine brings the containers back after a reboot',
    '',
    ...steps.map(
      ({ title, undo }, index) => `${String(index + 1).padStart(3)}. ${title}${undo ? `   (undo: ${undo})` : ''}`,
    ),
  ]
  return lines.join('\n')
}

function paths(action: Step['action']): string[] {
  if (action.kind === 'directories')
    return action.directories.map(({ path, mode }) => `Folder      ${path}  ${mode.toString(8)}`)
  if (action.kind === 'files') return action.files.map(({ path, mode }) => `File        ${path}  ${mode.toString(8)}`)
  if (action.kind === 'secrets')
    return action.secrets.map(({ path, uid }) => `Secret      ${path}  400, readable by user ${uid} alone`)
  return action.kind === 'images' ? action.images.map(({ reference }) => `Image       ${reference}`) : []
}
