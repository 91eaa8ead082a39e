import { Args } from '@oclif/core'
import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'

import { setHold } from '../../backup/retention/hold.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'

export default class BackupRelease extends ApplianceCommand {
  static override summary = 'Leave a held snapshot to the policy again.'
  static override description = 'The next backup removes it when the policy does not keep it.'
  static override examples = ['<%= config.bin %> <%= command.id %> 20261122T0130']
  static override args = {
    snapshot: Args.string({ description: 'run id, its beginning, or latest', required: true }),
  }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(BackupRelease)

    requireRoot()
    const appliance = await openAppliance(flags.name)
    const tools = { engine: new DockerEngine(), signal: this.signal, now: () => new Date() }
    const { changed, snapshot } = await setHold(appliance, args.snapshot, null, tools)
    this.log(`Snapshot ${snapshot.run}: left to the policy${changed ? '' : ' (as it was)'}`)
    return { changed, snapshot }
  }
}
