import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../../appliance-command.ts'
import { turnPointInTime } from '../../../backup/point-in-time/turn.ts'
import { stage } from '../../../screen/stage.ts'

export default class BackupPointInTimeOn extends ApplianceCommand {
  static override summary = 'Keep every change of the database, so that any moment can be gone back to.'
  static override description =
    'It is on unless somebody switched it off or the disk was too small at installation. A base is made at once.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag, yes: yesFlag }

  async run() {
    const { flags } = await this.parse(BackupPointInTimeOn)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const tools = { stage: stage(this.jsonEnabled()), signal: this.signal, now: () => new Date() }
    const confirm = () =>
      this.confirm('PostgreSQL is started anew for it; the application waits some seconds. Do it?', flags.yes)
    const steps = await turnPointInTime(appliance, 'on', tools, confirm)
    this.log(steps ? 'Point in time is on.' : 'It is on already.')
    return { changed: steps !== null, steps: steps ?? [] }
  }
}
