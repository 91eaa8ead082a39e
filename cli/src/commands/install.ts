import { userInfo } from 'node:os'
import { refuseForeignNames } from '@domicile/stacks/apply'
import { checkSequence, type OpenRelease } from '@domicile/stacks/release'
import { parseStack } from '@domicile/stacks/stack'
import { Args, Flags, type Interfaces } from '@oclif/core'
import { requireRoot, vendorKeysOf } from '../appliance/appliance.ts'
import { withLock } from '../appliance/lock.ts'
import { ApplianceCommand, dryRunFlag, nameFlag, yesFlag } from '../appliance-command.ts'
import { beginPointInTime } from '../backup/point-in-time/at-installation.ts'
import { DockerEngine } from '../engine/docker-engine.ts'
import { readGiven } from '../given-file.ts'
import { applyLicence } from '../install/apply-licence.ts'
import { firstLogin } from '../install/first-login.ts'
import { carryOut, planInstallation, refuseOther } from '../install/install.ts'
import { askSettings, type Earlier, givenSettings, readEarlier, wantedRecord } from '../install/prepare.ts'
import { verifyDocuments } from '../license/verify-documents.ts'
import { acceptFlag, hostFlags, routesInUse } from '../preflight/preflight.ts'
import { type ReadinessRequest, requireReady } from '../preflight/require-ready.ts'
import { openTrusted, vendorKeyFlag } from '../release/open-trusted.ts'
import { asker } from '../screen/asker.ts'
import { closingText } from '../screen/closing-text.ts'
import { planText } from '../screen/plan-text.ts'
import { stage } from '../screen/stage.ts'

type InstallFlags = Interfaces.InferredFlags<typeof Install.flags>

export default class Install extends ApplianceCommand {
  static override summary = 'Install an appliance from a release file, or go on with an interrupted installation.'
  static override description =
    'Checks the signature and the host before anything is changed. Run it again after any interruption: it goes on where it stopped.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> erp-7.0.30.domicile --vendor-key vendor.pub',
    '<%= config.bin %> <%= command.id %> erp-7.0.30.domicile --vendor-key vendor.pub --settings settings.yaml --yes',
    '<%= config.bin %> <%= command.id %> erp-7.0.30.domicile --vendor-key vendor.pub --dry-run',
  ]
  static override args = { release: Args.string({ description: 'release file from the vendor', required: true }) }
  static override flags = {
    name: nameFlag,
    yes: yesFlag,
    'dry-run': dryRunFlag,
    'vendor-key': vendorKeyFlag,
    settings: Flags.string({ summary: 'file with the answers, one `key: value` a line', helpValue: 'FILE' }),
    hostname: Flags.string({ summary: 'name or IP address under which people reach the appliance' }),
    ...hostFlags,
    license: Flags.string({ summary: 'licence to apply once the appliance runs', helpValue: 'FILE' }),
    accept: acceptFlag,
  }

  async run() {
    const { args, flags } = await this.parse(Install)
    requireRoot()
    const release = await openTrusted(args.release, flags)
    const name = flags.name ?? release.manifest.name
    const licence = flags.license === undefined ? undefined : await readGiven(flags.license)
    if (licence !== undefined) verifyDocuments(licence, vendorKeysOf(release.trust), new Date())
    return withLock(name, 'install', async () => {
      const earlier = await readEarlier(name)
      checkSequence(release.manifest, earlier.state?.release)
      const situation = refuseOther(earlier, release)
      if (situation === 'same') return this.alreadySo(name)

      const engine = new DockerEngine()
      const installation = await this.plan(release, flags, { name, earlier, resumed: situation === 'resume' }, engine)
      const { blueprint, steps, stack } = installation
      if (flags['dry-run']) {
        this.log(planText(blueprint, steps))
        return {
          changed: false,
          url: blueprint.url,
          steps: steps.map(({ title, undo }) => ({ title, undo: undo ?? null })),
        }
      }
      await this.confirm(
        `Install ${stack.manifest.title} ${stack.manifest.version} as “${name}” at ${blueprint.url}?`,
        flags.yes || situation === 'resume',
      )
      this.say(
        `${situation === 'resume' ? 'Going on with' : 'Installing'} ${stack.manifest.title} ${stack.manifest.version} as “${name}”`,
      )
      const tools = { engine, stage: stage(this.jsonEnabled()), signal: this.signal, now: () => new Date() }
      const installed = await carryOut(installation, release, earlier, tools)
      const times = [...installed, ...(await beginPointInTime(name, tools, (text) => this.say(text)))]
      const login = await firstLogin(stack.manifest, blueprint)
      this.log(closingText(blueprint.url, name, login, stack.manifest.license === 'required' && licence === undefined))
      const result = { changed: true, url: blueprint.url, login, steps: times }
      if (licence === undefined) return result
      const { said, exitCode, ...outcome } = await applyLicence(name, blueprint.layout.lib, licence)
      this.say(said)
      process.exitCode = exitCode
      return { ...result, licence: outcome }
    })
  }

  /** Asks what is not known yet, checks the host, and decides every step. Changes nothing. */
  private async plan(
    release: OpenRelease,
    flags: InstallFlags,
    { name, earlier, resumed }: { name: string; earlier: Earlier; resumed: boolean },
    engine: DockerEngine,
  ) {
    const stack = parseStack(release.stackFiles)
    const choices = {
      settingsFile: flags.settings,
      hostname: flags.hostname,
      address: flags.address,
      httpPort: flags['http-port'],
      httpsPort: flags['https-port'],
      subnets: flags.subnet ?? [],
    }
    const given = await givenSettings(choices, earlier)
    const ask = flags.yes || !process.stdin.isTTY || this.jsonEnabled() ? undefined : asker()
    const settings = await askSettings(stack, given, ask)
    const { manifest } = stack
    const asked = { name, manifest, extractedBytes: release.manifest.unpackedBytes, flags }
    const accepted = resumed ? [] : await this.check({ ...asked, hostname: String(settings['hostname']) })
    const record = await wantedRecord(name, settings, choices, earlier, { engine, routes: routesInUse() })
    const wanted = { ...record, accepted: [...record.accepted, ...accepted] }
    const installation = planInstallation(release, stack, wanted, earlier)
    await refuseForeignNames(installation.blueprint, engine)
    return { ...installation, stack }
  }

  private check(request: ReadinessRequest) {
    this.say('Checking this host …')
    return requireReady(request, { by: userInfo().username, at: new Date().toISOString() })
  }

  private alreadySo(name: string) {
    this.log(`Nothing to do: “${name}” is installed. See how it is: domicile status --name ${name}`)
    return { changed: false, steps: [] }
  }
}
