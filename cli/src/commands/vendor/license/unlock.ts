import { Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { keyFlag, passphraseFlag, readSecretKey } from '../../../vendor/keys.ts'
import { instantFlag, outFlag, reasonFlag, vendorFlag } from '../../../vendor/license/flags.ts'
import { issueDocument, opening, printed, report } from '../../../vendor/license/issue-document.ts'

export default class VendorLicenseUnlock extends ApplianceCommand {
  static override summary = 'Set the licence time of one installation right after an accident with its clock.'
  static override description = 'Counts once, on the installation that is named.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --installation 6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f --at 2027-03-01T12:00:00Z --reason "The clock ran a year ahead." --key vendor.key',
  ]
  static override flags = {
    installation: Flags.string({ summary: 'number of the installation', required: true, helpValue: 'UUID' }),
    at: { ...instantFlag('what licence time shall be'), required: true as const },
    reason: reasonFlag,
    vendor: vendorFlag,
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    out: outFlag,
  }

  async run() {
    const { flags } = await this.parse(VendorLicenseUnlock)
    const now = new Date()
    const signer = await readSecretKey(flags.key, flags['passphrase-file'])
    const { installation, reason, at } = flags
    const unlock = {
      ...opening(now, flags.vendor ?? `key ${signer.publicKey.keyId}`),
      installation,
      reason,
      at: String(at),
    }
    const issued = await issueDocument('unlock', unlock, { signer, out: flags.out, now })
    this.log(report(issued))
    return printed(issued)
  }
}
