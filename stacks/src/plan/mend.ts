import { UserError } from '../kernel/index.ts'
import type { Blueprint } from './blueprint.ts'
import {
  databaseStep,
  directoriesStep,
  filesStep,
  grantsStep,
  type ImageWanted,
  imagesStep,
  networkStep,
  type Step,
  secretsStep,
  startSteps,
  type UnitsWanted,
  unitsStep,
  volumeStep,
} from './steps.ts'

/** One difference between what is wanted and what runs, in words a person can check. */
export interface Difference {
  readonly kind:
    | 'image'
    | 'directory'
    | 'file'
    | 'secret'
    | 'network'
    | 'volume'
    | 'container'
    | 'postgres'
    | 'database'
    | 'units'
  /** Image reference, path, name of the network or volume, service, PostgreSQL setting, database or role, unit. */
  readonly subject: string
  readonly aspect: string
  readonly wanted: string
  readonly found: string
}

/** Volumes that the agent fills again by itself; all others hold data. */
const REFILLED = ['agent', 'tls']

/**
 * The steps that make what runs what is wanted, from `images` where the engine lost some. Containers that differ are replaced as a whole, in start order.
 * @throws UserError DATA_MISSING when a volume with data is gone: an empty one in its place would look like success
 */
export function mendSteps(
  blueprint: Blueprint,
  images: readonly ImageWanted[],
  differences: readonly Difference[],
  units?: UnitsWanted,
): Step[] {
  const subjects = (kind: Difference['kind']) =>
    new Set(differences.filter((difference) => difference.kind === kind).map(({ subject }) => subject))
  const [directories, files, secrets, networks, volumes, services, settings] = [
    subjects('directory'),
    subjects('file'),
    subjects('secret'),
    subjects('network'),
    subjects('volume'),
    subjects('container'),
    subjects('postgres'),
  ]
  refuseMissingData(blueprint, volumes)

  const replaced = blueprint.containers.filter(
    ({ service, networks: attached, mounts }) =>
      services.has(service) ||
      attached.some(({ network }) => networks.has(network)) ||
      mounts.some(({ source }) => [files, secrets, volumes].some((changed) => changed.has(source))),
  )
  const postgres = blueprint.containers[0]
  return [
    ...(subjects('image').size > 0 ? [imagesStep(images)] : []),
    ...(directories.size > 0
      ? [
          directoriesStep(
            `Make ${[...directories].join(', ')}`,
            blueprint.directories.filter(({ path }) => directories.has(path)),
          ),
        ]
      : []),
    ...filesSteps(blueprint.files, files),
    ...(secrets.size > 0 ? [secretsStep(blueprint.secrets.filter(({ path }) => secrets.has(path)))] : []),
    ...(postgres ? settingsSteps(postgres.name, [...settings]) : []),
    ...discardSteps(blueprint.name, replaced, differences),
    ...blueprint.networks.filter(({ name }) => networks.has(name)).map(networkStep),
    ...blueprint.volumes.filter(({ name }) => volumes.has(name)).map((volume) => volumeStep(volume, blueprint.name)),
    ...startSteps(replaced.filter((container) => container === postgres)),
    // A role has the password that its secret says.
    ...(postgres && (secrets.size > 0 || subjects('database').size > 0)
      ? [databaseStep(postgres.name, blueprint.database), grantsStep(postgres.name, blueprint.database)]
      : []),
    ...startSteps(replaced.filter((container) => container !== postgres)),
    ...(units && subjects('units').size > 0 ? [unitsStep(units)] : []),
  ]
}

const filesSteps = (files: Blueprint['files'], changed: ReadonlySet<string>): Step[] => {
  const title = `Write ${[...changed].join(', ')}`
  return changed.size === 0
    ? []
    : [
        filesStep(
          'configuration',
          title,
          files.filter(({ path }) => changed.has(path)),
        ),
      ]
}

const settingsSteps = (postgres: string, settings: readonly string[]): Step[] =>
  settings.length === 0
    ? []
    : [
        {
          id: 'postgres settings',
          title: `Take back ${settings.join(', ')} in PostgreSQL`,
          action: { kind: 'reset-settings', postgres, settings },
        },
      ]

/** Last started, first removed; what is gone already is not. */
const discardSteps = (
  appliance: string,
  replaced: Blueprint['containers'],
  differences: readonly Difference[],
): Step[] => {
  const isGone = (service: string) =>
    differences.some(
      ({ kind, subject, aspect }) => kind === 'container' && aspect === 'container' && subject === service,
    )
  return replaced
    .filter(({ service }) => !isGone(service))
    .toReversed()
    .map(({ name, service }) => ({
      id: `discard ${service}`,
      title: `Remove the container of ${service} that differs`,
      action: { kind: 'discard', container: name, appliance },
    }))
}

function refuseMissingData({ volumes }: Blueprint, missing: ReadonlySet<string>): void {
  const data = volumes.filter(({ key, name }) => missing.has(name) && !REFILLED.includes(key)).map(({ name }) => name)
  if (data.length === 0) return
  throw new UserError(
    `Volumes with data are missing: ${data.join(', ')}. Empty ones in their place would look like a healthy appliance.`,
    {
      code: 'DATA_MISSING',
      hint: 'Find out who removed them and bring the data back from a backup; `domicile uninstall` and `domicile install` begin anew without it.',
    },
  )
}
