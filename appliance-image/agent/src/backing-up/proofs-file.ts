import { appendFileSync, existsSync, statSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'
import { digestOf, type Proof, readProof } from '@domicile/backup/proof'
import { readFileIfThere, syncFolder, writeFileAtomic } from '../atomic-file.ts'

/** A proof as it stands in the file. */
export interface Written {
  readonly text: string
  readonly proof: Proof
  /** SHA-256 of the text. */
  readonly digest: string
}

/** Drilled once a day, some five years of proofs; the oldest go first, and their numbers tell how many there were. */
const MOST_PROOFS = 2000
/** The file is made anew only now and then. */
const SPARE = 100

/** The proofs of an appliance, one a line, on the disk when `append` returns. Only the agent writes here. */
export class ProofsFile {
  readonly #path: string
  #written: readonly Written[]

  private constructor(path: string, written: readonly Written[]) {
    this.#path = path
    this.#written = written
  }

  /**
   * Reads what is there. The end of a line that was cut while it was written is dropped; of a file that somebody changed
   * every line that is still a proof stays, and the whole is kept beside it: what is missing then shows in the chain.
   * @returns `problem`: what was wrong with it, in words; null when it held
   * @throws Error of the file system
   */
  static async open(path: string): Promise<{ file: ProofsFile; problem: string | null }> {
    const text = (await readFileIfThere(path)) ?? ''
    const lines = text.split('\n')
    const cut = lines.pop() !== ''
    const written = lines.flatMap(writtenIn)
    const strange = lines.length - written.length
    if (strange > 0) await writeFileAtomic(`${path}.broken`, text, 0o600)
    if (strange > 0 || cut) await writeFileAtomic(path, textOf(written), 0o600)
    const problem = strange > 0 ? `${strange} of the ${lines.length} lines with proofs of backups are none` : null
    return { file: new ProofsFile(path, written), problem }
  }

  /** Oldest first. */
  get written(): readonly Written[] {
    return this.#written
  }

  /** All of it or nothing. @throws Error of the file system, for example when the disk is full */
  async append(text: string): Promise<Written> {
    const before = existsSync(this.#path) ? statSync(this.#path).size : 0
    try {
      appendFileSync(this.#path, `${text}\n`, { mode: 0o600, flush: true })
      if (before === 0) await syncFolder(dirname(this.#path))
    } catch (error) {
      // What of it got onto a full disk would spoil the next line.
      if (existsSync(this.#path)) truncateSync(this.#path, before)
      throw error
    }
    const written = { text, proof: readProof(text), digest: digestOf(text) }
    this.#written = [...this.#written, written]
    if (this.#written.length > MOST_PROOFS + SPARE) {
      this.#written = this.#written.slice(-MOST_PROOFS)
      await writeFileAtomic(this.#path, textOf(this.#written), 0o600)
    }
    return written
  }
}

const textOf = (written: readonly Written[]) => written.map(({ text }) => `${text}\n`).join('')

function writtenIn(text: string): Written[] {
  try {
    return [{ text, proof: readProof(text), digest: digestOf(text) }]
  } catch {
    return []
  }
}
