import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Flags } from '@oclif/core'
import { type Appliance, openAppliance } from '../appliance/appliance.ts'
import { change } from '../appliance/change.ts'
import { mend, planMending } from '../appliance/mend.ts'
import { ApplianceCommand, dryRunFlag, nameFlag } from '../appliance-command.ts'
import { openTrusted } from '../release/open-trusted.ts'
import { stage } from '../screen/stage.ts'

export default class Apply extends ApplianceCommand {
  static override summary = 'Make what runs what is wanted: find each difference, name it, mend it.'
  static override description =
    'Compares images by digest, environment, mounts, networks, ports, limits, rendered files and PostgreSQL settings with what appliance.yaml and the release say.'
  static override examples = ['<%= config.bin %> <%= command.id %> --dry-run', '<%= config.bin %> <%= command.id %>']
  static override flags = {
    name: nameFlag,
    'dry-run': dryRunFlag,
    release: Flags.string({
      summary: 'the installed release’s file, to bring back images that are gone',
      helpValue: 'FILE',
    }),
  }

  async run() {
    const { flags } = await this.parse(Apply)
    const appliance = await openAppliance(flags.name)
    const { differences, steps } = await planMending(appliance)
    for (const { subject, aspect, wanted, found } of differences)
      this.log(`${subject}: ${aspect}: wanted ${wanted}; found ${found}`)
    if (differences.length === 0) this.log('Nothing differs.')
    if (flags['dry-run'] || differences.length === 0) {
      if (differences.length > 0) this.log(`\n${steps.map(({ title }, index) => `${index + 1}. ${title}`).join('\n')}`)
      return { changed: false, differences, steps: steps.map(({ title }) => ({ title })) }
    }
    const release = flags.release ? await openSame(flags.release, appliance) : undefined
    const archive = release && { archive: async () => release.openImages() }
    const tools = { stage: stage(this.jsonEnabled()), signal: this.signal, ...archive }
    const times = await change(appliance.name, 'apply', () => mend(appliance, steps, tools))
    return { changed: true, differences, steps: times }
  }
}

/** Only the release that is installed can bring its images back. */
async function openSame(path: string, { name, state }: Appliance) {
  const release = await openTrusted(path, { name })
  if (release.manifest.sequence === state.release.sequence) return release
  throw new UserError(
    `That file is ${release.manifest.version} (sequence ${release.manifest.sequence}); installed is ${state.release.version} (sequence ${state.release.sequence}).`,
    {
      code: 'RELEASE_OTHER',
      hint: 'Give the file that the appliance was installed from.',
      exitCode: ExitCode.Refused,
    },
  )
}
