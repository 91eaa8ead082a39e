import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { questions, type SettingValue, settingsValidator } from '@domicile/stacks/stack'
import { openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { changeWanted } from '../../appliance/mend.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../appliance-command.ts'
import { stage } from '../../screen/stage.ts'
import { noSetting } from './get.ts'

export default class SettingsSet extends ApplianceCommand {
  static override summary = 'Change settings and apply them; if that fails, the old ones come back.'
  static override examples = ['<%= config.bin %> <%= command.id %> hostname=erp.example.com']
  static override strict = false
  static override flags = { name: nameFlag, yes: yesFlag }

  async run() {
    const { argv, flags } = await this.parse(SettingsSet)
    const appliance = await openAppliance(flags.name)
    const { manifest } = appliance.stack
    const changes = Object.fromEntries((argv as string[]).map((entry) => parseAssignment(entry, manifest)))
    const settings = { ...settingsValidator(manifest)({ ...appliance.wanted.settings, ...changes }) }
    const changed = Object.keys(changes).filter((key) => settings[key] !== appliance.wanted.settings[key])
    if (changed.length === 0) {
      this.log('Nothing to change.')
      return { changed: false, steps: [] }
    }
    for (const key of changed) this.say(`${key}: ${appliance.wanted.settings[key] ?? '(none)'} → ${settings[key]}`)
    await this.confirm('Apply this? Services that use it are restarted.', flags.yes)
    const tools = { stage: stage(this.jsonEnabled()), signal: this.signal }
    const wanted = { ...appliance.wanted, settings }
    const steps = await change(appliance.name, `settings set ${changed.join(' ')}`, () =>
      changeWanted(appliance, wanted, tools),
    )
    return { changed: true, settings, steps }
  }
}

function parseAssignment(entry: string, manifest: Parameters<typeof questions>[0]): [string, SettingValue] {
  const [, key, text] = /^([a-zA-Z]\w*)=(.*)$/s.exec(entry) ?? []
  if (key === undefined || text === undefined) {
    throw new UserError(`“${entry}” is not KEY=VALUE.`, {
      code: 'USAGE',
      hint: 'For example: hostname=erp.example.com',
      exitCode: ExitCode.Usage,
    })
  }
  const known = questions(manifest)
  const question = known.find((candidate) => candidate.key === key)
  if (!question)
    throw noSetting(
      key,
      known.map((candidate) => candidate.key),
    )
  if (question.type === 'boolean') return [key, text === 'true' ? true : text === 'false' ? false : text]
  return [key, question.type === 'string' || text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)]
}
