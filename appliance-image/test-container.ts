import { afterEach } from 'vitest'
import { $ } from 'zx'

/**
 * Containers and volumes for the tests of the images. Everything made is removed after the test that made it.
 */

export const docker = $({ quiet: true })

const made: { containers: string[]; volumes: string[] } = { containers: [], volumes: [] }

afterEach(async () => {
  if (made.containers.length > 0) await docker`docker rm --force --volumes ${made.containers.splice(0)}`
  if (made.volumes.length > 0) await docker`docker volume rm ${made.volumes.splice(0)}`
})

export async function makeVolume(): Promise<string> {
  const { stdout } = await docker`docker volume create`
  made.volumes.push(stdout.trim())
  return stdout.trim()
}

/**
 * Starts a container the way an appliance does: read-only, without capabilities or a way to gain any.
 * @returns its id
 */
export async function start(image: string, options: readonly string[], command: readonly string[] = []) {
  const hardened = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges']
  const { stdout } = await docker`docker run --detach ${hardened} ${options} ${image} ${command}`
  made.containers.push(stdout.trim())
  return stdout.trim()
}

/** A command inside a container: exit code and output, whatever they are. */
export const inside = (container: string, command: readonly string[], options: readonly string[] = []) =>
  docker({ nothrow: true })`docker exec ${options} ${container} ${command}`

/** Everything a container has said so far. */
export const logs = async (container: string) => {
  const { stdout, stderr } = await docker`docker logs ${container}`
  return stdout + stderr
}

/** Its exit code, once it has ended. */
export const ended = async (container: string) => Number((await docker`docker wait ${container}`).stdout)

/**
 * Asks again until the answer is yes.
 * @throws Error naming what did not happen in time
 */
export async function until(what: string, happened: () => Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!(await happened())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
