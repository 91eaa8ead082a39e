import { writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { ExitCode } from '@domicile/stacks/kernel'
import { acceptChecks, renderReport, renderVerdicts } from '@domicile/stacks/preflight'
import { parseStack } from '@domicile/stacks/stack'
import { Args, Flags } from '@oclif/core'
import { ApplianceCommand, nameFlag } from '../appliance-command.ts'
import { acceptFlag, hostFlags, parseAccepted, preflight } from '../preflight/preflight.ts'
import { openTrusted, vendorKeyFlag } from '../release/open-trusted.ts'

export default class Preflight extends ApplianceCommand {
  static override summary = 'Check whether this host can carry a release. Reads only; most of it without root.'
  static override description =
    'Can be run before buying. Exit code 0 when the way is clear, 3 when something stands in it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> erp-7.0.30.domicile --vendor-key vendor.pub',
    '<%= config.bin %> <%= command.id %> erp-7.0.30.domicile --vendor-key vendor.pub --report preflight.html',
  ]
  static override args = { release: Args.string({ description: 'release file from the vendor', required: true }) }
  static override flags = {
    name: nameFlag,
    'vendor-key': vendorKeyFlag,
    hostname: Flags.string({ summary: 'name under which people will reach the appliance' }),
    report: Flags.string({ summary: 'write the report as HTML', helpValue: 'FILE' }),
    ...hostFlags,
    accept: acceptFlag,
  }

  async run() {
    const { args, flags } = await this.parse(Preflight)
    await using release = await openTrusted(args.release, flags)
    const { manifest } = parseStack(release.stackFiles)
    const name = flags.name ?? manifest.name
    const found = await preflight({
      name,
      manifest,
      extractedBytes: release.manifest.unpackedBytes,
      hostname: flags.hostname,
      flags,
    })
    const person = { by: userInfo().username, at: new Date().toISOString() }
    const { verdicts, refused } = acceptChecks(found, parseAccepted(flags), manifest.strict, person)
    this.log(renderVerdicts(verdicts))
    if (flags.report) {
      await writeFile(
        flags.report,
        renderReport(verdicts, {
          release: `${manifest.title} ${manifest.version}`,
          host: hostname(),
          at: person.at,
          version: this.config.version,
        }),
      )
      this.say(`Report: ${flags.report}`)
    }
    if (refused.length > 0) process.exitCode = ExitCode.Refused
    return { ready: refused.length === 0, checks: verdicts }
  }
}
