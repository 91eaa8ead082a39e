import { randomInt } from 'node:crypto'
import { chmod, chown, lstat, mkdir, open, readFile, rename, rmdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ExitCode, UserError } from '../kernel/index.ts'
import type { HostFile } from '../plan/index.ts'
import type { Handlers } from './operation.ts'

/** Letters and digits that are not mistaken for each other when read aloud: 55 of them, 5.8 bits each. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** By path: whether it was there before. */
type Existed = Readonly<Record<string, boolean>>

const existence = async (paths: readonly string[]): Promise<Existed> =>
  Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await exists(path)])))

/** Handlers for what lies on the host’s own disk. */
export function hostHandlers(): Pick<Handlers, 'directories' | 'files' | 'secrets'> {
  return {
    directories: {
      look: ({ directories }) => existence(directories.map(({ path }) => path)),
      run: async ({ directories }) => {
        for (const { path, mode, uid, gid } of directories) {
          await makeFolder(path)
          await refuseLink(path)
          await chmod(path, mode)
          await chown(path, uid, gid)
        }
      },
      undo: async ({ directories }, before) => {
        for (const { path } of directories.toReversed()) {
          if (!(before as Existed)[path]) await tolerate(['ENOENT', 'ENOTEMPTY'], rmdir(path))
        }
      },
    },
    files: {
      look: async ({ files }) =>
        Object.fromEntries(await Promise.all(files.map(async ({ path }) => [path, await readIfThere(path)]))),
      run: async ({ files }) => {
        for (const file of files) await writeDurably(file)
      },
      // What was not there goes first: a full disk gets the room that the old content needs.
      undo: async ({ files }, before) => {
        const old = before as Record<string, string | null>
        for (const { path } of files) if (typeof old[path] !== 'string') await tolerate(['ENOENT'], unlink(path))
        for (const file of files) {
          const content = old[file.path]
          if (typeof content === 'string') await writeDurably({ ...file, content })
        }
      },
    },
    secrets: {
      look: ({ secrets }) => existence(secrets.map(({ path }) => path)),
      run: async ({ secrets }) => {
        for (const { path, length, uid, gid, sameAs, before = '' } of secrets) {
          const content = sameAs ? before + (await readFile(sameAs, 'utf8')) : makeSecret(length)
          // A secret that exists stays: the database already knows it.
          const stays = sameAs ? (await readIfThere(path)) === content : await exists(path)
          if (!stays) await writeDurably({ path, content, mode: 0o400, uid, gid })
        }
      },
      undo: async ({ secrets }, before) => {
        for (const { path } of secrets) if (!(before as Existed)[path]) await tolerate(['ENOENT'], unlink(path))
      },
    },
  }
}

const readIfThere = (path: string) => readFile(path, 'utf8').catch(() => null)

/** @param length in characters of the alphabet above */
export const makeSecret = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/** Writes beside and renames, so that a reader sees the old file or the new one; flushed file and folder. */
export async function writeDurably({ path, content, mode, uid, gid }: HostFile): Promise<void> {
  const beside = `${path}.new`
  await makeFolder(dirname(path))
  await tolerate(['ENOENT'], unlink(beside))
  const file = await open(beside, 'wx', mode)
  try {
    await file.chmod(mode)
    await file.chown(uid, gid)
    await file.writeFile(content)
    await file.sync()
    await rename(beside, path)
  } catch (error) {
    await unlink(beside)
    throw error
  } finally {
    await file.close()
  }
  const folder = await open(dirname(path))
  await folder.sync().finally(() => folder.close())
}

/** Also where the caller's umask forbids nothing, nobody else may write into our folders. */
const makeFolder = (path: string) => mkdir(path, { recursive: true, mode: 0o755 })

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
