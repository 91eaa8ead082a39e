import { ExitCode } from '@domicile/stacks/kernel'
import { type Appliance, openAppliance } from '../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../appliance-command.ts'
import { pointInTimeStatus } from '../backup/point-in-time/index.ts'
import { DockerEngine } from '../engine/docker-engine.ts'
import { judge } from '../facts/checks.ts'
import { readRunning } from '../facts/running.ts'
import { noteShown } from '../license/shown.ts'
import { checksText } from '../screen/status-text.ts'

export default class Doctor extends ApplianceCommand {
  static override summary = 'Say what is wrong with the appliance and what to do about it.'
  static override description =
    'Exit code 0 when nothing fails, 1 when something does: usable from Nagios, Zabbix or cron.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(Doctor)
    const appliance = await openAppliance(flags.name)
    const running = await readRunning(appliance)
    const checks = judge(appliance.blueprint, { ...running, ...(await this.#pointInTime(appliance)) }, new Date())
    const failed = checks.filter(({ verdict }) => verdict === 'fail').length
    this.log(checksText(checks))
    await noteShown(appliance.blueprint.layout.lib, running, this.jsonEnabled())
    this.log(
      failed === 0 ? '\nNothing is failing.' : `\n${failed} of ${checks.length} checks fail; begin with the first.`,
    )
    if (failed > 0) process.exitCode = ExitCode.Failed
    return { healthy: failed === 0, checks }
  }

  /** Nothing, where the release cannot do it. */
  async #pointInTime(appliance: Appliance) {
    const tools = { engine: new DockerEngine(), signal: this.signal }
    const pointInTime = await pointInTimeStatus(appliance, tools).catch(() => undefined)
    return pointInTime && { pointInTime }
  }
}
