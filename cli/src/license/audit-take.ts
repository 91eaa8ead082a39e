import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

/** What the agent says of a report that it left in its folder. */
export interface LeftReport {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

const NAME = /^[a-z0-9-]{1,80}\.jsonl$/
/** Twenty years by the hour are below. */
const MOST_BYTES = 512 * 1024 * 1024

/**
 * Takes a report away from the agent's folder. It is checked to be the file that the agent speaks of, and a file of that
 * folder: this program may read more than the agent may.
 * @param signal who interrupted meanwhile wants nothing more to be made of it; nothing of it is left behind
 * @throws UserError REPORT_NOT_THERE (1), INTERRUPTED (130)
 */
export async function takeReport(
  folder: string,
  { file, bytes, sha256 }: LeftReport,
  signal: AbortSignal,
): Promise<string> {
  if (!NAME.test(file)) throw notThere('its name is none that an agent gives')
  const path = join(folder, file)
  try {
    const text = await readWhole(path, bytes)
    if (signal.aborted) throw interrupted()
    if (hash('sha256', text) !== sha256) throw notThere('it is not the one that was made')
    return text.toString('utf8')
  } finally {
    await rm(path, { force: true }).catch(() => undefined)
  }
}

async function readWhole(path: string, bytes: number): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: Error) => {
    throw notThere(error.message)
  })
  try {
    const found = await handle.stat()
    if (!found.isFile() || found.size !== bytes || bytes > MOST_BYTES) throw notThere('it is not the one that was made')
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

const interrupted = () =>
  new UserError('Stopped: nothing was written.', {
    code: 'INTERRUPTED',
    hint: 'Run the command again whenever you like.',
    exitCode: ExitCode.Interrupted,
  })

const notThere = (why: string) =>
  new UserError(`The report that the agent made cannot be read: ${why}.`, {
    code: 'REPORT_NOT_THERE',
    hint: 'Run the command with sudo; when it was, run it again.',
    exitCode: ExitCode.Failed,
  })
