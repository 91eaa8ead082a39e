import { writeFile } from 'node:fs/promises'
import { buildKeyList, keyFingerprint } from '@domicile/stacks/release'
import { Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { readKey } from '../../../release/open-trusted.ts'
import { keyFlag, passphraseFlag, readSecretKey } from '../../../vendor/keys.ts'

export default class VendorKeysRotate extends ApplianceCommand {
  static override summary = 'Name the keys that count from now on, in a list signed by the old key.'
  static override description =
    'Put the list into every release from then on (vendor release build --key-list): appliances that trust the old key learn the new one by themselves, offline.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --key old.key --stack erp --trust new.pub --sequence 1 --out keys-1.json',
  ]
  static override flags = {
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    stack: Flags.string({ summary: 'name of the stack whose releases it is for', required: true }),
    trust: Flags.string({
      summary: 'public key that counts from now on',
      multiple: true,
      required: true,
      helpValue: 'KEY',
    }),
    sequence: Flags.integer({ summary: 'one more than in the list before; 1 for the first', required: true, min: 1 }),
    out: Flags.string({
      char: 'o',
      summary: 'file to write; the signature goes beside it',
      default: 'keys.json',
      helpValue: 'FILE',
    }),
  }

  async run() {
    const { flags } = await this.parse(VendorKeysRotate)
    const signer = await readSecretKey(flags.key, flags['passphrase-file'])
    const keys = await Promise.all(flags.trust.map(readKey))
    const trusted = keys.map(({ text }) => ({ publicKey: text, from: null, until: null }))
    const list = buildKeyList(signer, { name: flags.stack, sequence: flags.sequence, keys: trusted })
    await writeFile(flags.out, list.json)
    await writeFile(`${flags.out}.minisig`, list.signature)
    for (const key of keys) this.log(`trusted from now on: ${key.keyId}  ${keyFingerprint(key)}`)
    this.log(`Written: ${flags.out} and ${flags.out}.minisig`)
    return { file: flags.out, keys: keys.map(({ keyId }) => keyId) }
  }
}
