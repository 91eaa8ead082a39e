import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { openAppliance } from '../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../appliance-command.ts'

export default class Logs extends ApplianceCommand {
  static override summary = 'Show what a service printed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> app',
    '<%= config.bin %> <%= command.id %> postgres --lines 500 --follow',
  ]
  static override args = {
    service: Args.string({ description: 'postgres, agent, gateway or a service of the stack', required: true }),
  }
  static override flags = {
    name: nameFlag,
    lines: Flags.integer({ summary: 'how many of the last lines', default: 100, min: 1, max: 100_000 }),
    follow: Flags.boolean({ char: 'f', summary: 'go on as new lines come' }),
  }

  async run() {
    const { args, flags } = await this.parse(Logs)
    const { blueprint, engine } = await openAppliance(flags.name)
    const container = serviceOf(blueprint.containers, args.service)
    if (this.jsonEnabled()) {
      const text = await engine.lastLogs(container.name, flags.lines)
      return { items: text.split('\n') }
    }
    await engine.followLogs(container.name, { lines: flags.lines, follow: flags.follow }, (chunk, stream) => {
      process[stream].write(chunk)
    })
    return { items: [] }
  }
}

/** @throws UserError NO_SERVICE (7) that lists the services there are */
export function serviceOf<T extends { service: string }>(containers: readonly T[], service: string): T {
  const found = containers.find((container) => container.service === service)
  if (found) return found
  throw new UserError(`The appliance has no service “${service}”.`, {
    code: 'NO_SERVICE',
    hint: `Its services: ${containers.map(({ service: name }) => name).join(', ')}.`,
    exitCode: ExitCode.NotFound,
  })
}
