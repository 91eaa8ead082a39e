import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import {
  inspectRelease,
  type OpenRelease,
  openRelease,
  type PublicKey,
  parsePublicKey,
  pinKey,
} from '@domicile/stacks/release'
import { Flags } from '@oclif/core'
import { readState } from '../appliance/records.ts'

export const vendorKeyFlag = Flags.string({
  summary: 'the vendor’s public key (file or text); needed the first time, pinned from then on',
  helpValue: 'KEY',
})

/**
 * Opens a release that is signed by a key this host trusts: what is pinned, or the key given at first installation.
 * @throws UserError NO_VENDOR_KEY (2), VENDOR_KEY_DIFFERS (4) and whatever verification refuses (4)
 */
export async function openTrusted(
  path: string,
  flags: { name?: string | undefined; 'vendor-key'?: string | undefined },
): Promise<OpenRelease> {
  requireFile(path)
  const given = flags['vendor-key'] === undefined ? undefined : await readKey(flags['vendor-key'])
  const claimed = await inspectRelease(path)
  const pinned = (await readState(flags.name ?? claimed.manifest.name))?.trust
  if (pinned && given && !pinned.keys.some(({ publicKey }) => publicKey === given.text)) throw differs()
  const trust = pinned ?? (given && pinKey(given))
  if (!trust) throw unknownVendor(claimed.keyId)
  return openRelease(path, trust, { now: new Date() })
}

const differs = () =>
  new UserError('The key given with --vendor-key is not the one that was pinned when this appliance was installed.', {
    code: 'VENDOR_KEY_DIFFERS',
    hint: 'Leave --vendor-key away. A vendor changes its key with a list signed by the old one, inside the release.',
    exitCode: ExitCode.Unverified,
  })

const unknownVendor = (keyId: string) =>
  new UserError(`This host does not know the vendor yet. The release says it is signed by key ${keyId}.`, {
    code: 'NO_VENDOR_KEY',
    hint: 'Give the public key that the vendor printed in the contract or on its site: --vendor-key vendor.pub',
    exitCode: ExitCode.Usage,
  })

/** A key as a file or as its text. */
export async function readKey(value: string): Promise<PublicKey> {
  return parsePublicKey(existsSync(value) ? await readFile(value, 'utf8') : value)
}

export function requireFile(path: string): void {
  if (existsSync(path)) return
  throw new UserError(`There is no file ${path}.`, {
    code: 'NO_FILE',
    hint: 'Check the path of the release file.',
    exitCode: ExitCode.NotFound,
  })
}
