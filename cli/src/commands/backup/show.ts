import { findSnapshot } from '@domicile/backup/catalogue'
import { explain, policy, type Verdict } from '@domicile/backup/policy'
import { Args } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { readCatalogue } from '../../backup/catalogue.ts'
import { policyInForce } from '../../backup/list/policy-in-force.ts'
import { snapshotText } from '../../backup/list/snapshot-text.ts'

export default class BackupShow extends ApplianceCommand {
  static override summary = 'Everything that is known of one snapshot.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> latest',
    '<%= config.bin %> <%= command.id %> 20261122T013000Z',
  ]
  static override args = {
    snapshot: Args.string({ description: '`latest`, a snapshot or the beginning of its name', required: true }),
  }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(BackupShow)
    const appliance = await openAppliance(flags.name)
    const snapshots = await readCatalogue(appliance.name)
    const found = findSnapshot(snapshots, { name: args.snapshot })
    const terms = await policyInForce(appliance)
    const verdict = policy(snapshots, new Date(), terms).find(({ run }) => run === found.run) as Verdict
    this.log(snapshotText(found, terms.timeZone, explain(verdict)))
    return { ...found, keep: verdict.keep, reasons: verdict.reasons, explanation: explain(verdict) }
  }
}
