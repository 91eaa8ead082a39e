import { Args } from '@oclif/core'
import { openAppliance } from '../appliance/appliance.ts'
import { change } from '../appliance/change.ts'
import { meant, startAll } from '../appliance/control.ts'
import { ApplianceCommand, nameFlag } from '../appliance-command.ts'

export default class Start extends ApplianceCommand {
  static override summary = 'Start the appliance, or one service of it.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> app']
  static override args = { service: Args.string({ description: 'one service; all by default' }) }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(Start)
    const appliance = await openAppliance(flags.name)
    const containers = meant(appliance, args.service)
    const steps = await change(appliance.name, `start ${args.service ?? 'everything'}`, () =>
      startAll(appliance, containers, (text) => this.say(text), this.signal),
    )
    return { changed: true, services: containers.map(({ service }) => service), steps }
  }
}
