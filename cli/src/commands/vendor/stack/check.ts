import { describeMeters } from '@domicile/license'
import { loadStack, questions } from '@domicile/stacks/stack'
import { Args } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { rehearseBlueprint } from '../../../vendor/rehearse-blueprint.ts'

export default class VendorStackCheck extends ApplianceCommand {
  static override summary = 'Check a stack folder: every problem with file and line.'
  static override examples = ['<%= config.bin %> <%= command.id %> stacks/guestbook']
  static override args = {
    folder: Args.string({ description: 'folder with compose.yaml and appliance.yaml', default: '.' }),
  }

  async run() {
    const { args } = await this.parse(VendorStackCheck)
    const stack = await loadStack(args.folder)
    const { manifest, compose } = stack
    const blueprint = rehearseBlueprint(stack)
    this.log(`${manifest.title} ${manifest.version} is a valid stack.`)
    this.log(
      `  services  ${Object.keys(compose.services).join(', ')} behind ${blueprint.containers.at(-1)?.service}, with postgres and agent`,
    )
    this.log(
      `  settings  ${questions(manifest)
        .map(({ key }) => key)
        .join(', ')}`,
    )
    this.log(`  volumes   ${blueprint.volumes.map(({ name }) => name).join(', ')}`)
    const meters = describeMeters(manifest.meters ?? {})
    for (const kind of ['level', 'count'] as const) {
      const names = meters.flatMap((meter) => (meter.kind === kind ? meter.name : []))
      if (names.length > 0) this.log(`  ${kind}s    ${names.join(', ')}`)
    }
    const { name, version } = manifest
    return { valid: true, name, version, services: Object.keys(compose.services), meters }
  }
}
