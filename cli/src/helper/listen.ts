import { lchown, rm, stat } from 'node:fs/promises'
import type { Server } from 'node:http'
import { dirname } from 'node:path'

/** What systemd hands over begins here (sd_listen_fds(3)). */
const FIRST_FD = 3

export interface Listening {
  /** systemd holds the socket: it can be left, and whoever asks then starts the helper again. */
  readonly activated: boolean
}

/**
 * Listens on the socket that systemd made, or makes it where nobody has.
 * @throws Error when the socket cannot be used
 */
export async function listenOn(server: Server, path: string, environment: NodeJS.ProcessEnv): Promise<Listening> {
  const activated = environment['LISTEN_PID'] === String(process.pid) && environment['LISTEN_FDS'] === '1'
  // It is for this process alone, and not for the programs that it runs.
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  if (activated) await listening(server, { fd: FIRST_FD })
  else await makeSocket(server, path)
  return { activated }
}

/**
 * For who owns the folder around it, and nobody else. That one may put a link in its place at any time, so that nothing is
 * done through the path that would follow one.
 */
async function makeSocket(server: Server, path: string): Promise<void> {
  await rm(path, { force: true })
  const before = process.umask(0o177)
  try {
    await listening(server, { path })
  } finally {
    process.umask(before)
  }
  const { uid, gid } = await stat(dirname(path))
  await lchown(path, uid, gid)
}

const listening = (server: Server, where: { fd: number } | { path: string }) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
