import { Args } from '@oclif/core'
import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { reasonOf } from '../../backup/reason-flag.ts'
import { setHold } from '../../backup/retention/hold.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'

export default class BackupHold extends ApplianceCommand {
  static override summary = 'Keep a snapshot whatever the policy says.'
  static override description = 'It stays until `backup release`, and the reason is shown in every list.'
  static override examples = ['<%= config.bin %> <%= command.id %> latest "before the audit"']
  static override args = {
    snapshot: Args.string({ description: 'run id, its beginning, or latest', required: true }),
    reason: Args.string({ description: 'why, for whoever looks at it in a year', required: true }),
  }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(BackupHold)
    const reason = reasonOf(args.reason)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const tools = { engine: new DockerEngine(), signal: this.signal, now: () => new Date() }
    const { changed, snapshot } = await setHold(appliance, args.snapshot, reason, tools)
    this.log(`Snapshot ${snapshot.run}: held, ${reason}${changed ? '' : ' (as it was)'}`)
    return { changed, snapshot }
  }
}
