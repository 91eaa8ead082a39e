import { durationText, requireSpace } from '@domicile/backup/restore'
import { Args, Flags } from '@oclif/core'
import { type Appliance, openAppliance, requireRoot } from '../appliance/appliance.ts'
import { ApplianceCommand, dryRunFlag, nameFlag, yesFlag } from '../appliance-command.ts'
import { withBackupLock } from '../backup/lock.ts'
import { type NewHostFlags, newHostFlags } from '../backup/new-host/flags.ts'
import { arrivedText, runNewHost } from '../backup/new-host/run-new-host.ts'
import { PARTS, type PartWanted, takePart } from '../backup/restore/only/take.ts'
import { planRestore, type RestorePlan, type Wish } from '../backup/restore/plan.ts'
import { makePreRestore } from '../backup/restore/pre-restore.ts'
import {
  abandon,
  carryOutRestore,
  isSame,
  type Restoration,
  type RestoreTools,
  takeUp,
} from '../backup/restore/restore.ts'
import { readWords } from '../backup/restore/wish.ts'
import { DockerEngine } from '../engine/docker-engine.ts'
import { planLines, restoredText } from '../screen/restore-text.ts'
import { stage } from '../screen/stage.ts'

export default class Restore extends ApplianceCommand {
  static override summary = 'Put the appliance’s data back to what a snapshot holds.'
  static override description =
    'The data is restored into new volumes beside what runs and compared with what was written down when the snapshot was made; only then the appliance is stopped for a moment and switched. The side from before stays until `restore accept`; until then `restore undo` goes back to it. Settings, secrets and the licence stay as they are.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --latest --dry-run',
    '<%= config.bin %> <%= command.id %> 20261122T013000Z-3f9a1c',
    '<%= config.bin %> <%= command.id %> --latest --yes',
    '<%= config.bin %> <%= command.id %> --at "2026-11-20 14:35"',
    '<%= config.bin %> <%= command.id %> --latest --only table party --into party_before',
    '<%= config.bin %> <%= command.id %> --latest --only documents filestore/2026 --to /root/documents',
    '<%= config.bin %> <%= command.id %> --to-new-host --sheet sheet.txt --release erp-7.0.30.domicile --vendor-key vendor.pub',
  ]
  static override args = {
    snapshot: Args.string({ description: 'run id of a snapshot, or the beginning of it; see `backup list`' }),
  }
  // Names of tables or paths of documents may follow.
  static override strict = false
  static override flags = {
    name: nameFlag,
    yes: yesFlag,
    'dry-run': dryRunFlag,
    latest: Flags.boolean({ summary: 'the newest snapshot that counts' }),
    at: Flags.string({
      summary: 'the database as it was then, to the second, in the appliance’s time zone unless one is named',
      helpValue: 'TIME',
    }),
    only: Flags.option({
      options: PARTS,
      summary:
        'put a part beside what runs, and switch nothing: named tables into a database, documents into a folder, the whole database into a file of SQL',
    })(),
    into: Flags.string({ summary: 'database to make for the tables', helpValue: 'DATABASE', dependsOn: ['only'] }),
    to: Flags.string({ summary: 'folder or file to make', helpValue: 'PLACE', dependsOn: ['only'] }),
    'with-settings': Flags.boolean({ summary: 'settings, too, as they were then; where it is reached stays' }),
    'without-snapshot': Flags.boolean({ summary: 'make no snapshot of what runs now before it is put aside' }),
    ...newHostFlags,
  }

  async run() {
    const { args, argv, flags } = await this.parse(Restore)
    requireRoot()
    if (flags['to-new-host']) return this.arrive(args.snapshot, flags)
    const { wish, names } = readWords(argv.map(String), flags)
    const { name } = await openAppliance(flags.name)
    return withBackupLock(name, 'restore', async () => {
      const appliance = await openAppliance(name)
      const tools = this.tools()
      if (flags.only) return this.take(appliance, wish, { ...flags, only: flags.only, names })
      if (flags['dry-run']) return this.show(appliance, await planRestore(appliance, wish, tools.now(), tools))
      const { begun, ended } = await takeUp(appliance, tools)
      if (ended) return this.done(ended)
      const plan = await planRestore(appliance, wish, tools.now(), tools)
      const same = begun && isSame(begun, plan) ? begun : undefined
      if (begun && !same) await abandon(appliance, begun, tools)
      if (!same) requireSpace(plan.forecast, plan.freeBytes)
      this.say(planLines(appliance.name, plan).join('\n'))
      await this.confirm(
        `Put “${name}” back to ${plan.at}? What was written in the last ${durationText(plan.lost.seconds)} is put aside.`,
        flags.yes || same !== undefined,
      )
      const preRestore = same
        ? same.preRestore
        : flags['without-snapshot']
          ? null
          : await makePreRestore(appliance, tools)
      return this.done(await carryOutRestore(appliance, { plan, begun: same, preRestore }, tools))
    })
  }

  private async arrive(snapshot: string | undefined, flags: NewHostFlags) {
    const arrived = await runNewHost(snapshot, flags, {
      ...{ signal: this.signal, quiet: this.jsonEnabled(), say: (text) => this.say(text) },
      confirm: (message, agreed) => this.confirm(message, agreed),
    })
    this.log(arrivedText(arrived))
    const { wanted: _, ...result } = arrived
    return { changed: true, ...result }
  }

  private async take(appliance: Appliance, wish: Wish, wanted: PartWanted) {
    const tools = this.tools()
    const plan = await planRestore(appliance, wish, tools.now(), tools)
    const { said, ...taken } = await takePart(appliance, plan, wanted, tools)
    this.log(said)
    return { changed: true, snapshot: plan.snapshot.run, ...taken, steps: [] }
  }

  private tools(): RestoreTools {
    return {
      ...{ engine: new DockerEngine(), stage: stage(this.jsonEnabled()), signal: this.signal },
      ...{ say: (text: string) => this.say(text), now: () => new Date() },
    }
  }

  private show({ name }: Appliance, plan: RestorePlan) {
    requireSpace(plan.forecast, plan.freeBytes)
    this.log(planLines(name, plan).join('\n'))
    return { changed: false, ...factsOf(plan) }
  }

  private done({ restore, steps }: Restoration) {
    this.log(restoredText(restore))
    return { changed: true, restore, steps }
  }
}

const factsOf = ({ snapshot, at, forecast, freeBytes, lost }: RestorePlan) => ({
  ...{ snapshot: snapshot.run, at, needed: forecast.bytes, freeBytes, lost },
  forecast: { seconds: forecast.seconds, measured: forecast.measured },
})
