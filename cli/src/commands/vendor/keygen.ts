import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { formatPublicKey, formatSecretKey, generateKeyPair, keyFingerprint } from '@domicile/stacks/release'
import { Flags } from '@oclif/core'
import { ApplianceCommand } from '../../appliance-command.ts'
import { readGiven } from '../../given-file.ts'

export default class VendorKeygen extends ApplianceCommand {
  static override summary = 'Make the key pair that signs releases, in minisign’s file formats.'
  static override description =
    'Print the fingerprint in your contracts: customers compare it once, at first installation.'
  static override examples = ['<%= config.bin %> <%= command.id %> --out vendor']
  static override flags = {
    out: Flags.string({
      char: 'o',
      summary: 'base name: writes NAME.key (secret) and NAME.pub',
      default: 'vendor',
      helpValue: 'NAME',
    }),
    'passphrase-file': Flags.string({
      summary: 'encrypt the secret key with the passphrase in this file',
      helpValue: 'FILE',
    }),
  }

  async run() {
    const { flags } = await this.parse(VendorKeygen)
    const [secretPath, publicPath] = [`${flags.out}.key`, `${flags.out}.pub`]
    for (const path of [secretPath, publicPath]) if (existsSync(path)) throw taken(path)
    const pair = generateKeyPair()
    const passphrase = flags['passphrase-file']
      ? (await readGiven(flags['passphrase-file'])).replace(/\r?\n$/, '')
      : undefined
    await writeFile(secretPath, await formatSecretKey(pair, passphrase), { mode: 0o600, flag: 'wx' })
    await writeFile(publicPath, formatPublicKey(pair.publicKey), { mode: 0o644, flag: 'wx' })
    const fingerprint = keyFingerprint(pair.publicKey)
    this.log(`Secret key   ${secretPath}   keep it offline; whoever has it can sign for you`)
    this.log(`Public key   ${publicPath}   give it to your customers`)
    this.log(`Fingerprint  ${fingerprint}`)
    return { secretKey: secretPath, publicKey: publicPath, keyId: pair.publicKey.keyId, fingerprint }
  }
}

const taken = (path: string) =>
  new UserError(`${path} exists. A key is never overwritten: releases signed with it could not be renewed.`, {
    code: 'KEY_EXISTS',
    hint: 'Choose another name with --out.',
    exitCode: ExitCode.Refused,
  })
