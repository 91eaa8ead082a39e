import { proofsWithin, yearOf } from '@domicile/backup/proof'
import { ExitCode } from '@domicile/stacks/kernel'
import { Flags } from '@oclif/core'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { givenProofs, ownProofs } from '../../backup/report/material.ts'
import { reportHtml } from '../../backup/report/report-html.ts'
import { reportText } from '../../backup/report/report-text.ts'
import type { BackupReport } from '../../backup/report/report-words.ts'
import { checkPeriod, dayFlag } from '../../day-flags.ts'
import { checkWritable, writeGiven, writeNew } from '../../given-file.ts'

export default class BackupReportCommand extends ApplianceCommand {
  static override summary = 'A year of proofs: which weeks were proven, how long recovery took, what is kept.'
  static override description =
    'For the contract’s yearly report. Every proof is verified: signed by this installation, and following the one before it. With --out the signed proofs themselves are written, a line each, for the vendor or an auditor, who verifies them on any machine with --verify and the installation’s key. Days are those of the time zone in which snapshots are kept. Exit code 4 when a proof does not hold.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --html backups-2026.html',
    '<%= config.bin %> <%= command.id %> --from 2026-01-01 --to 2026-12-31 --out proofs-2026.txt',
    '<%= config.bin %> <%= command.id %> --verify proofs-2026.txt --installation-key request.lic',
  ]
  static override flags = {
    name: nameFlag,
    from: dayFlag('first day; by default a year before the last'),
    to: dayFlag('last day; today by default'),
    html: Flags.string({ summary: 'write a page that prints on A4', helpValue: 'FILE' }),
    out: Flags.string({ char: 'o', summary: 'write all signed proofs, a line each', helpValue: 'FILE' }),
    verify: Flags.string({ summary: 'verify proofs from a file instead of this host’s', helpValue: 'FILE' }),
    'installation-key': Flags.string({
      summary: 'with --verify: whose proofs they must be; a request of the installation, or its key',
      helpValue: 'FILE|KEY',
      dependsOn: ['verify'],
    }),
  }

  async run() {
    const { flags } = await this.parse(BackupReportCommand)
    for (const path of [flags.html, flags.out]) if (path) await checkWritable(path)
    const now = new Date()
    const { texts, chain, since, ...rest } = flags.verify
      ? await givenProofs(flags.verify, flags['installation-key'], flags.name, now)
      : await ownProofs(flags.name)
    const to = flags.to ?? now.toISOString().slice(0, 10)
    const from = flags.from ?? later(aYearUntil(to), since)
    checkPeriod(from, to)
    const figures = yearOf({ proofs: chain.proofs, from, to, now, ...rest })
    const last = chain.proofs.at(-1)
    const report: BackupReport = {
      ...{ figures, findings: chain.findings, proofs: proofsWithin(chain.proofs, { from, to, ...rest }) },
      ...{ appliance: last?.appliance ?? 'this appliance', installation: last?.installation ?? 'none' },
    }
    if (flags.html) await writeGiven(flags.html, reportHtml(report))
    if (flags.out) await writeNew(flags.out, texts.map((text) => `${text}\n`).join(''))
    this.log(reportText(report))
    if (report.findings.length > 0) process.exitCode = ExitCode.Unverified
    return report
  }
}

/** The day after the same day of the year before. */
function aYearUntil(to: string): string {
  const date = new Date(`${to}T00:00Z`)
  date.setUTCFullYear(date.getUTCFullYear() - 1)
  date.setUTCDate(date.getUTCDate() + 1)
  return date.toISOString().slice(0, 10)
}

/** Nothing was to be proven before the appliance was there. */
const later = (day: string, since: string | null) => (since !== null && since > day ? since : day)
