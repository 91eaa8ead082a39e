import { ExitCode } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { drillText } from '../../backup/drill/drill-text.ts'
import { DRILL_FAILED, runDrill } from '../../backup/drill/run-drill.ts'
import { ownArchive, secondCopySource } from '../../backup/drill/source.ts'
import { tellingAgent } from '../../backup/tell-end.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { stage } from '../../screen/stage.ts'

export default class BackupDrill extends ApplianceCommand {
  static override summary = 'Restore a snapshot beside the running appliance and prove that it is what it was.'
  static override description =
    'Restores into a throw-away PostgreSQL and folder, compares every table, row sum, sequence, invariant and document with what was written down when the snapshot was made, starts the application against it in a network without a way out, and removes it all. What came of it is a proof, signed by this installation and chained to the one before. The running appliance is only read. Exit code 4 when something differs: then the snapshot does not count any more.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 20261122T013000Z-3f9a1c --json',
    '<%= config.bin %> <%= command.id %> --from office-nas',
  ]
  static override args = {
    snapshot: Args.string({ description: '`latest`, a run id or the beginning of one', default: 'latest' }),
  }
  static override flags = {
    name: nameFlag,
    from: Flags.string({ summary: 'restore from this second copy instead of the archive', helpValue: 'TARGET' }),
  }

  async run() {
    const { args, flags } = await this.parse(BackupDrill)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const tools = { engine: new DockerEngine(), stage: stage(this.jsonEnabled()), signal: this.signal }
    const source = flags.from === undefined ? ownArchive(appliance) : await secondCopySource(appliance, flags.from)
    const proven = await tellingAgent(
      appliance,
      'drill',
      () => runDrill(appliance, args.snapshot, tools, source),
      ({ snapshot: { run }, problems }) =>
        problems.length === 0 ? { run, outcome: 'done', code: null } : { run, outcome: 'refused', code: DRILL_FAILED },
    )
    this.log(drillText(proven))
    if (proven.problems.length > 0) process.exitCode = ExitCode.Unverified
    const { drill, problems, steps, number, proof } = proven
    return { changed: true, number, ...drill, problems, steps, proof }
  }
}
