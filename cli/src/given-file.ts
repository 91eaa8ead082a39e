import { readFile, writeFile } from 'node:fs/promises'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

/** The text of a file that a person named. @throws UserError NO_FILE (2) */
export const readGiven = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT'
    throw new UserError(missing ? `There is no file ${path}.` : `${path} cannot be read: ${error.message}`, {
      code: 'NO_FILE',
      hint: missing ? 'Check the path.' : 'Check the path and its permissions.',
      exitCode: ExitCode.Usage,
    })
  })

/** Writes a file that a person named, whether it is there or not: what can be made again. @throws UserError FILE_NOT_WRITTEN (2) */
export const writeGiven = (path: string, text: string): Promise<void> => write(path, text, 'w')

/** As `writeGiven`, and never over another file. */
export const writeNew = (path: string, text: string): Promise<void> => write(path, text, 'wx')

const write = (path: string, text: string, flag: 'w' | 'wx'): Promise<void> =>
  writeFile(path, text, { flag, mode: 0o644 }).catch((error: NodeJS.ErrnoException) => {
    throw notWritten(path, error.message, error.code === 'EEXIST')
  })

export const notWritten = (path: string, why: string, isThere: boolean) =>
  new UserError(`${path} cannot be written: ${why}`, {
    code: 'FILE_NOT_WRITTEN',
    hint: isThere
      ? 'It is never overwritten: choose another file with --out.'
      : 'Choose a folder that exists and that you may write to.',
    exitCode: ExitCode.Usage,
  })
