import { openAppliance } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../../appliance-command.ts'
import { policyInForce } from '../../../backup/list/policy-in-force.ts'
import { pointInTimeStatus } from '../../../backup/point-in-time/index.ts'
import { pointInTimeDocument, pointInTimeText } from '../../../backup/point-in-time/status-text.ts'
import { DockerEngine } from '../../../engine/docker-engine.ts'

export default class BackupPointInTimeStatus extends ApplianceCommand {
  static override summary = 'To which moments the database can be taken back, to the second.'
  static override description =
    'PostgreSQL gives away every change as it is made, at least twice a minute. Together with a base, of which one is made every night, any second of the last week can be reached: `restore --at`.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(BackupPointInTimeStatus)
    const appliance = await openAppliance(flags.name)
    const status = await pointInTimeStatus(appliance, { engine: new DockerEngine(), signal: this.signal })
    this.log(pointInTimeText(status, (await policyInForce(appliance)).timeZone))
    return pointInTimeDocument(status)
  }
}
