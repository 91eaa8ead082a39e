import { Args } from '@oclif/core'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../../appliance-command.ts'
import { withBackupLock } from '../../../backup/lock.ts'
import { findTarget } from '../../../backup/targets/store.ts'
import { testTarget } from '../../../backup/targets/test-target.ts'
import { DockerEngine } from '../../../engine/docker-engine.ts'

export default class BackupTargetTest extends ApplianceCommand {
  static override summary = 'Write a few bytes to a second copy, find, read and remove them.'
  static override description =
    'A place where removing is refused is append-only, and the better one: whoever breaks into this host cannot destroy what is there. What is too old is then removed by whoever runs it.'
  static override examples = ['<%= config.bin %> <%= command.id %> nas']
  static override args = { target: Args.string({ description: 'name of the second copy', required: true }) }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(BackupTargetTest)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const target = await findTarget(appliance.name, args.target)
    const tools = { engine: new DockerEngine(), signal: this.signal, now: () => new Date() }
    const tested = await withBackupLock(appliance.name, `backup target test ${target.name}`, () =>
      testTarget(appliance, target, tools),
    )
    const { label, appendOnly, seconds } = tested
    this.log(
      `“${target.name}”${label ? ` (disk ${label})` : ''}: written, found and read back in ${seconds.toFixed(1)} s.`,
    )
    this.log(
      appendOnly
        ? 'Nothing can be removed there from here: append-only, which is good.'
        : 'What is there can be removed from here: whoever breaks into this host could, too.',
    )
    return tested
  }
}
