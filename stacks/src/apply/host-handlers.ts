import { randomInt } from 'node:crypto'
import { chmod, chown, lstat, mkdir, open, readFile, rename, rmdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ExitCode, UserError } from '../kernel/index.ts'
import type { HostFile } from '../plan/index.ts'
import type { Handlers } from './operation.ts'

/** Letters and digits that are not mistaken for each other when read aloud: 55 of them, 5.8 bits each. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

interface Existed {
  readonly existed: boolean
}

/** Handlers for what lies on the host’s own disk. */
export function hostHandlers(): Pick<Handlers, 'directory' | 'file' | 'secret'> {
  return {
    directory: {
      look: async ({ directory }): Promise<Existed> => ({ existed: await exists(directory.path) }),
      run: async ({ directory: { path, mode, uid, gid } }) => {
        await mkdir(path, { recursive: true })
        await refuseLink(path)
        await chmod(path, mode)
        await chown(path, uid, gid)
      },
      undo: async ({ directory }, before) => {
        if (!(before as Existed).existed) await tolerate(['ENOENT', 'ENOTEMPTY'], rmdir(directory.path))
      },
    },
    file: {
      look: async ({ file }) => ({ content: await readFile(file.path, 'utf8').catch(() => null) }),
      run: async ({ file }) => writeDurably(file),
      undo: async ({ file }, before) => {
        const { content } = before as { content: string | null }
        if (content === null) await tolerate(['ENOENT'], unlink(file.path))
        else await writeDurably({ ...file, content })
      },
    },
    secret: {
      look: async ({ secret }): Promise<Existed> => ({ existed: await exists(secret.path) }),
      // A secret that exists stays: the database already knows it.
      run: async ({ secret: { path, length, uid, gid } }) => {
        if (await exists(path)) return
        await writeDurably({ path, content: makeSecret(length), mode: 0o400, uid, gid })
      },
      undo: async ({ secret }, before) => {
        if (!(before as Existed).existed) await tolerate(['ENOENT'], unlink(secret.path))
      },
    },
  }
}

const makeSecret = (length: number) => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/** Writes beside and renames, so that a reader sees the old file or the new one; flushed file and folder. */
export async function writeDurably({ path, content, mode, uid, gid }: HostFile): Promise<void> {
  const beside = `${path}.new`
  await mkdir(dirname(path), { recursive: true })
  await tolerate(['ENOENT'], unlink(beside))
  const file = await open(beside, 'wx', mode)
  try {
    await file.chmod(mode)
    await file.chown(uid, gid)
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
  const folder = await open(dirname(path))
  await folder.sync().finally(() => folder.close())
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}

/** A symbolic link where our folder should be would send root’s writes elsewhere. */
async function refuseLink(path: string): Promise<void> {
  if ((await lstat(path)).isDirectory()) return
  throw new UserError(`${path} exists and is not a folder.`, {
    code: 'PATH_TAKEN',
    hint: `Look what it is (ls -ld ${path}) and move it away.`,
    exitCode: ExitCode.Refused,
  })
}

async function tolerate(codes: readonly string[], work: Promise<void>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? '')) throw error
  })
}
