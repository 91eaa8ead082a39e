import { Args } from '@oclif/core'
import { openAppliance } from '../appliance/appliance.ts'
import { change } from '../appliance/change.ts'
import { meant, stopAll } from '../appliance/control.ts'
import { ApplianceCommand, nameFlag } from '../appliance-command.ts'

export default class Stop extends ApplianceCommand {
  static override summary = 'Stop the appliance, or one service of it. It stays stopped after a reboot.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> app']
  static override args = { service: Args.string({ description: 'one service; all by default' }) }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(Stop)
    const appliance = await openAppliance(flags.name)
    const containers = meant(appliance, args.service)
    const steps = await change(appliance.name, `stop ${args.service ?? 'everything'}`, () =>
      stopAll(appliance, containers, (text) => this.say(text)),
    )
    return { changed: true, services: containers.map(({ service }) => service), steps }
  }
}
