import { ExitCode } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { writeGiven } from '../../../given-file.ts'
import * as shared from '../../../vendor/audit/flags.ts'
import { reconciled } from '../../../vendor/audit/reconcile.ts'
import { reconcileHtml } from '../../../vendor/audit/reconcile-html.ts'
import { reconcileText } from '../../../vendor/audit/reconcile-text.ts'

export default class VendorAuditReconcile extends ApplianceCommand {
  static override summary = 'What follows from the use that reports prove: licences, maintenance, tiers, penalty.'
  static override description =
    'Takes reports of any installations and periods under one licence, and computes what its terms make of them: intervals beyond the licence, licences for the actual extent, maintenance for that time, what is billed afterwards, tiers, fair use and the base of a penalty. Amounts only with a price list. For either side: the same files give the same figures. It changes nothing, and no renewal waits for it. Exit code 4 when anything in the reports does not hold.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> audit-2026.jsonl --licence k-17.lic --vendor-key vendor.pub',
    '<%= config.bin %> <%= command.id %> audit-q1.jsonl audit-q2.jsonl --licence k-17.lic --prices prices.yaml --html statement.html',
  ]
  static override args = {
    file: Args.string({ description: 'the reports, one or more', required: true, multiple: true }),
  }
  static override flags = {
    licence: Flags.string({
      summary: 'the licence; its renewals may follow in the same file',
      required: true,
      helpValue: 'FILE',
    }),
    prices: Flags.string({ summary: 'price list, for amounts', helpValue: 'FILE' }),
    'vendor-key': shared.vendorKeysFlag,
    html: Flags.string({ summary: 'write the statement as a page', helpValue: 'FILE' }),
  }

  async run() {
    const { args, flags } = await this.parse(VendorAuditReconcile)
    const vendorKeys = await shared.readVendorKeys(flags['vendor-key'])
    const result = await reconciled({ ...flags, reports: args.file }, vendorKeys, new Date())
    if (flags.html) await writeGiven(flags.html, reconcileHtml(result))
    this.log(reconcileText(result))
    if (!result.holds) process.exitCode = ExitCode.Unverified
    const { statement, ...evidence } = result
    return { ...evidence, ...statement }
  }
}
