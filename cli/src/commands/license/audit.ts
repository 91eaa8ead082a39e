import { existsSync } from 'node:fs'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { checkPeriod, dayFlag } from '../../day-flags.ts'
import { agentOf } from '../../facts/running.ts'
import { checkWritable, notWritten, writeGiven, writeNew } from '../../given-file.ts'
import { auditCsv } from '../../license/audit-csv.ts'
import { explain } from '../../license/audit-explain.ts'
import { auditHtml } from '../../license/audit-html.ts'
import { handedOver, makeReport } from '../../license/audit-make.ts'
import { auditText } from '../../license/audit-text.ts'

export default class LicenseAudit extends ApplianceCommand {
  static override summary = 'What was used: users, concurrent accesses, modules, transactions, and what is missing.'
  static override description =
    'Verifies the ledger of this appliance and computes the audit of your contract from it: numbers only, no personal data. Days are those of the contract’s time zone. With --out it writes the report that the vendor may ask for: read it, or look at it with --html, before you send it; it is a text file, and the vendor computes the same figures from it. Exit code 4 when the ledger does not hold; each finding is named.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from 2026-01-01 --to 2026-12-31 --html audit-2026.html',
    '<%= config.bin %> <%= command.id %> sessions --explain',
    '<%= config.bin %> <%= command.id %> --from 2026-01-01 --to 2026-12-31 --out audit-2026.jsonl',
  ]
  static override args = { meter: Args.string({ description: 'with --explain: the one to explain; all without it' }) }
  static override flags = {
    name: nameFlag,
    from: dayFlag('first day; by default the first that was counted'),
    to: dayFlag('last day; today by default'),
    explain: Flags.boolean({
      summary: 'show by which query each number came about, and the minutes around its greatest',
    }),
    csv: Flags.string({ summary: 'write a row for every hour and meter', helpValue: 'FILE' }),
    html: Flags.string({ summary: 'write a page with pictures that prints on A4', helpValue: 'FILE' }),
    out: Flags.string({ char: 'o', summary: 'write the signed report for the vendor', helpValue: 'FILE' }),
  }

  async run() {
    const { args, flags } = await this.parse(LicenseAudit)
    if (args.meter !== undefined && !flags.explain) throw withoutExplain(args.meter)
    const period = { from: flags.from ?? null, to: flags.to ?? null }
    checkPeriod(period.from, period.to)
    // Before the record says that a report was made to be handed over.
    if (flags.out !== undefined && existsSync(flags.out)) throw notWritten(flags.out, 'it is there already', true)
    for (const path of [flags.out, flags.html, flags.csv]) if (path) await checkWritable(path)
    const { blueprint, state } = await openAppliance(flags.name)
    const agent = agentOf(blueprint.layout.lib)
    const request = { ...period, exchange: flags.out !== undefined }
    const { text, made, audited } = await makeReport(
      agent,
      { ...blueprint.layout, trust: state.trust },
      request,
      this.signal,
    )
    if (flags.html) await writeGiven(flags.html, auditHtml(audited))
    if (flags.csv) await writeGiven(flags.csv, auditCsv(audited))
    const explained = flags.explain
      ? await explain(audited, args.meter ?? null, async (hour) => (await agent.call('licence-samples', hour)).lines)
      : null
    this.log(explained ?? auditText(audited))
    if (flags.out) {
      await writeNew(flags.out, text)
      this.log(`\n${handedOver(flags.out, audited, made)}`)
    }
    if (audited.findings.length > 0) process.exitCode = ExitCode.Unverified
    return {
      ...audited.figures,
      ...{ madeAt: audited.madeAt, findings: audited.findings },
      record: { lines: audited.chain.length, genesis: audited.chain.genesis, head: audited.chain.head },
      report: { file: flags.out ?? null, bytes: made.bytes, sha256: made.sha256 },
    }
  }
}

const withoutExplain = (meter: string) =>
  new UserError(`“${meter}” says which number to explain, and --explain is not given.`, {
    code: 'USAGE',
    hint: `Run: domicile license audit ${meter} --explain`,
    exitCode: ExitCode.Usage,
  })
