import { type AuditReport, readReport } from '@domicile/license/audit'
import { ExitCode } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { readGiven, writeGiven } from '../../../given-file.ts'
import { auditHtml } from '../../../license/audit-html.ts'
import { figuresText } from '../../../license/audit-text.ts'
import { anchorsIn } from '../../../vendor/audit/anchors.ts'
import * as shared from '../../../vendor/audit/flags.ts'
import { verificationOf } from '../../../vendor/audit/verification.ts'
import { verificationText } from '../../../vendor/audit/verification-text.ts'

export default class VendorAuditVerify extends ApplianceCommand {
  static override summary = 'Check an audit report from end to end, with nothing but the file and public keys.'
  static override description =
    'Computes every figure anew from the evidence in the report, and checks the record line by line, each day’s seal, the documents in it and the signature over all of it. Exit code 4 when anything does not hold; each finding is named. Needs no network and no appliance, and is for either side.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> audit-2026.jsonl --vendor-key vendor.pub --installation-key request.lic',
    '<%= config.bin %> <%= command.id %> audit-2026.jsonl --vendor-key vendor.pub --since audit-2025.jsonl --html audit.html',
  ]
  static override args = { file: Args.string({ description: 'the report', required: true }) }
  static override flags = {
    'vendor-key': shared.vendorKeysFlag,
    'installation-key': shared.installationKeyFlag,
    anchor: shared.anchorFlag,
    since: shared.sinceFlag,
    html: Flags.string({ summary: 'write the figures as the page that the customer sees', helpValue: 'FILE' }),
  }

  async run() {
    const { args, flags } = await this.parse(VendorAuditVerify)
    const now = new Date()
    const vendorKeys = await shared.readVendorKeys(flags['vendor-key'])
    const expected = await shared.readExpected(flags['installation-key'], now)
    const anchors = anchorsIn(await shared.readDocuments(flags.anchor), vendorKeys, now)
    const reading = { now, vendorKeys, installationKey: expected?.publicKey ?? null }
    const report = readReport(await readGiven(args.file), { ...reading, anchors })
    // What was counter-signed after the earlier report cannot be in it.
    const since = flags.since === undefined ? null : readReport(await readGiven(flags.since), reading)
    const verification = verificationOf(report, { vendorKeys, compared: expected !== null, since })
    if (flags.html)
      await writeGiven(flags.html, auditHtml({ ...report, findings: verification.findings as AuditReport['findings'] }))
    this.log(`${figuresText(report)}\n\n${verificationText(verification)}`)
    if (!verification.holds) process.exitCode = ExitCode.Unverified
    return verification
  }
}
