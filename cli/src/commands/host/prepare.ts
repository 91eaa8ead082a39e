import { requireRoot } from '../../appliance/appliance.ts'
import { ApplianceCommand, dryRunFlag, yesFlag } from '../../appliance-command.ts'
import { preparation, prepareHost } from '../../host/prepare-host.ts'

export default class HostPrepare extends ApplianceCommand {
  static override summary = 'Bring Docker Engine from the distribution’s packages and start it, after saying so.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --dry-run']
  static override flags = { yes: yesFlag, 'dry-run': dryRunFlag }

  async run() {
    const { flags } = await this.parse(HostPrepare)
    requireRoot()
    const steps = await preparation()
    if (steps.length === 0) {
      this.log('Nothing to do: Docker Engine is here and answers.')
      return { changed: false, steps: [] }
    }
    this.say(`This will be done:\n${steps.map(({ title }) => `  ${title}`).join('\n')}`)
    if (flags['dry-run']) return { changed: false, steps: steps.map(({ title }) => ({ title })) }
    await this.confirm('Go on?', flags.yes)
    const times = await prepareHost(steps, (text) => this.say(text))
    this.log('Docker Engine is running. Next: domicile preflight RELEASE')
    return { changed: true, steps: times }
  }
}
