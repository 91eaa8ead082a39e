import { ExitCode } from '@domicile/stacks/kernel'
import { Args } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { counted } from '../../../license/audit-words.ts'
import { compareSent } from '../../../vendor/audit/comparison.ts'
import { readSent, type SentFile } from '../../../vendor/audit/sent-file.ts'

export default class VendorAuditCompare extends ApplianceCommand {
  static override summary = 'Tell from two reports whether an installation went on, was copied or was put back.'
  static override description =
    'Lays the records beside each other line by line: the same, continued (and whether time is left out between them), forked (with the line at which they part, and whether two were running at the same time), or foreign. Exit code 4 when they are forked, or when one does not hold by itself. Takes requests as well, of which only the ends can be compared.'
  static override examples = ['<%= config.bin %> <%= command.id %> audit-2025.jsonl audit-2026.jsonl']
  static override args = {
    a: Args.string({ description: 'a report', required: true }),
    b: Args.string({ description: 'another', required: true }),
  }

  async run() {
    const { args } = await this.parse(VendorAuditCompare)
    const reading = { now: new Date(), vendorKeys: [] }
    const [a, b] = [await readSent(args.a, reading), await readSent(args.b, reading)]
    const comparison = compareSent(a, b)
    const compared = [a, b].map(shown)
    const doubtful = compared.filter(({ findings }) => findings.length > 0)
    this.log(comparison.words.join('\n'))
    for (const { file, findings } of doubtful) {
      this.log(
        `${file} does not hold by itself (${counted(findings.length, 'finding')}): see domicile vendor audit verify.`,
      )
    }
    if (comparison.kinship === 'forked' || doubtful.length > 0) process.exitCode = ExitCode.Unverified
    return { ...comparison, compared }
  }
}

const shown = ({ file, claims: { installation, chain }, madeAt, report }: SentFile) => ({
  ...{ file, installation: installation.id, lines: chain.length, madeAt },
  findings: report?.findings ?? [],
})
