import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { $ } from 'zx'

const FOLDER = join(import.meta.dirname, 'host')
const DEBIAN = 'domicile-test/debian:12'
const INPUT_LABEL = 'domicile.input'

export type HostKind = 'prepared' | 'bare'

export const hostImage = (kind: HostKind) => `domicile-test/host-${kind}:1`

const shell = $({ quiet: true, env: { ...process.env, DOCKER_BUILDKIT: '0' } })

/** Makes the images of test hosts that are missing or older than their Dockerfile. */
export async function buildHostImages(say: (text: string) => void): Promise<void> {
  const input = createHash('sha256')
    .update(await readFile(join(FOLDER, 'Dockerfile')))
    .digest('hex')
  for (const kind of ['bare', 'prepared'] as const) {
    if ((await inputOf(hostImage(kind))) === input) continue
    if (!(await exists(DEBIAN))) await makeDebian(say)
    say(`building ${hostImage(kind)}`)
    const given = ['--build-arg', `DEBIAN=${DEBIAN}`, '--label', `${INPUT_LABEL}=${input}`]
    await shell`docker build --target ${kind} ${given} --tag ${hostImage(kind)} ${FOLDER}`
  }
}

/** The host is Debian 12 whatever the system images are made from: an appliance brings its own Debian. */
async function makeDebian(say: (text: string) => void): Promise<void> {
  say(`making ${DEBIAN}`)
  const mirror = process.env['DOMICILE_DEBIAN_MIRROR'] ?? []
  await shell`set -o pipefail; mmdebstrap --quiet --variant=minbase bookworm - ${mirror} | docker import --change ${'CMD ["bash"]'} - ${DEBIAN}`
}

const exists = async (image: string) => (await shell({ nothrow: true })`docker image inspect ${image}`).exitCode === 0

async function inputOf(image: string): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${INPUT_LABEL}"}}`
  const found = await shell({ nothrow: true })`docker image inspect --format ${format} ${image}`
  return found.exitCode === 0 ? found.stdout.trim() : undefined
}
