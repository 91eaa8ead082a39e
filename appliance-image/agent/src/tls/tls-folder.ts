import { chmod, chown, mkdir, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder, writeFileSynced } from '../atomic-file.ts'
import { digestOf, type Pair } from './pair.ts'

/**
 * The folder from which the gateway reads: `<generation>/{cert.pem,key.pem}` and the link `live` to the one to serve.
 * A generation is complete by construction, and the link moves in one rename: the gateway finds a matching pair whenever
 * it looks, also after a crash at any moment. Its group, the gateway's, is inherited from the folder.
 */
export class TlsFolder {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Whether this pair is the one that `live` leads to. */
  async serves(pair: Pair): Promise<boolean> {
    const generation = digestOf(pair)
    return (await this.#live()) === generation && (await this.#has(generation))
  }

  /** Makes `live` lead to this pair. The generation served before is kept; older ones go. */
  async publish(pair: Pair): Promise<void> {
    const generation = digestOf(pair)
    const previous = await this.#live()
    if (!(await this.#has(generation))) await this.#write(generation, pair)
    await this.#swap(generation)
    await this.#prune([generation, previous])
  }

  async #live(): Promise<string | null> {
    return readlink(join(this.#path, 'live')).catch(absent)
  }

  #has = async (generation: string) => (await stat(join(this.#path, generation, 'key.pem')).catch(absent)) !== null

  async #write(generation: string, { certificate, key }: Pair): Promise<void> {
    const draft = join(this.#path, `.draft-${generation}`)
    const { gid } = await stat(this.#path)
    await rm(draft, { recursive: true, force: true })
    await mkdir(draft)
    await chown(draft, -1, gid)
    await chmod(draft, 0o2750)
    for (const [name, text] of Object.entries({ 'cert.pem': certificate, 'key.pem': key })) {
      await writeFileSynced(join(draft, name), text, 0o640)
      await chown(join(draft, name), -1, gid)
    }
    await syncFolder(draft)
    await rename(draft, join(this.#path, generation))
    await syncFolder(this.#path)
  }

  async #swap(generation: string): Promise<void> {
    const draft = join(this.#path, '.draft-live')
    await rm(draft, { force: true })
    await symlink(generation, draft)
    await rename(draft, join(this.#path, 'live'))
    await syncFolder(this.#path)
  }

  async #prune(kept: readonly (string | null)[]): Promise<void> {
    for (const entry of await readdir(this.#path)) {
      if (/^(\.draft-.*|[0-9a-f]{16})$/.test(entry) && !kept.includes(entry)) {
        await rm(join(this.#path, entry), { recursive: true, force: true })
      }
    }
  }
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
