import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { readFileIfThere, writeFileAtomic } from '../atomic-file.ts'

/**
 * Who this installation is: a number and a key pair, made once and kept with its data. Neither address nor name nor hardware
 * is part of it, so moving to another server, or to another network card, changes nothing.
 */
export interface Installation {
  /** UUID. */
  readonly id: string
  /** Ed25519, 32 bytes in base64url. */
  readonly publicKey: string
  /** PEM. */
  readonly privateKey: string
}

const schema = z.strictObject({ id: z.uuid(), publicKey: z.string(), privateKey: z.string() })

/** @throws Error when the file is there and is not what was written: a new identity would be another installation */
export async function readInstallation(folder: string): Promise<Installation> {
  const path = join(folder, 'installation.json')
  const text = await readFileIfThere(path)
  if (text !== null) return schema.parse(JSON.parse(text))
  const pair = generateKeyPairSync('ed25519')
  const installation = {
    id: randomUUID(),
    publicKey: pair.publicKey.export({ format: 'jwk' }).x ?? '',
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
  await writeFileAtomic(path, `${JSON.stringify(installation)}\n`, 0o600)
  return installation
}
