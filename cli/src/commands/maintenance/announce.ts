import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Flags } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'

export default class MaintenanceAnnounce extends ApplianceCommand {
  static override summary = 'Tell everybody who works that the appliance will be unavailable for a while.'
  static override description =
    'A bar on the application’s pages says it from now on, also on pages that are open already, and goes away when the time is over. Contracts say how long before it must be announced; see `license show`.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from 2026-12-05T23:00 --until 2026-12-05T23:30 --text "New version"',
  ]
  static override flags = {
    name: nameFlag,
    from: Flags.string({
      summary: 'when it begins, in this host’s time zone unless one is named',
      required: true,
      helpValue: 'TIME',
    }),
    until: Flags.string({ summary: 'when it is over at the latest', required: true, helpValue: 'TIME' }),
    text: Flags.string({ summary: 'what else people should know; up to 300 characters', helpValue: 'TEXT' }),
  }

  async run() {
    const { flags } = await this.parse(MaintenanceAnnounce)
    const { name, blueprint } = await openAppliance(flags.name)
    const [from, until] = [instant('--from', flags.from), instant('--until', flags.until)]
    if (until <= from || until <= new Date().toISOString())
      throw usage('The maintenance would be over before it begins.', 'Give a --until after --from, in the future.')
    if ((flags.text ?? '').length > 300)
      throw usage(
        'The text is longer than 300 characters.',
        'Shorten it; people read it in a bar at the bottom of the page.',
      )
    const maintenance = { from, until, text: flags.text ?? null }
    await change(name, `maintenance announce ${from} ${until}`, () =>
      agentOf(blueprint.layout.lib).call('maintenance-set', { maintenance }),
    )
    this.log(`Announced: ${from} to ${until}. People see it within a minute.`)
    return { changed: true, maintenance }
  }
}

function instant(flag: string, text: string): string {
  const time = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text) ? new Date(text.replace(' ', 'T')) : new Date(Number.NaN)
  if (Number.isNaN(time.getTime()))
    throw usage(`${flag} ${text} is not a point in time.`, 'Write it as 2026-12-05T23:00 or 2026-12-05T23:00+01:00.')
  return time.toISOString()
}

const usage = (message: string, hint: string) =>
  new UserError(message, { code: 'USAGE', hint, exitCode: ExitCode.Usage })
