import { ExitCode } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { type CheckResult, checkSnapshots } from '../../backup/check/check-snapshots.ts'
import { verifyOne } from '../../backup/check/verify-one.ts'
import { tellingAgent } from '../../backup/tell-end.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { stage } from '../../screen/stage.ts'

const MOST_LINES = 10

export default class BackupVerify extends ApplianceCommand {
  static override summary = 'Read the backup archive back and say whether it is whole.'
  static override description =
    'Reads the part of the archive whose turn it is, so that a week of nights reads all of it; with --all everything; with a SNAPSHOT everything that this one needs. Exit code 4 when something is damaged: it says which snapshots are hit, those do not count any more, and the next `backup create` writes anew what the appliance still has. That a snapshot can be restored is what `backup drill` proves.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --all']
  static override args = { snapshot: Args.string({ description: 'run id, its beginning, or latest' }) }
  static override flags = {
    name: nameFlag,
    all: Flags.boolean({ summary: 'read every byte of the archive' }),
  }

  async run() {
    const { args, flags } = await this.parse(BackupVerify)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const quiet = this.jsonEnabled()
    const tools = { engine: new DockerEngine(), stage: stage(quiet), signal: this.signal, now: () => new Date() }
    if (args.snapshot !== undefined && !flags.all) {
      const { run, complaints } = await verifyOne(appliance, args.snapshot, tools)
      return this.#tell({ read: run, complaints, hit: complaints.length > 0 ? [run] : [] })
    }
    const result = await tellingAgent(
      appliance,
      'check',
      () => checkSnapshots(appliance, flags.all ? 'all' : 'next', tools),
      ({ complaints }) => ({
        ...{ run: null, outcome: complaints.length > 0 ? 'failed' : 'done' },
        code: complaints.length > 0 ? 'ARCHIVE_DAMAGED' : null,
      }),
    )
    return this.#tell(result)
  }

  #tell({ read, complaints, hit }: Pick<CheckResult, 'complaints' | 'hit'> & { read: string }) {
    if (complaints.length === 0) {
      const what =
        read === 'all' ? 'All of the archive' : read === 'next' ? 'A seventh of the archive' : `All of ${read}`
      this.log(`${what} was read back, and nothing is damaged.`)
      return { whole: true, read, complaints, hit }
    }
    process.exitCode = ExitCode.Unverified
    this.log('The backup archive is damaged:')
    for (const line of complaints.slice(0, MOST_LINES)) this.log(`  ${line.split('\n')[0]?.slice(0, 200)}`)
    if (complaints.length > MOST_LINES) this.log(`  … and ${complaints.length - MOST_LINES} more`)
    this.log(hit.length > 0 ? `Not to be relied on any more: ${hit.join(', ')}` : 'No snapshot needs what is damaged.')
    this.log(
      'Run `domicile backup create` now: it takes out what cannot be read and writes anew what is still here, and snapshots that are whole again by that count again. Then `domicile backup drill`. Look at the disk (dmesg), too.',
    )
    return { whole: false, read, complaints, hit }
  }
}
