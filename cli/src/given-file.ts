import { readFile } from 'node:fs/promises'
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
