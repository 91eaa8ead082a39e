import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { readFileIfThere, writeFileAtomic } from '../atomic-file.ts'

/**
 * Who this installation is: a number and a key pair, made once and kept with its data. Neither address nor name nor hardware
 * is part of it, so moving to another server, or to another network card, changes nothing.
 */
export interface Installation {
  readonly id: string
  readonly privateKey: KeyObject
}

const schema = z.strictObject({ id: z.uuid(), privateKey: z.string() })

/** @throws Error when the file is there and is not what was written: a new identity would be another installation */
export async function readInstallation(folder: string): Promise<Installation> {
  const path = join(folder, 'installation.json')
  const text = await readFileIfThere(path)
  if (text === null) return makeInstallation(path)
  const { id, privateKey } = schema.parse(JSON.parse(text))
  return { id, privateKey: createPrivateKey(privateKey) }
}

async function makeInstallation(path: string): Promise<Installation> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const id = randomUUID()
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFileAtomic(path, `${JSON.stringify({ id, privateKey: pem })}\n`, 0o600)
  return { id, privateKey }
}
