import { Args, Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { readGiven } from '../../../given-file.ts'
import { keyFlag, passphraseFlag, readSecretKey } from '../../../vendor/keys.ts'
import { contractFlag, instantFlag, outFlag, reasonFlag, seqFlag, vendorFlag } from '../../../vendor/license/flags.ts'
import { issueDocument, opening, printed, report } from '../../../vendor/license/issue-document.ts'
import { checkAgainstLicence } from '../../../vendor/license/order-terms.ts'
import { readIssuedLicence } from '../../../vendor/license/renewal.ts'

const ACTIONS = ['suspend', 'lift', 'terminate', 'warn'] as const

export default class VendorLicenseOrder extends ApplianceCommand {
  static override summary =
    'Suspend, lift, terminate or warn, with the reason and the notice that the contract demands.'
  static override description =
    'Suspending and terminating need a notice that was given before, unless they are urgent. Whatever you order, the customer keeps its data and can take it out.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> suspend --contract K-17/2026 --seq 3 --clause 5.9 --reason "Dues of January are not paid." --notice-given 2027-02-01T08:00:00Z --notice "Reminder by registered mail." --effective 2027-03-04T00:00:00Z --key vendor.key',
    '<%= config.bin %> <%= command.id %> lift --contract K-17/2026 --seq 4 --clause 5.6 --reason "Paid." --key vendor.key',
  ]
  static override args = {
    action: Args.string({ description: 'what to order', required: true, options: [...ACTIONS] }),
  }
  static override flags = {
    contract: contractFlag,
    seq: seqFlag,
    reason: reasonFlag,
    clause: Flags.string({ summary: 'clause of the contract that allows it', required: true }),
    effective: instantFlag('from when on (now by default)'),
    'notice-given': { ...instantFlag('when the customer was told'), dependsOn: ['notice'] },
    notice: Flags.string({ summary: 'how the customer was told', dependsOn: ['notice-given'] }),
    licence: Flags.string({
      char: 'l',
      summary: 'the licence that it is about: its terms must foresee the order, and your name is taken from it',
      helpValue: 'FILE',
    }),
    urgent: Flags.boolean({ summary: 'without notice before, because it cannot wait', exclusive: ['notice'] }),
    vendor: vendorFlag,
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    out: outFlag,
  }

  async run() {
    const { args, flags } = await this.parse(VendorLicenseOrder)
    const now = new Date()
    const signer = await readSecretKey(flags.key, flags['passphrase-file'])
    const { contract, seq, reason, clause, urgent, notice, 'notice-given': given } = flags
    const licence =
      flags.licence === undefined
        ? null
        : readIssuedLicence(await readGiven(flags.licence), signer.publicKey, now).claims
    const order = {
      ...opening(now, flags.vendor ?? licence?.iss ?? `key ${signer.publicKey.keyId}`),
      action: args.action as (typeof ACTIONS)[number],
      ...{ contract, seq, reason, clause, urgent },
      effective: flags.effective ?? now.toISOString(),
      notice: given && notice ? { given, text: notice } : null,
    }
    if (licence) checkAgainstLicence(order, licence)
    const issued = await issueDocument('order', order, { signer, out: flags.out, now })
    this.log(report(issued))
    return printed(issued)
  }
}
