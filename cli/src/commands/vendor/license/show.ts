import { splitDocuments } from '@domicile/license/document'
import { Args, Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { readGiven } from '../../../given-file.ts'
import { readKey } from '../../../release/open-trusted.ts'
import { examineDocument } from '../../../vendor/license/examine-document.ts'

export default class VendorLicenseShow extends ApplianceCommand {
  static override summary = 'What a file of licence documents says, in plain words, and whether its signatures hold.'
  static override description =
    'Reads every kind, old and expired ones too. Requests and usage reports carry their key; for the vendor’s documents give --vendor-key.'
  static override examples = ['<%= config.bin %> <%= command.id %> k-17.lic --vendor-key vendor.pub']
  static override args = { file: Args.string({ description: 'file with one or more documents', required: true }) }
  static override flags = {
    'vendor-key': Flags.string({
      summary: 'public key that must have signed; all that count, when there are several',
      multiple: true,
      helpValue: 'KEY',
    }),
  }

  async run() {
    const { args, flags } = await this.parse(VendorLicenseShow)
    const keys = await Promise.all((flags['vendor-key'] ?? []).map(readKey))
    const documents = splitDocuments(await readGiven(args.file))
    const items = documents.map((text) => examineDocument(text, keys, new Date()))
    this.log(items.map(({ lines }) => lines.join('\n')).join('\n\n'))
    return { items: items.map(({ lines: _, ...item }) => item) }
  }
}
