import { keyFingerprint, parsePublicKey } from '@domicile/stacks/release'
import { Args } from '@oclif/core'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { openTrusted, vendorKeyFlag } from '../../release/open-trusted.ts'

export default class ReleaseVerify extends ApplianceCommand {
  static override summary = 'Check every byte of a release file against the vendor’s signature.'
  static override description =
    'Uses the key pinned on this host, or --vendor-key. The same can be checked with Debian’s minisign: see docs/admin/verify.md.'
  static override examples = ['<%= config.bin %> <%= command.id %> erp-7.0.30.domicile --vendor-key vendor.pub']
  static override args = { release: Args.string({ description: 'release file', required: true }) }
  static override flags = { name: nameFlag, 'vendor-key': vendorKeyFlag }

  async run() {
    const { args, flags } = await this.parse(ReleaseVerify)
    await using release = await openTrusted(args.release, flags)
    const { manifest, keyId, sizeBytes } = release
    const key = release.trust.keys
      .map(({ publicKey }) => parsePublicKey(publicKey))
      .find((candidate) => candidate.keyId === keyId)
    const fingerprint = key ? keyFingerprint(key) : ''
    this.log(`${manifest.title} ${manifest.version}: all ${sizeBytes} bytes are as the vendor signed them.`)
    this.log(`Key ${keyId}, fingerprint ${fingerprint}`)
    return {
      verified: true,
      name: manifest.name,
      version: manifest.version,
      sequence: manifest.sequence,
      keyId,
      fingerprint,
      sizeBytes,
    }
  }
}
