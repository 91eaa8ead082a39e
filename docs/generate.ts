import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { commandReference } from './generator/commands.ts'
import { errorReference } from './generator/errors.ts'
import { exitCodeReference } from './generator/exit-codes.ts'
import { preflightReference } from './generator/preflight.ts'
import { schemaFiles } from './generator/schemas.ts'

/** `npm run docs`: writes the part of the manual that is made from the sources. */

/** Every generated file: path below docs/ → text. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['reference/commands.md', await commandReference()],
    ['reference/exit-codes.md', exitCodeReference()],
    ['reference/errors.md', errorReference()],
    ['reference/preflight.md', preflightReference()],
    ...schemaFiles(),
  ])
}

if (import.meta.main) {
  for (const [path, text] of await generate()) {
    const target = join(import.meta.dirname, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, text)
    console.log(path)
  }
}
