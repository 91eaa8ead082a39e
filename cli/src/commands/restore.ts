import { durationText, requireSpace } from '@domicile/backup/restore'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { type Appliance, openAppliance, requireRoot } from '../appliance/appliance.ts'
import { ApplianceCommand, dryRunFlag, nameFlag, yesFlag } from '../appliance-command.ts'
import { withBackupLock } from '../backup/lock.ts'
import { type NewHostFlags, newHostFlags } from '../backup/new-host/flags.ts'
import { arrivedText, runNewHost } from '../backup/new-host/run-new-host.ts'
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
    '<%= config.bin %> <%= command.id %> --to-new-host --sheet sheet.txt --release erp-7.0.30.domicile --vendor-key vendor.pub',
  ]
  static override args = {
    snapshot: Args.string({ description: 'run id of a snapshot, or the beginning of it; see `backup list`' }),
  }
  static override flags = {
    name: nameFlag,
    yes: yesFlag,
    'dry-run': dryRunFlag,
    latest: Flags.boolean({ summary: 'the newest snapshot that counts' }),
    at: Flags.string({
      summary: 'the database as it was then, to the second, in this host’s time zone unless one is named',
      helpValue: 'TIME',
    }),
    'without-snapshot': Flags.boolean({ summary: 'make no snapshot of what runs now before it is put aside' }),
    ...newHostFlags,
  }

  async run() {
    const { args, flags } = await this.parse(Restore)
    requireRoot()
    if (flags['to-new-host']) return this.arrive(args.snapshot, flags)
    const wish = wishOf(args.snapshot, flags.latest, flags.at)
    const { name } = await openAppliance(flags.name)
    return withBackupLock(name, 'restore', async () => {
      const appliance = await openAppliance(name)
      const tools = this.tools()
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

function wishOf(snapshot: string | undefined, latest: boolean, at: string | undefined): Wish {
  const ways = [snapshot !== undefined, latest, at !== undefined].filter(Boolean).length
  if (ways !== 1)
    throw usage(
      ways === 0 ? 'What is to be restored was not said.' : 'More than one thing to restore was given.',
      'Give a run id of `domicile backup list`, or --latest, or --at TIME.',
    )
  return at === undefined ? { snapshot: { name: snapshot ?? 'latest' } } : { instant: pastInstant(at, new Date()) }
}

function pastInstant(text: string, now: Date): Date {
  const form = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/
  const instant = form.test(text) ? new Date(text.replace(' ', 'T')) : new Date(Number.NaN)
  if (Number.isNaN(instant.getTime()))
    throw usage(
      `--at ${text} is not a point in time.`,
      'Write it as 2026-11-20 14:35, 2026-11-20 14:35:10 or 2026-11-20T14:35+01:00.',
    )
  if (instant > now) throw usage(`--at ${text} is in the future.`, 'Give a moment that has been.')
  return instant
}

const usage = (message: string, hint: string) =>
  new UserError(message, { code: 'USAGE', hint, exitCode: ExitCode.Usage })
