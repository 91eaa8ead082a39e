import { Flags } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'
import { writeNew } from '../../given-file.ts'

const PURPOSES = ['production', 'standby', 'test'] as const

export default class LicenseRequest extends ApplianceCommand {
  static override summary = 'Make the file with which the vendor issues or renews a licence for this appliance.'
  static override description =
    'It holds the number of the installation, its public key, how many users and sessions there are and where its record stands: numbers only, no names. Read it before you send it; the vendor’s answer comes in with `license apply`.'
  static override examples = ['<%= config.bin %> <%= command.id %> --out request.lic']
  static override flags = {
    name: nameFlag,
    out: Flags.string({ char: 'o', summary: 'file to write', default: 'request.lic', helpValue: 'FILE' }),
    purpose: Flags.option({
      options: PURPOSES,
      summary: 'what this installation is for',
      default: 'production' as const,
    })(),
  }

  async run() {
    const { flags } = await this.parse(LicenseRequest)
    const { blueprint } = await openAppliance(flags.name)
    const { text } = await agentOf(blueprint.layout.lib).call('licence-request', { purpose: flags.purpose })
    await writeNew(flags.out, text)
    this.log(`Wrote ${flags.out}. Send it to the vendor; bring the answer in with: domicile license apply FILE`)
    return { changed: false, file: flags.out, request: text }
  }
}
