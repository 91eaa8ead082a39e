import { lstat, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PATHS } from '@domicile/backup/archive'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

/**
 * What came from elsewhere is moved and read by root: a link in there could lead to anything on this host, and whatever is
 * neither file nor folder could keep who reads it waiting for ever.
 * @param staging where the state of a snapshot was brought to; @returns names of its secrets
 * @throws UserError RECORD_INVALID (4)
 */
export async function requirePlain(staging: string): Promise<string[]> {
  const { settings, trail, secrets } = PATHS.state
  for (const folder of [PATHS.files, dirname(secrets), secrets]) {
    const found = await lstat(`${staging}${folder}`).catch(() => undefined)
    if (!found?.isDirectory()) throw strange(folder)
  }
  const names = await readdir(`${staging}${secrets}`)
  for (const path of [settings, trail, ...names.map((name) => `${secrets}/${name}`)]) {
    const found = await lstat(`${staging}${path}`).catch(() => undefined)
    if (found && !found.isFile()) throw strange(path)
  }
  return names
}

const strange = (path: string) =>
  new UserError(`In the snapshot ${path} is not what it must be.`, {
    code: 'RECORD_INVALID',
    hint: 'Nothing of it was put in its place. Choose another one: give its run id. When they are all so, somebody else wrote them.',
    exitCode: ExitCode.Unverified,
  })
