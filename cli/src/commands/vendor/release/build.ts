import { loadStack } from '@domicile/stacks/stack'
import { Args, Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { buildRelease } from '../../../vendor/build-release.ts'
import { buildImages, requireDocker } from '../../../vendor/images.ts'
import { keyFlag, passphraseFlag, readKeyList, readSecretKey } from '../../../vendor/keys.ts'
import { rehearseBlueprint } from '../../../vendor/rehearse-blueprint.ts'

export default class VendorReleaseBuild extends ApplianceCommand {
  static override summary = 'Turn a stack folder into one signed release file.'
  static override description =
    'Holds the stack, all images (shared layers once), a bill of materials per image, checksums and the signature.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> stacks/guestbook --key vendor.key --build --out guestbook-1.0.0.domicile',
  ]
  static override args = {
    folder: Args.string({ description: 'folder with compose.yaml and appliance.yaml', required: true }),
  }
  static override flags = {
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    out: Flags.string({ char: 'o', summary: 'file to write (NAME-VERSION.domicile)', helpValue: 'FILE' }),
    build: Flags.boolean({ summary: 'build the images that have a `build` key first' }),
    sequence: Flags.integer({
      summary: 'number that grows with every release (seconds since 1970 by default)',
      min: 1,
    }),
    'key-list': Flags.string({
      summary: 'key list of vendor keys rotate; all of them, oldest first',
      multiple: true,
      helpValue: 'FILE',
    }),
  }

  async run() {
    const { args, flags } = await this.parse(VendorReleaseBuild)
    const say = (text: string) => this.say(text)
    const stack = await loadStack(args.folder)
    rehearseBlueprint(stack)
    const secretKey = await readSecretKey(flags.key, flags['passphrase-file'])
    const keyLists = await Promise.all((flags['key-list'] ?? []).map(readKeyList))
    await requireDocker()
    if (flags.build) await buildImages(stack, args.folder, say)
    const outFile = flags.out ?? `${stack.manifest.name}-${stack.manifest.version}.domicile`
    const sequence = flags.sequence ?? Math.floor(Date.now() / 1000)
    const packed = await buildRelease({
      stack,
      secretKey,
      keyLists,
      sequence,
      domicile: this.config.version,
      outFile,
      say,
    })
    this.log(
      `${outFile}  ${(packed.sizeBytes / 1e6).toFixed(1)} MB, signed by key ${secretKey.publicKey.keyId}, sequence ${sequence}`,
    )
    return {
      file: outFile,
      sizeBytes: packed.sizeBytes,
      keyId: secretKey.publicKey.keyId,
      sequence,
      images: packed.manifest.images,
    }
  }
}
