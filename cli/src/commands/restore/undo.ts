import { durationText, lostBetween } from '@domicile/backup/restore'
import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../appliance-command.ts'
import { withBackupLock } from '../../backup/lock.ts'
import { abandon, endSwitch, switchBack } from '../../backup/restore/restore.ts'
import { readRestore } from '../../backup/restore/restore-record.ts'
import { requireRestore, settlingOf } from '../../backup/restore/sides.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { restoredText } from '../../screen/restore-text.ts'
import { stage } from '../../screen/stage.ts'

export default class RestoreUndo extends ApplianceCommand {
  static override summary = 'Go back to the side from before a restore, or to the restored one again.'
  static override description =
    'Both sides are kept until `restore accept`. What was written since the switch is on the side that is left; it stays there. A restore that was interrupted before its switch is removed.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag, yes: yesFlag }

  async run() {
    const { flags } = await this.parse(RestoreUndo)
    requireRoot()
    const { name } = await openAppliance(flags.name)
    return withBackupLock(name, 'restore undo', async () => {
      const appliance = await openAppliance(name)
      const tools = {
        ...{ engine: new DockerEngine(), stage: stage(this.jsonEnabled()), signal: this.signal },
        ...{ say: (text: string) => this.say(text), now: () => new Date() },
      }
      const restore = requireRestore(await readRestore(name))
      const settling = settlingOf(appliance, restore)
      if (settling === 'discard') {
        await abandon(appliance, restore, tools)
        this.log('What the interrupted restore had made beside is removed; what runs was not touched.')
        return { changed: true, restore: null, steps: [] }
      }
      const settled = settling === 'go-on' ? (await endSwitch(appliance, restore, tools)).restore : restore
      const { seconds } = lostBetween(settled.switchedAt ?? settled.beganAt, tools.now().toISOString())
      await this.confirm(
        `Go to the side ${settled.phase === 'switched' ? 'from before the restore' : 'that was restored'}? What was written in the last ${durationText(seconds)} stays on the side that runs now.`,
        flags.yes,
      )
      const { restore: there, steps } = await switchBack(await openAppliance(name), settled, tools)
      this.log(restoredText(there))
      return { changed: true, restore: there, steps }
    })
  }
}
