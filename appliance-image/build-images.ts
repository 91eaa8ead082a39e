import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { $, which } from 'zx'
import { stageAgent } from './bundle-agent.ts'
import manifest from './package.json' with { type: 'json' }

/** The system images, parents first. */
export const IMAGES = ['base', 'postgres', 'gateway', 'agent', 'backup'] as const
export type ImageName = (typeof IMAGES)[number]
type DerivedImage = Exclude<ImageName, 'base'>

const parentOf = (name: DerivedImage): ImageName => (name === 'backup' ? 'postgres' : 'base')

export type BuildOptions = {
  /** Which to build; all when absent. */
  only?: readonly ImageName[] | undefined
  /** A Debian 13 image to start from, for a host that has one; mmdebstrap makes one otherwise. */
  base?: string | undefined
  /** Build even what is up to date: takes the newest Debian packages. */
  fresh?: boolean | undefined
  /** Told what happens, a line at a time. */
  report?: (line: string) => void
}

export type BuiltImage = { image: string; changed: boolean; seconds: number }

/** Holds the digest of everything an image was made from; equal digests make building unnecessary. */
const INPUT_LABEL = 'domicile.input'

const here = import.meta.dirname
const shell = $({ quiet: true })

export const imageReference = (name: ImageName) => `domicile/${name}:${manifest.version}`

/**
 * Brings the system images up to date.
 * @throws Error when mmdebstrap is needed and missing, or a build fails; the message holds what the builder said.
 */
export async function buildImages({ only = IMAGES, base, fresh = false, report = () => {} }: BuildOptions = {}) {
  const built: BuiltImage[] = []
  for (const name of IMAGES.filter((image) => only.includes(image))) {
    const started = performance.now()
    const image = imageReference(name)
    const changed = name === 'base' ? await buildBase(base, fresh) : await buildDerived(name, fresh)
    const seconds = Math.round((performance.now() - started) / 100) / 10
    report(`${image} ${changed ? `built in ${seconds} s` : 'is up to date'}`)
    built.push({ image, changed, seconds })
  }
  return built
}

async function buildBase(debian: string | undefined, fresh: boolean) {
  const context = join(here, 'base')
  const origin = debian === undefined ? 'mmdebstrap' : await identity(debian)
  if (debian !== undefined && origin === undefined)
    throw new Error(`There is no image ${debian} on this host. Load or pull it first.`)
  const input = digest([origin ?? '', await digestOfFolder(context)])
  if (!fresh && input === (await inputOf('base'))) return false
  if (debian !== undefined) await dockerBuild({ name: 'base', context, input, fresh, arguments: { DEBIAN: debian } })
  else await importRootfs(context, input)
  return true
}

async function buildDerived(name: DerivedImage, fresh: boolean) {
  const context = name === 'agent' ? await stageAgent() : join(here, name)
  const parent = imageReference(parentOf(name))
  const origin = await identity(parent)
  if (origin === undefined) throw new Error(`${parent} is not there yet; build it first.`)
  const input = digest([origin, await digestOfFolder(context)])
  if (!fresh && input === (await inputOf(name))) return false
  await dockerBuild({ name, context, input, fresh, arguments: { BASE: parent } })
  return true
}

async function importRootfs(context: string, input: string) {
  if ((await which('mmdebstrap', { nothrow: true })) === null) {
    throw new Error(
      'mmdebstrap is missing. Install it with "apt-get install mmdebstrap", or bring a Debian 13 image with --base.',
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'domicile-base-'))
  const tar = join(folder, 'rootfs.tar')
  const config = [
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'ENV LANG=C.UTF-8',
    'CMD ["bash"]',
    `LABEL ${INPUT_LABEL}=${input}`,
  ].flatMap((change) => ['--change', change])
  try {
    await shell`${join(context, 'make-rootfs')} ${tar}`
    await shell`docker import ${config} ${tar} ${imageReference('base')}`
  } finally {
    await rm(folder, { recursive: true })
  }
}

type DockerBuild = {
  name: ImageName
  context: string
  input: string
  fresh: boolean
  arguments: Record<string, string>
}

async function dockerBuild({ name, context, input, fresh, arguments: values }: DockerBuild) {
  const given = Object.entries(values).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`])
  const options = [...given, ...(fresh ? ['--no-cache'] : []), '--label', `${INPUT_LABEL}=${input}`]
  await shell({ env: await builderEnvironment() })`docker build ${options} --tag ${imageReference(name)} ${context}`
}

/** The classic builder where BuildKit's client part is missing, as on a plain Debian. */
async function builderEnvironment(): Promise<NodeJS.ProcessEnv> {
  const buildx = await shell({ nothrow: true })`docker buildx version`
  return buildx.exitCode === 0 ? process.env : { ...process.env, DOCKER_BUILDKIT: '0' }
}

/** What makes an image the image it is: its layers and configuration. Two builds with equal content are the same parent. */
async function identity(image: string): Promise<string | undefined> {
  const found = await shell({
    nothrow: true,
  })`docker image inspect --format ${'{{json .RootFS.Layers}} {{json .Config}}'} ${image}`
  return found.exitCode === 0 ? found.stdout : undefined
}

async function inputOf(name: ImageName): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${INPUT_LABEL}"}}`
  const found = await shell({ nothrow: true })`docker image inspect --format ${format} ${imageReference(name)}`
  return found.exitCode === 0 ? found.stdout.trim() : undefined
}

const digest = (parts: readonly (string | Buffer)[]) =>
  parts.reduce((hash, part) => hash.update(part).update('\0'), createHash('sha256')).digest('hex')

/** A digest of the names, modes and contents of all files below a folder, our tests aside. */
async function digestOfFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const parts = paths.map(async (path) => [
    relative(folder, path),
    ((await stat(path)).mode & 0o777).toString(8),
    await readFile(path),
  ])
  return digest((await Promise.all(parts)).flat())
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, base: { type: 'string' }, fresh: { type: 'boolean' } },
  })
  const wanted = values.only?.split(',')
  const unknown = wanted?.filter((name) => !IMAGES.includes(name as ImageName)) ?? []
  try {
    if (unknown.length > 0) throw new Error(`There is no image ${unknown.join(', ')}; there are ${IMAGES.join(', ')}.`)
    await buildImages({ ...values, only: wanted as ImageName[] | undefined, report: (line) => console.error(line) })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
