import { openAppliance } from '../appliance/appliance.ts'
import { change } from '../appliance/change.ts'
import { mend, planMending } from '../appliance/mend.ts'
import { ApplianceCommand, dryRunFlag, nameFlag } from '../appliance-command.ts'
import { stage } from '../screen/stage.ts'

export default class Apply extends ApplianceCommand {
  static override summary = 'Make what runs what is wanted: find each difference, name it, mend it.'
  static override description =
    'Compares images by digest, environment, mounts, networks, ports, limits, rendered files and PostgreSQL settings with what appliance.yaml and the release say.'
  static override examples = ['<%= config.bin %> <%= command.id %> --dry-run', '<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag, 'dry-run': dryRunFlag }

  async run() {
    const { flags } = await this.parse(Apply)
    const appliance = await openAppliance(flags.name)
    const { differences, steps } = await planMending(appliance)
    for (const { subject, aspect, wanted, found } of differences)
      this.log(`${subject}: ${aspect}: wanted ${wanted}; found ${found}`)
    if (differences.length === 0) this.log('Nothing differs.')
    if (flags['dry-run'] || differences.length === 0) {
      if (differences.length > 0) this.log(`\n${steps.map(({ title }, index) => `${index + 1}. ${title}`).join('\n')}`)
      return { changed: false, differences, steps: steps.map(({ title }) => ({ title })) }
    }
    const tools = { stage: stage(this.jsonEnabled()), signal: this.signal }
    const times = await change(appliance.name, 'apply', () => mend(appliance, steps, tools))
    return { changed: true, differences, steps: times }
  }
}
