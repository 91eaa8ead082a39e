import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { ImageInventory, NpmPackage, ReleaseImage } from '@domicile/stacks/release'
import type { Stack } from '@domicile/stacks/stack'
import { execa } from 'execa'

/** Builds run with the vendor’s own docker client: it is there, and it is what the vendor knows. */
const docker = (args: readonly string[]) => execa('docker', args, { env: { DOCKER_BUILDKIT: '0' } })

/** @throws UserError DOCKER_MISSING (3), ENGINE_DOWN (1) */
export async function requireDocker(): Promise<void> {
  const { failed, code, stderr } = await execa('docker', ['version'], { reject: false })
  if (code === 'ENOENT') {
    throw new UserError('Building a release needs the docker client, and this machine has none.', {
      code: 'DOCKER_MISSING',
      hint: 'Install it: apt-get install docker.io (Debian 12), docker-cli (Debian 13). Then: domicile host prepare',
    })
  }
  if (!failed) return
  throw new UserError(`Docker Engine does not answer: ${String(stderr).trim()}`, {
    code: 'ENGINE_DOWN',
    hint: 'Start it: domicile host prepare',
    exitCode: ExitCode.Failed,
  })
}

/** The parts that come with every appliance, whatever the stack. */
const SYSTEM_ROLES = ['postgres', 'gateway', 'agent', 'backup'] as const

/** Image reference by role: the stack’s services and the appliance’s own parts of this version of domicile. */
export function imageReferences({ compose }: Stack, version: string): Map<string, string> {
  const services = Object.entries(compose.services).map(([name, { image }]) => [name, image] as const)
  return new Map([...services, ...SYSTEM_ROLES.map((role) => [role, `domicile/${role}:${version}`] as const)])
}

/** Builds every image of the stack that has a `build` key, from its folder. */
export async function buildImages({ compose }: Stack, folder: string, say: (text: string) => void): Promise<void> {
  for (const { image, build } of Object.values(compose.services)) {
    if (!build) continue
    say(`building ${image} from ${build.context}`)
    const context = join(folder, build.context)
    const args = Object.entries(build.args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`])
    const result = await docker(['build', '-t', image, '-f', join(context, build.dockerfile), ...args, context]).catch(
      (error) => error,
    )
    if (result.exitCode !== 0) {
      throw new UserError(
        `The image ${image} cannot be built:\n${String(result.all ?? `${result.stdout}\n${result.stderr}`)
          .trim()
          .split('\n')
          .slice(-20)
          .join('\n')}`,
        {
          code: 'BUILD_FAILED',
          hint: `See the whole output with: docker build ${context}`,
          exitCode: ExitCode.Failed,
        },
      )
    }
  }
}

/** @throws UserError IMAGE_MISSING (3) */
export async function describeImage(role: string, reference: string): Promise<ReleaseImage> {
  const { stdout, exitCode } = await execa('docker', ['image', 'inspect', reference], { reject: false })
  if (exitCode !== 0) {
    const ours = reference.startsWith('domicile/') && (SYSTEM_ROLES as readonly string[]).includes(role)
    throw new UserError(`The image ${reference} (${role}) is not in this Docker Engine.`, {
      code: 'IMAGE_MISSING',
      hint: ours
        ? 'Build the system images: npm run build:images'
        : 'Build it first, or give the service a `build` key and add --build.',
    })
  }
  const [image] = JSON.parse(stdout) as [
    { Id: string; RootFS: { Layers: string[] }; Size: number; Config: { User: string } },
  ]
  if (image.Config.User === '' && (SYSTEM_ROLES as readonly string[]).includes(role))
    throw new Error(`${reference} runs as root`)
  return { role, reference, digest: image.Id, layers: image.RootFS.Layers, sizeBytes: image.Size }
}

/** All images in one archive, shared layers once. */
export function saveImages(references: readonly string[]): { archive: Readable; done: Promise<unknown> } {
  const saving = execa('docker', ['save', ...new Set(references)], {
    buffer: false,
    encoding: 'buffer',
    stdout: 'pipe',
  })
  return { archive: saving.stdout as Readable, done: saving }
}

/** The files of an image that say what is in it, read without running anything of it. */
export async function readInventory({ reference, digest }: ReleaseImage): Promise<ImageInventory> {
  const { stdout: container } = await docker(['create', '--entrypoint', '/none', digest, 'none'])
  const folder = await mkdtemp(join(tmpdir(), 'domicile-sbom-'))
  const read = async (path: string) => {
    const target = join(folder, 'file')
    const { exitCode } = await execa('docker', ['cp', '-L', `${container}:${path}`, target], { reject: false })
    return exitCode === 0 ? readFile(target, 'utf8') : ''
  }
  try {
    const npm = await read('/usr/share/domicile/npm-packages.json')
    await rm(join(folder, 'file'), { force: true })
    const dpkgStatus = await read('/var/lib/dpkg/status')
    await rm(join(folder, 'file'), { force: true })
    const osRelease = await read('/etc/os-release')
    return { reference, digest, dpkgStatus, osRelease, ...(npm && { npm: JSON.parse(npm) as NpmPackage[] }) }
  } finally {
    await docker(['rm', container])
    await rm(folder, { recursive: true })
  }
}
