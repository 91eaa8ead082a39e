import { Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../../appliance-command.ts'
import { rotateKey } from '../../../backup/keys/rotate.ts'
import { archiveRotated, targetRotated } from '../../../backup/keys/rotated.ts'
import { withBackupLock } from '../../../backup/lock.ts'
import { onTrail } from '../../../backup/on-trail.ts'
import { findTarget } from '../../../backup/targets/store.ts'
import { DockerEngine } from '../../../engine/docker-engine.ts'

export default class BackupKeysRotate extends ApplianceCommand {
  static override summary = 'Give the archive, or a second copy, another key.'
  static override description =
    'When a recovery sheet was lost or seen by others. The new key is seen to open it before the old one goes; interrupted anywhere, one of the two opens it, and running it again goes on. The recovery sheet of before is void. The key of point in time stays: its engine cannot change the key of a repository that is there.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --target nas']
  static override flags = {
    name: nameFlag,
    yes: yesFlag,
    target: Flags.string({ summary: 'second copy whose key it is; the archive when left out', helpValue: 'NAME' }),
  }

  async run() {
    const { flags } = await this.parse(BackupKeysRotate)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const target = flags.target === undefined ? undefined : await findTarget(appliance.name, flags.target)
    const of = target ? `the second copy “${target.name}”` : 'the archive'
    await this.confirm(`Change the key of ${of}? The recovery sheet will be void.`, flags.yes)
    const tools = { engine: new DockerEngine(), signal: this.signal }
    const rotated = target ? targetRotated(appliance, target, tools) : archiveRotated(appliance, tools)
    const what = `backup keys rotate${target ? ` --target ${target.name}` : ''}`
    const { removed } = await withBackupLock(appliance.name, what, () =>
      onTrail(
        appliance.name,
        what,
        () => new Date(),
        () => rotateKey(rotated),
      ),
    )
    this.log(`Changed the key of ${of}. The recovery sheet of before is void: domicile backup keys export --to FILE`)
    if (!removed) this.log('The old key still opens it: nothing can be removed there from here.')
    return { changed: true, of: target?.name ?? 'archive', oldKeyRemoved: removed }
  }
}
