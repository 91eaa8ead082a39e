import { ExitCode } from '@domicile/stacks/kernel'
import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { withLock } from '../../appliance/lock.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { brokenLaws, reportText } from '../../license/selftest/report-text.ts'
import { scratchName } from '../../license/selftest/scratch-plan.ts'
import { selftest } from '../../license/selftest/selftest.ts'
import { stage } from '../../screen/stage.ts'

export default class LicenseSelftest extends ApplianceCommand {
  static override summary = 'Prove on a scratch copy that no standing holds anybody’s data hostage.'
  static override description =
    'Sets up a second appliance beside the running one with a copy of its database, takes it through every standing of the contract, and tries in each: login, reading, logout, licence import, backup and export must work; writing and activating users must be refused where the contract says so. The running appliance is only read, and the copy is removed at the end. Exit code 4 when a law is broken.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(LicenseSelftest)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const scratch = scratchName(appliance.name)
    return withLock(scratch, 'license selftest', async () => {
      this.say(`Trying every standing on “${scratch}”, a scratch copy of “${appliance.name}”`)
      const quiet = this.jsonEnabled()
      const say = (text: string) => quiet || this.say(text)
      const tools = { engine: new DockerEngine(), stage: stage(quiet), signal: this.signal, say }
      const report = await selftest(appliance, tools)
      const broken = brokenLaws(report)
      this.log(reportText(report))
      if (broken.length > 0) process.exitCode = ExitCode.Unverified
      return { lawful: broken.length === 0, broken, ...report }
    })
  }
}
