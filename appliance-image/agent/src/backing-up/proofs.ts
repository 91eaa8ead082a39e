import { createPrivateKey } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Drill, type Proof, signProof } from '@domicile/backup/proof'
import { BACKUP_PROOF } from '@domicile/license/record'
import type { LicenceKeeper } from '../licensing/licence-keeper.ts'
import type { VerbRequest, VerbResponse } from '../protocol.ts'
import { ProofsFile, type Written } from './proofs-file.ts'

/** Of the licence's keeper: whose key signs, when it is, and the record that remembers each proof. */
export type Signer = Pick<LicenceKeeper, 'installation' | 'now' | 'note'> & {
  readonly record: Pick<LicenceKeeper['record'], 'newest' | 'changed'>
}

/** How many proofs one answer holds. */
const PAGE = 100

/**
 * What drills found, signed with the key of the installation and chained: each names the one before it, so that none can be
 * changed or left out unseen. The record of the licence remembers number and digest of each, whatever becomes of the file.
 */
export class Proofs {
  readonly #appliance: string
  readonly #signer: Signer
  readonly #file: ProofsFile
  #last: { readonly number: number; readonly digest: string } | null
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(appliance: string, signer: Signer, file: ProofsFile) {
    this.#appliance = appliance
    this.#signer = signer
    this.#file = file
    const [noted, last] = [notedIn(signer.record), file.written.at(-1)]
    for (const written of file.written) if (written.proof.number > (noted?.number ?? 0)) this.#note(written)
    const kept = last ? { number: last.proof.number, digest: last.digest } : null
    // Of a file that is gone the record knows where it stood.
    this.#last = noted && noted.number > (kept?.number ?? 0) ? noted : kept
  }

  /** @param folder private to the agent; @throws Error of the file system */
  static async open(folder: string, appliance: string, signer: Signer): Promise<Proofs> {
    const own = join(folder, 'backup')
    await mkdir(own, { recursive: true, mode: 0o700 })
    const { file, problem } = await ProofsFile.open(join(own, 'proofs.jsonl'))
    if (problem) signer.record.changed('PROOFS_CHANGED', problem)
    return new Proofs(appliance, signer, file)
  }

  /** The newest by which a snapshot was found equal; null: none was. */
  get lastProven(): Proof | null {
    return this.#file.written.findLast(({ proof }) => proof.verdict === 'proven')?.proof ?? null
  }

  /** The newest, whatever it found; null: there is none. */
  get last(): Proof | null {
    return this.#file.written.at(-1)?.proof ?? null
  }

  /** Signs what a drill found and keeps it. @throws Error of the file system: then there is no such proof */
  prove(drill: Drill): Promise<VerbResponse<'backup-prove'>> {
    const result = this.#turn.then(() => this.#prove(drill))
    this.#turn = result.catch(() => undefined)
    return result
  }

  async #prove(drill: Drill): Promise<VerbResponse<'backup-prove'>> {
    const { installation } = this.#signer
    const number = (this.#last?.number ?? 0) + 1
    const proof: Proof = {
      ...{ ...drill, format: 1, number, previous: this.#last?.digest ?? null },
      ...{ appliance: this.#appliance, installation: installation.id, at: this.#signer.now().toISOString() },
    }
    const written = await this.#file.append(signProof(proof, createPrivateKey(installation.privateKey)))
    this.#last = { number, digest: written.digest }
    this.#note(written)
    return { text: written.text, number }
  }

  /** Those with numbers after that one, oldest first, as many as one answer holds. */
  list({ after = 0 }: VerbRequest<'backup-proofs'>): VerbResponse<'backup-proofs'> {
    const { id, publicKey } = this.#signer.installation
    const left = this.#file.written.filter(({ proof }) => proof.number > after)
    return {
      installation: { id, publicKey },
      items: left.slice(0, PAGE).map(({ text }) => text),
      more: left.length > PAGE,
    }
  }

  #note({ proof, digest }: Written): void {
    const { number, run, from, verdict, recoverySeconds, codes } = proof
    this.#signer.note(BACKUP_PROOF, { number, sha256: digest, run, from, verdict, recoverySeconds, codes })
  }
}

function notedIn(record: Signer['record']): { number: number; digest: string } | null {
  const { number, sha256 } = record.newest(BACKUP_PROOF)?.data ?? {}
  return typeof number === 'number' && typeof sha256 === 'string' ? { number, digest: sha256 } : null
}
