import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { readFileIfThere, writeFileAtomic } from '../atomic-file.ts'
import { type TlsSettings, tlsSettings } from '../config.ts'
import type { Log } from '../log.ts'
import { fromBundle, type Pair, toBundle } from './pair.ts'

/** `root` is the internal CA; the others are what may be served. */
export type PairName = 'root' | 'internal' | 'provided' | 'acme'

const acmeProgress = z.object({
  /** Which server issued the certificate that is kept; null while there is none. */
  issuedBy: z.nullable(z.string()),
  /** Failed orders since the last good one. */
  failures: z.int(),
  lastError: z.nullable(z.object({ at: z.iso.datetime(), message: z.string() })),
})
export type AcmeProgress = z.infer<typeof acmeProgress>

const settingsFile = z.object({ version: z.literal(1), tls: tlsSettings })

/** The agent's private memory of certificates. Each item is one file that is replaced in one step. */
export class TlsState {
  readonly #folder: string
  readonly #log: Log

  constructor(folder: string, log: Log) {
    this.#folder = folder
    this.#log = log
  }

  pair = (name: PairName): Promise<Pair | null> => this.#read(`${name}.pem`, fromBundle)
  keepPair = (name: PairName, pair: Pair) => this.#write(`${name}.pem`, toBundle(pair))

  /** The mode that was chosen over the socket; null while agent.json decides. */
  settings = (): Promise<TlsSettings | null> =>
    this.#read('tls.json', (text) => parsed(settingsFile, text)?.tls ?? null)
  keepSettings = (tls: TlsSettings) => this.#write('tls.json', JSON.stringify({ version: 1, tls }))

  acmeProgress = async (): Promise<AcmeProgress> =>
    (await this.#read('acme.json', (text) => parsed(acmeProgress, text))) ?? {
      issuedBy: null,
      failures: 0,
      lastError: null,
    }
  keepAcmeProgress = (progress: AcmeProgress) => this.#write('acme.json', JSON.stringify(progress))

  /** The key of the ACME account, PEM. */
  accountKey = (): Promise<string | null> => this.#read('acme-account.pem', (text) => text)
  keepAccountKey = (pem: string) => this.#write('acme-account.pem', pem)

  /** A file that can not be read is put aside, for a person to look at; the agent goes on as if there were none. */
  async #read<T>(name: string, parse: (text: string) => T | null): Promise<T | null> {
    const path = join(this.#folder, name)
    const text = await readFileIfThere(path)
    if (text === null) return null
    const value = parse(text)
    if (value !== null) return value
    await rename(path, `${path}.damaged`)
    this.#log('state-damaged', { file: name, movedTo: `${name}.damaged` })
    return null
  }

  #write = (name: string, text: string) => writeFileAtomic(join(this.#folder, name), text, 0o600)
}

function parsed<T extends z.ZodMiniType>(schema: T, text: string): z.infer<T> | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
