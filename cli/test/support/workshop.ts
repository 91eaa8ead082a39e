import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

export const ROOT = join(import.meta.dirname, '../../..')
const WORKSHOP = join(ROOT, 'dist/test')

/** What the tests work with; made by test-setup.ts, everything below dist/test. */
export const workshop = {
  folder: WORKSHOP,
  executable: join(WORKSHOP, 'domicile'),
  /** The vendor of all releases. */
  secretKey: join(WORKSHOP, 'vendor.key'),
  publicKey: join(WORKSHOP, 'vendor.pub'),
  release: (stack: StackName) => join(WORKSHOP, `${stack}.domicile`),
  /** Kept after the run, for people to look at. */
  artifacts: join(WORKSHOP, 'artifacts'),
}

export const STACKS = ['guestbook', 'desk', 'erp'] as const
export type StackName = (typeof STACKS)[number]

/** A digest of names and contents of all files below some folders of the repository; tests do not count. */
export async function digestOf(paths: readonly string[], also: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await Promise.all(paths.map(filesBelow))).flat().sort())
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(await readFile(file))
      .update('\0')
  for (const text of also) hash.update(text).update('\0')
  return hash.digest('hex')
}

async function filesBelow(path: string): Promise<string[]> {
  const full = join(ROOT, path)
  const entries = await readdir(full, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') return undefined
      throw error
    },
  )
  if (!entries) return [full]
  return entries
    .filter((entry) => entry.isFile() && !/\.(test|fixture)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}
