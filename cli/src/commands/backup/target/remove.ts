import { Args } from '@oclif/core'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../../appliance-command.ts'
import { withBackupLock } from '../../../backup/lock.ts'
import { onTrail } from '../../../backup/on-trail.ts'
import { ensureShipping } from '../../../backup/point-in-time/shipping.ts'
import { findTarget, forgetTarget } from '../../../backup/targets/store.ts'

export default class BackupTargetRemove extends ApplianceCommand {
  static override summary = 'Make no second copy there any more.'
  static override description =
    'What is there stays. Its key goes from this host: what is there can then be read only with the recovery sheet.'
  static override examples = ['<%= config.bin %> <%= command.id %> nas']
  static override args = { target: Args.string({ description: 'name of the second copy', required: true }) }
  static override flags = { name: nameFlag, yes: yesFlag }

  async run() {
    const { args, flags } = await this.parse(BackupTargetRemove)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const { name } = appliance
    const { name: target, url } = await findTarget(name, args.target)
    await this.confirmByName(
      `What is at ${url} stays, and from now on only the recovery sheet opens it.`,
      target,
      flags.yes,
    )
    const now = () => new Date()
    await withBackupLock(name, 'backup target remove', () =>
      onTrail(name, `backup target remove ${target}`, now, async () => {
        await forgetTarget(name, target)
        await ensureShipping(appliance, appliance)
      }),
    )
    this.log(`“${target}” is no second copy any more. What is at ${url} was not touched.`)
    return { changed: true, target, url }
  }
}
