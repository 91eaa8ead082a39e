import { Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { keyFlag, passphraseFlag, readSecretKey } from '../../../vendor/keys.ts'
import { checkExchange, readExchange } from '../../../vendor/license/exchange.ts'
import { contractFlag, dayFlag, outFlag, requestFlag, seqFlag, vendorFlag } from '../../../vendor/license/flags.ts'
import { issueDocument, opening, printed, report } from '../../../vendor/license/issue-document.ts'

export default class VendorLicenseReceipt extends ApplianceCommand {
  static override summary = 'Confirm a payment: what followed from its absence ends when the customer brings it in.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --contract K-17/2026 --seq 5 --paid-through 2027-06-30 --reference "SI00 2027-17" --key vendor.key',
  ]
  static override flags = {
    contract: contractFlag,
    seq: seqFlag,
    'paid-through': { ...dayFlag('last day that is paid for'), required: true as const },
    reference: Flags.string({ summary: 'of the payment or the invoice' }),
    request: requestFlag,
    vendor: vendorFlag,
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    out: outFlag,
  }

  async run() {
    const { flags } = await this.parse(VendorLicenseReceipt)
    const now = new Date()
    const signer = await readSecretKey(flags.key, flags['passphrase-file'])
    const { contract, seq, reference, 'paid-through': paidThrough } = flags
    const exchange = await readExchange(flags.request, now)
    if (exchange) checkExchange(exchange, { contract, seq })
    const receipt = {
      ...opening(now, flags.vendor ?? `key ${signer.publicKey.keyId}`),
      ...{ contract, seq, paidThrough: String(paidThrough) },
      ...(reference !== undefined && { reference }),
    }
    const issued = await issueDocument('receipt', receipt, { signer, out: flags.out, now, exchange })
    this.log(report(issued))
    return printed(issued)
  }
}
