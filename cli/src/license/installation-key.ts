import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { publicKeyObject, verifyRequest } from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { readGiven } from '../given-file.ts'

/** Whose key it is, as far as that was said. */
export interface InstallationKey {
  /** UUID; null when only the key was given. */
  readonly id: string | null
  /** Ed25519, 32 bytes in base64url. */
  readonly publicKey: string
}

/**
 * A form that two people can compare over the telephone: the first 160 bits of the SHA-256 of the key's 32 bytes, in ten
 * groups of four, as with a vendor's key.
 */
export function installationFingerprint(publicKey: string): string {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex')
  return (digest.slice(0, 40).match(/.{4}/g) ?? []).join(' ')
}

/**
 * @param given the key as text, a file with it, or a request that the installation made, whose signature is checked
 * @throws UserError INSTALLATION_KEY_INVALID, NO_FILE; LicenceRefusal when the request does not hold
 */
export async function readInstallationKey(given: string, now: Date): Promise<InstallationKey> {
  const text = existsSync(given) ? await readGiven(given) : given
  if (text.includes('-----BEGIN DOMICILE')) return verifyRequest(text, now).claims.installation
  const publicKey = text.trim()
  if (!isKey(publicKey)) throw invalid(given)
  return { id: null, publicKey }
}

function isKey(text: string): boolean {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return false
  try {
    publicKeyObject(text)
    return true
  } catch {
    return false
  }
}

const invalid = (given: string) =>
  new UserError(`“${given}” is no key of an installation, and no file with one.`, {
    code: 'INSTALLATION_KEY_INVALID',
    hint: 'Give a request that the installation made (`domicile license request`), or its key: 43 characters of base64url.',
    exitCode: ExitCode.Usage,
  })
