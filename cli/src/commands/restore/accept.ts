import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../appliance-command.ts'
import { withBackupLock } from '../../backup/lock.ts'
import { readRestore } from '../../backup/restore/restore-record.ts'
import { idleBytes, removeIdle, requireSettled } from '../../backup/restore/sides.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { sizeText } from '../../screen/restore-text.ts'

export default class RestoreAccept extends ApplianceCommand {
  static override summary = 'Keep what runs since a restore, and remove the other side.'
  static override description =
    'Removes the volumes that do not run: those from before the restore or, after `restore undo`, the restored ones. There is no way back to them afterwards; snapshots stay.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag, yes: yesFlag }

  async run() {
    const { flags } = await this.parse(RestoreAccept)
    requireRoot()
    const { name } = await openAppliance(flags.name)
    return withBackupLock(name, 'restore accept', async () => {
      const appliance = await openAppliance(name)
      const engine = new DockerEngine()
      const restore = requireSettled(appliance, await readRestore(name))
      const again = restore.phase === 'removing'
      // Of what is half removed nobody needs to know how much there was.
      const bytes = again ? 0 : await idleBytes(appliance, restore, { engine, signal: this.signal })
      await this.confirm(
        `Remove the side that does not run (${sizeText(bytes)})? There is no way back to it.`,
        flags.yes || again,
      )
      const removed = await change(name, 'restore accept', () => removeIdle(appliance, restore, engine))
      this.log(`Removed ${removed.join(', ')} (${sizeText(bytes)}).`)
      return { changed: true, removed, bytes, steps: [] }
    })
  }
}
