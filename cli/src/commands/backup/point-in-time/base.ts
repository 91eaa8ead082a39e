import { Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../../appliance-command.ts'
import { withBackupLock } from '../../../backup/lock.ts'
import { onTrail } from '../../../backup/on-trail.ts'
import { makeBase } from '../../../backup/point-in-time/index.ts'
import { requireOn } from '../../../backup/point-in-time/wanted.ts'
import { DockerEngine } from '../../../engine/docker-engine.ts'

export default class BackupPointInTimeBase extends ApplianceCommand {
  static override summary = 'Make a base now, from which any later moment can be reached.'
  static override description =
    'The night makes one by itself. By hand it is needed after changes were lost: moments from the end of this base on can be reached again. People can work meanwhile.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --full']
  static override flags = {
    name: nameFlag,
    full: Flags.boolean({ summary: 'copy all of the database, not only what has changed since the last base' }),
  }

  async run() {
    const { flags } = await this.parse(BackupPointInTimeBase)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    requireOn(appliance.wanted)
    const tools = {
      ...{ engine: new DockerEngine(), signal: this.signal, now: () => new Date() },
      say: (text: string) => this.jsonEnabled() || this.say(text),
    }
    const what = `backup point-in-time base${flags.full ? ' --full' : ''}`
    const base = await withBackupLock(appliance.name, what, () =>
      onTrail(appliance.name, what, tools.now, () => makeBase(appliance, tools, flags.full ? 'full' : undefined)),
    )
    this.log(`Base ${base.label}: ${(base.bytes / 1e6).toFixed(1)} MB in ${base.seconds.toFixed(1)} s.`)
    return { changed: true, ...base }
  }
}
