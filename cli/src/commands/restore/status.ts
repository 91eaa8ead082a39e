import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { backupLockHolder } from '../../backup/lock.ts'
import { readRestore } from '../../backup/restore/restore-record.ts'
import { idleBytes, settlingOf, sideOf } from '../../backup/restore/sides.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { restoreStatusText } from '../../screen/restore-text.ts'

export default class RestoreStatus extends ApplianceCommand {
  static override summary = 'Say whether a restore is under way or waits to be accepted, and what its other side takes.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(RestoreStatus)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const restore = await readRestore(appliance.name)
    if (!restore) {
      this.log('No restore is under way, and none waits.')
      return { restore: null, atWork: null, side: null, idleBytes: null }
    }
    const atWork = backupLockHolder(appliance.name)
    const side = sideOf(appliance, restore)
    // Measuring makes a room, which would end that of who is at work.
    const measured = atWork === null && settlingOf(appliance, restore) === 'wait'
    const bytes = measured
      ? await idleBytes(appliance, restore, { engine: new DockerEngine(), signal: this.signal })
      : null
    this.log(restoreStatusText(restore, atWork, bytes))
    return { restore, atWork, side, idleBytes: bytes }
  }
}
