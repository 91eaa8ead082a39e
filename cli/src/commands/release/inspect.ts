import { inspectRelease } from '@domicile/stacks/release'
import { Args } from '@oclif/core'
import { ApplianceCommand } from '../../appliance-command.ts'
import { requireFile } from '../../release/open-trusted.ts'

export default class ReleaseInspect extends ApplianceCommand {
  static override summary = 'Show what a release file says of itself. Proves nothing: see release verify.'
  static override examples = ['<%= config.bin %> <%= command.id %> erp-7.0.30.domicile']
  static override args = { release: Args.string({ description: 'release file', required: true }) }

  async run() {
    const { args } = await this.parse(ReleaseInspect)
    requireFile(args.release)
    const found = await inspectRelease(args.release)
    const { manifest, keyId, sizeBytes } = found
    this.log(
      [
        `${manifest.title} (${manifest.name}) ${manifest.version} of ${manifest.date}, sequence ${manifest.sequence}`,
        `claims to be signed by key ${keyId}; NOT VERIFIED`,
        `${(sizeBytes / 1e6).toFixed(1)} MB, ${(manifest.unpackedBytes / 1e6).toFixed(1)} MB unpacked, built by domicile ${manifest.domicile}`,
        '',
        ...manifest.images.map(
          ({ role, reference, digest, sizeBytes: size }) =>
            `  ${role.padEnd(10)} ${reference}  ${digest.slice(7, 19)}  ${(size / 1e6).toFixed(0)} MB`,
        ),
      ].join('\n'),
    )
    return found
  }
}
