import { setTimeout as sleep } from 'node:timers/promises'
import { Flags } from '@oclif/core'
import { openAppliance } from '../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../appliance-command.ts'
import { readRunning } from '../facts/running.ts'
import { type Status as StatusDocument, statusOf } from '../facts/status.ts'
import { noteShown } from '../license/shown.ts'
import { statusText } from '../screen/status-text.ts'

export default class Status extends ApplianceCommand {
  static override summary = 'Show how the appliance is: services, address, certificate, disk, what needs attention.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = {
    name: nameFlag,
    watch: Flags.boolean({ char: 'w', summary: 'show it again every two seconds' }),
  }

  async run(): Promise<StatusDocument> {
    const { flags } = await this.parse(Status)
    const appliance = await openAppliance(flags.name)
    for (;;) {
      const running = await readRunning(appliance)
      const status = statusOf(appliance, running, new Date())
      if (flags.watch && !this.jsonEnabled()) process.stdout.write('\u001b[2J\u001b[H')
      this.log(statusText(status))
      await noteShown(appliance.blueprint.layout.lib, running, this.jsonEnabled())
      if (!flags.watch || this.jsonEnabled() || this.signal.aborted) return status
      await sleep(2000, undefined, { signal: this.signal }).catch(() => undefined)
      if (this.signal.aborted) return status
    }
  }
}
