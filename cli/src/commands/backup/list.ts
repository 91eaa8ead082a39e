import { explain, policy, type Verdict } from '@domicile/backup/policy'
import { Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { resolveName } from '../../appliance/records.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { readCatalogue } from '../../backup/catalogue.ts'
import { hostZone, policyInForce } from '../../backup/list/policy-in-force.ts'
import { refreshCatalogue } from '../../backup/list/rebuild.ts'
import { listText } from '../../backup/list/snapshot-text.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'

export default class BackupList extends ApplianceCommand {
  static override summary = 'The snapshots there are, the newest first.'
  static override description =
    'Each is one point for the database, the documents, the settings and the secrets. A snapshot counts once it is whole, is read back when it was checked, and is proven when it was restored on trial and found equal. With --explain: which stay, which go when the next night ends well, and why.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --explain',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {
    name: nameFlag,
    explain: Flags.boolean({ summary: 'say of each why it stays or goes' }),
    refresh: Flags.boolean({ summary: 'look into the archive first, and write the list of them anew' }),
  }

  async run() {
    const { flags } = await this.parse(BackupList)
    if (flags.refresh) await this.#refresh(flags.name)
    if (flags.explain) return this.#explained(flags.name)
    const snapshots = await readCatalogue(await resolveName(flags.name))
    this.log(listText(snapshots, hostZone()))
    return { items: snapshots.toReversed() }
  }

  async #refresh(name: string | undefined): Promise<void> {
    requireRoot()
    const tools = { engine: new DockerEngine(), signal: this.signal }
    const { added, removed } = await refreshCatalogue(await openAppliance(name), tools)
    for (const run of added) this.say(`Not listed so far: ${run}`)
    for (const run of removed) this.say(`Not there any more: ${run}`)
  }

  async #explained(name: string | undefined) {
    const appliance = await openAppliance(name)
    const snapshots = await readCatalogue(appliance.name)
    const terms = await policyInForce(appliance)
    const verdicts = new Map(policy(snapshots, new Date(), terms).map((verdict) => [verdict.run, verdict]))
    const of = ({ run }: { run: string }) => verdicts.get(run) as Verdict
    this.log(listText(snapshots, terms.timeZone, (one) => explain(of(one))))
    const items = snapshots.toReversed().map((one) => {
      const { keep, reasons } = of(one)
      return { ...one, keep, reasons, explanation: explain(of(one)) }
    })
    return { items }
  }
}
