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
const textOf = (path: string) => readFile(path, 'utf8').catch(gone)

export interface SecretsAmiss {
  /** Paths of those that are gone and may be made anew, or are not the same as what they should be a copy of. */
  readonly missing: readonly string[]
  /** Paths of those that are gone and that no other can stand for: something is locked with them. */
  readonly lost: readonly string[]
}

export async function secretsAmiss(secrets: Blueprint['secrets']): Promise<SecretsAmiss> {
  const [missing, lost]: [string[], string[]] = [[], []]
  // In their order: a copy comes after what it is a copy of.
  for (const secret of secrets) {
    const { path, sameAs } = secret
    const text = await textOf(path)
    if (text === undefined || (sameAs !== undefined && lost.includes(sameAs))) continue
    if (text !== null && !(await differs(text, secret))) continue
    if (await mayBeMadeAnew(secret)) missing.push(path)
    else lost.push(path)
  }
  return { missing, lost }
}

async function differs(text: string, { sameAs, before = '' }: Blueprint['secrets'][number]): Promise<boolean> {
  if (sameAs === undefined) return false
  const original = await textOf(sameAs)
  return original !== undefined && text !== `${before}${original}`
}

/** Another one in its place would lock nobody out of anything. */
async function mayBeMadeAnew({ replaceable, encrypts }: Blueprint['secrets'][number]): Promise<boolean> {
  if (replaceable || !encrypts) return replaceable
  const inside = await readdir(encrypts).catch(gone)
  return inside === null || inside?.length === 0
}
