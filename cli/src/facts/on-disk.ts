import { access, readdir, readFile } from 'node:fs/promises'
import type { Blueprint } from '@domicile/stacks/plan'

/** What an appliance has on the host's own disk, beside what its blueprint says. Reads only. */

/** Paths of rendered files whose content is not as rendered. */
export async function changedFiles(files: Blueprint['files']): Promise<string[]> {
  const contents = await Promise.all(
    files.map(async ({ path, content }) => ({
      path,
      same: (await readFile(path, 'utf8').catch(() => null)) === content,
    })),
  )
  return contents.filter(({ same }) => !same).map(({ path }) => path)
}

/** Paths of folders that are gone, or that an earlier version did not make. */
export async function missingDirectories(directories: Blueprint['directories']): Promise<string[]> {
  const found = await Promise.all(directories.map(({ path }) => access(path).catch(gone)))
  return directories.filter((_, index) => found[index] === null).map(({ path }) => path)
}

/** Who may not look does not know; whoever mends may. */
const gone = (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? null : undefined)

/** Another one in its place would lock nobody out of anything. */
async function mayBeMadeAnew({ replaceable, encrypts }: Blueprint['secrets'][number]): Promise<boolean> {
  if (replaceable || !encrypts) return replaceable
  const inside = await readdir(encrypts).catch(gone)
  return inside === null || inside?.length === 0
}

/** Paths of secrets that are gone and may be made anew, or are not the same as what they should be a copy of. */
export async function missingSecrets(secrets: Blueprint['secrets']): Promise<string[]> {
  const read = (path: string) => readFile(path, 'utf8').catch(gone)
  const found = await Promise.all(
    secrets.map(async (secret) => {
      const { path, sameAs, before = '' } = secret
      const text = await read(path)
      const differs = text === null || (sameAs !== undefined && text !== before + (await read(sameAs)))
      return { path, missing: differs && (await mayBeMadeAnew(secret)) }
    }),
  )
  return found.filter(({ missing }) => missing).map(({ path }) => path)
}
