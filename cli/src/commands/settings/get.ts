import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { questions } from '@domicile/stacks/stack'
import { Args } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'

export default class SettingsGet extends ApplianceCommand {
  static override summary = 'Show the settings of the appliance, or one of them.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> hostname']
  static override args = { key: Args.string({ description: 'one setting; all by default' }) }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(SettingsGet)
    const { wanted, stack } = await openAppliance(flags.name)
    const items = questions(stack.manifest)
      .filter(({ key }) => args.key === undefined || key === args.key)
      .map(({ key, title }) => ({ key, title, value: wanted.settings[key] ?? null }))
    if (items.length === 0)
      throw noSetting(
        args.key ?? '',
        questions(stack.manifest).map(({ key }) => key),
      )
    if (args.key) this.log(String(items[0]?.value))
    else for (const { key, value, title } of items) this.log(`${key}: ${value}   # ${title}`)
    return { items }
  }
}

export const noSetting = (key: string, keys: readonly string[]) =>
  new UserError(`The stack has no setting “${key}”.`, {
    code: 'NO_SETTING',
    hint: `Its settings: ${keys.join(', ')}.`,
    exitCode: ExitCode.Usage,
  })
