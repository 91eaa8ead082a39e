import { Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { readGiven } from '../../../given-file.ts'
import { keyFlag, passphraseFlag, readSecretKey } from '../../../vendor/keys.ts'
import { readExchange } from '../../../vendor/license/exchange.ts'
import { outFlag, requestFlag } from '../../../vendor/license/flags.ts'
import { issueDocument, printed, report } from '../../../vendor/license/issue-document.ts'
import { readTerms } from '../../../vendor/license/profiles.ts'
import { licenceFromSpec } from '../../../vendor/license/spec.ts'

export default class VendorLicenseIssue extends ApplianceCommand {
  static override summary = 'Sign a licence that you wrote down as YAML.'
  static override description =
    'The terms travel inside the licence, word for word. With --request the licence is for the installation that made the request, whose signature is checked, and the record of that installation is counter-signed beside it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --spec k-17.yaml --terms erp-on-premises --request request.lic --key vendor.key',
  ]
  static override flags = {
    spec: Flags.string({ char: 's', summary: 'what to license, as YAML', required: true, helpValue: 'FILE' }),
    terms: Flags.string({
      char: 't',
      summary: 'terms of the contract: the name of a profile that ships, or a file',
      required: true,
      helpValue: 'NAME|FILE',
    }),
    request: requestFlag,
    seq: Flags.integer({ summary: 'number of the document, in place of the one in the specification', min: 1 }),
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    out: outFlag,
  }

  async run() {
    const { flags } = await this.parse(VendorLicenseIssue)
    const now = new Date()
    const terms = await readTerms(flags.terms)
    const exchange = await readExchange(flags.request, now)
    const request = exchange?.claims ?? null
    const claims = licenceFromSpec(await readGiven(flags.spec), { terms, request, seq: flags.seq, now })
    const signer = await readSecretKey(flags.key, flags['passphrase-file'])
    const issued = await issueDocument('licence', claims, { signer, out: flags.out, now, exchange })
    this.log(report(issued))
    return printed(issued)
  }
}
