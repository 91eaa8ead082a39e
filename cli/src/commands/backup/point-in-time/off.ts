import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../../appliance-command.ts'
import { turnPointInTime } from '../../../backup/point-in-time/turn.ts'
import { stage } from '../../../screen/stage.ts'

export default class BackupPointInTimeOff extends ApplianceCommand {
  static override summary = 'Keep no more changes of the database between snapshots.'
  static override description =
    'What the repository has stays; switched on again, moments from the next base on can be reached. Snapshots go on as before.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag, yes: yesFlag }

  async run() {
    const { flags } = await this.parse(BackupPointInTimeOff)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const tools = { stage: stage(this.jsonEnabled()), signal: this.signal, now: () => new Date() }
    const confirm = () =>
      this.confirm('PostgreSQL is started anew for it; the application waits some seconds. Do it?', flags.yes)
    const steps = await turnPointInTime(appliance, 'off', tools, confirm)
    this.log(steps ? 'Point in time is off.' : 'It is off already.')
    return { changed: steps !== null, steps: steps ?? [] }
  }
}
