import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { rename } from 'node:fs/promises'
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

/**
 * Reads who this is, or makes it up the first time. A file that is not what was written is kept beside, and this is another
 * installation from now on: the vendor binds the licence anew on request, and nobody's work hangs on it meanwhile.
 * @returns `problem`: what was wrong with the file, in words; null when it held
 */
export async function readInstallation(
  folder: string,
): Promise<{ installation: Installation; problem: string | null }> {
  const path = join(folder, 'installation.json')
  const text = await readFileIfThere(path)
  if (text === null) return { installation: await makeInstallation(path), problem: null }
  const known = parse(text)
  if (known) return { installation: known, problem: null }
  await rename(path, `${path}.broken`)
  return { installation: await makeInstallation(path), problem: 'the key pair of the installation could not be read' }
}

function parse(text: string): Installation | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

async function makeInstallation(path: string): Promise<Installation> {
  const pair = generateKeyPairSync('ed25519')
  const installation = {
    id: randomUUID(),
    publicKey: pair.publicKey.export({ format: 'jwk' }).x ?? '',
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
  await writeFileAtomic(path, `${JSON.stringify(installation)}\n`, 0o600)
  return installation
}
