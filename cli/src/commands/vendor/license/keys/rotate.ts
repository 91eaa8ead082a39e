import { Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../../appliance-command.ts'
import { readKey } from '../../../../release/open-trusted.ts'
import { keyFlag, passphraseFlag, readSecretKey } from '../../../../vendor/keys.ts'
import { instantFlag, outFlag, vendorFlag } from '../../../../vendor/license/flags.ts'
import { issueDocument, opening, printed, rawKey, report } from '../../../../vendor/license/issue-document.ts'

export default class VendorLicenseKeysRotate extends ApplianceCommand {
  static override summary = 'Name the keys that sign licences from now on, or take keys and licences back.'
  static override description =
    'Each list replaces the one before it whole: name again what still counts and what stays revoked. Only a key that signs your releases can sign it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --add sales.pub --version 1 --key vendor.key --out keys-1.lic',
  ]
  static override flags = {
    add: Flags.string({ char: 'a', summary: 'public key that signs from now on', multiple: true, helpValue: 'KEY' }),
    until: instantFlag('first moment at which the added keys sign no more'),
    revoke: Flags.string({ summary: 'key id that counts no more', multiple: true, helpValue: 'KEY-ID' }),
    'revoke-licence': Flags.string({ summary: 'licence that counts no more', multiple: true, helpValue: 'UUID' }),
    version: Flags.integer({
      summary: 'one more than in the list before; 1 for the first',
      required: true,
      min: 1,
    }),
    vendor: vendorFlag,
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    out: outFlag,
  }

  async run() {
    const { flags } = await this.parse(VendorLicenseKeysRotate)
    const now = new Date()
    const signer = await readSecretKey(flags.key, flags['passphrase-file'])
    const added = await Promise.all((flags.add ?? []).map(readKey))
    // A list that only takes back names the signer, which counts anyway.
    const keys = (added.length > 0 ? added : [signer.publicKey]).map((key) => ({
      kid: key.keyId,
      publicKey: rawKey(key),
      from: null,
      until: added.length > 0 ? (flags.until ?? null) : null,
    }))
    const list = {
      ...opening(now, flags.vendor ?? `key ${signer.publicKey.keyId}`),
      version: flags.version,
      keys,
      revokedKeys: flags.revoke ?? [],
      revokedLicences: flags['revoke-licence'] ?? [],
    }
    const issued = await issueDocument('keys', list, { signer, out: flags.out, now })
    this.log(report(issued))
    return printed(issued)
  }
}
