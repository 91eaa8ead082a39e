import { constants, createReadStream } from 'node:fs'
import { access, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

/** Twice the largest report; whatever is larger was given by mistake, or to fill memory. */
const MOST_BYTES = 128 * 1024 * 1024

/** The text of a file that a person named. @throws UserError NO_FILE (2), FILE_TOO_LARGE (2) */
export async function readGiven(path: string): Promise<string> {
  const content = await readUpTo(path, MOST_BYTES + 1).catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT'
    throw new UserError(missing ? `There is no file ${path}.` : `${path} cannot be read: ${error.message}`, {
      code: 'NO_FILE',
      hint: missing ? 'Check the path.' : 'Check the path and its permissions.',
      exitCode: ExitCode.Usage,
    })
  })
  if (content.length > MOST_BYTES) throw tooLarge(path)
  return content.toString('utf8')
}

async function readUpTo(path: string, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(path, { end: bytes - 1 })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const tooLarge = (path: string) =>
  new UserError(`${path} is larger than any file that is read here (${MOST_BYTES / 1024 / 1024} MiB).`, {
    code: 'FILE_TOO_LARGE',
    hint: 'Check the path. Of a very long time make several reports: domicile license audit --from --to',
    exitCode: ExitCode.Usage,
  })

/**
 * For what must not begin when its outcome could not be written.
 * @throws UserError FILE_NOT_WRITTEN (2)
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK)
  } catch (error) {
    throw notWritten(path, (error as Error).message, false)
  }
  if ((await stat(path).catch(() => null))?.isDirectory()) throw notWritten(path, 'it is a folder', false)
}

/** Writes a file that a person named, whether it is there or not: what can be made again. @throws UserError FILE_NOT_WRITTEN (2) */
export const writeGiven = (path: string, text: string): Promise<void> => write(path, text, 'w')

/** As `writeGiven`, and never over another file. What could not be written whole is not left there. */
export const writeNew = (path: string, text: string): Promise<void> => write(path, text, 'wx')

const write = (path: string, text: string, flag: 'w' | 'wx'): Promise<void> =>
  writeFile(path, text, { flag, mode: 0o644 }).catch(async (error: NodeJS.ErrnoException) => {
    const isThere = error.code === 'EEXIST'
    // Of a new file a part was written by us alone.
    if (flag === 'wx' && error.syscall === 'write') await rm(path, { force: true })
    throw notWritten(path, error.message, isThere)
  })

export const notWritten = (path: string, why: string, isThere: boolean) =>
  new UserError(`${path} cannot be written: ${why}`, {
    code: 'FILE_NOT_WRITTEN',
    hint: isThere
      ? 'It is never overwritten: choose another file with --out.'
      : 'Choose a folder that exists, that you may write to and that has room for it.',
    exitCode: ExitCode.Usage,
  })
