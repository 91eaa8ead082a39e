import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { brokenLink, readTrail, trailPath } from '../../appliance/audit-trail.ts'
import { resolveName } from '../../appliance/records.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'

export default class AuditTrailVerify extends ApplianceCommand {
  static override summary = 'Prove that no line of the audit trail was edited, removed or added.'
  static override description =
    'Each line carries the hash of the line before it. Keep the printed head hash elsewhere: with it, a shortened trail shows too.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(AuditTrailVerify)
    const name = await resolveName(flags.name)
    const lines = readTrail(name)
    const broken = brokenLink(lines)
    if (broken) {
      throw new UserError(`The audit trail does not hold: ${broken}.`, {
        code: 'TRAIL_BROKEN',
        hint: `Look at ${trailPath(name)} from that line on, and at the backups of it.`,
        exitCode: ExitCode.Unverified,
      })
    }
    const head = lines.at(-1)
    this.log(head ? `${lines.length} lines, unbroken. Head: ${head.hash} (${head.at})` : 'The audit trail is empty.')
    return { lines: lines.length, head: head?.hash ?? null }
  }
}
