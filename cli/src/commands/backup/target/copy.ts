import { Args } from '@oclif/core'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../../appliance-command.ts'
import { copyToAll } from '../../../backup/targets/copy-to-all.ts'
import { findTarget } from '../../../backup/targets/store.ts'
import { tellingAgent } from '../../../backup/tell-end.ts'
import { DockerEngine } from '../../../engine/docker-engine.ts'

export default class BackupTargetCopy extends ApplianceCommand {
  static override summary = 'Bring second copies up to date now.'
  static override description =
    'Every good snapshot that is missing there is copied, the newest first; what was interrupted goes on where it stopped. Then what the policy no longer keeps is removed there, where that is possible. The database is not touched.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> nas']
  static override args = { target: Args.string({ description: 'name of the second copy; all when left out' }) }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(BackupTargetCopy)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const only = args.target === undefined ? [] : [await findTarget(appliance.name, args.target)]
    const say = (text: string) => this.jsonEnabled() || this.say(text)
    const tools = { engine: new DockerEngine(), signal: this.signal, now: () => new Date(), say }
    const copied = await tellingAgent(
      appliance,
      'second-copy',
      () => copyToAll(appliance, tools, only),
      () => ({ run: null, outcome: 'done', code: null }),
    )
    for (const item of copied.items) {
      if ('error' in item) continue
      const { target, label, copied, removed, newest, seconds } = item
      this.log(
        `${target}${label ? ` (disk ${label})` : ''}: ${copied.length} copied, ${removed.length} removed, newest ${newest?.run ?? 'none'}, ${seconds.toFixed(1)} s`,
      )
    }
    if (copied.items.length === 0) this.log('There is no second copy: domicile backup target add NAME URL')
    return { changed: copied.items.some((item) => 'copied' in item && item.copied.length > 0), ...copied }
  }
}
