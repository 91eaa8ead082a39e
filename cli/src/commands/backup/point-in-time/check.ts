import { ExitCode } from '@domicile/stacks/kernel'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../../appliance-command.ts'
import { policyInForce } from '../../../backup/list/policy-in-force.ts'
import { checkPointInTime } from '../../../backup/point-in-time/index.ts'
import { pointInTimeDocument, pointInTimeText } from '../../../backup/point-in-time/status-text.ts'
import { DockerEngine } from '../../../engine/docker-engine.ts'

export default class BackupPointInTimeCheck extends ApplianceCommand {
  static override summary = 'Read the point-in-time repository back and say whether all of it is whole.'
  static override description =
    'Reads every file of every base and every segment of WAL, and counts the segments: none may be missing. Exit code 4 when something is damaged, missing or late.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(BackupPointInTimeCheck)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    this.say('Reading the repository back …')
    const status = await checkPointInTime(appliance, { engine: new DockerEngine(), signal: this.signal })
    this.log(pointInTimeText(status, (await policyInForce(appliance)).timeZone))
    if (status.findings.length > 0) process.exitCode = ExitCode.Unverified
    else this.log('\nAll of it was read back, and nothing is damaged or missing.')
    return { whole: status.findings.length === 0, ...pointInTimeDocument(status) }
  }
}
