import { type Configured, checkConfigured, KEEPS, type Keep, policy } from '@domicile/backup/policy'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Flags } from '@oclif/core'
import { type Appliance, openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { changeWanted } from '../../appliance/mend.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { readCatalogue } from '../../backup/catalogue.ts'
import { type PolicyInForce, policyInForce } from '../../backup/list/policy-in-force.ts'
import { departures, policyText } from '../../backup/list/policy-text.ts'
import { stage } from '../../screen/stage.ts'

export default class BackupPolicy extends ApplianceCommand {
  static override summary = 'How long snapshots are kept, which clause wants it, and what goes next.'
  static override description =
    'Of every day, week and month the newest good snapshot is kept: as long as the contract wants it, and at least 7 days, 4 weeks and 2 months. More may be chosen, less may not.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --set days=14,weeks=8,months=6',
  ]
  static override flags = {
    name: nameFlag,
    set: Flags.string({
      summary: 'keep them longer than they must be kept; what is not named stays as it is',
      helpValue: 'days=14,weeks=8,months=6',
    }),
  }

  async run() {
    const { flags } = await this.parse(BackupPolicy)
    const chosen = flags.set === undefined ? null : parseChosen(flags.set)
    const appliance = await openAppliance(flags.name)
    const before = await policyInForce(appliance)
    const changed = chosen !== null && (await this.#choose(appliance, before, chosen))
    const terms = changed ? await policyInForce(await openAppliance(appliance.name)) : before
    const verdicts = policy(await readCatalogue(appliance.name), new Date(), terms)
    this.log(policyText(terms, verdicts))
    const staying = verdicts.filter(({ keep }) => keep).length
    return {
      ...(chosen && { changed }),
      keep: keepOf(terms),
      least: terms.least,
      origins: terms.origins,
      timeZone: terms.timeZone,
      contract: terms.contract,
      clause: terms.clause,
      places: terms.places,
      snapshots: { staying, going: verdicts.length - staying },
      next: departures(verdicts),
    }
  }

  /** @returns whether anything is other than before */
  async #choose(appliance: Appliance, before: PolicyInForce, chosen: Configured): Promise<boolean> {
    if (before.contract === 'unknown') throw contractUnknown()
    checkConfigured(chosen, before)
    const keep = Object.fromEntries(
      KEEPS.map((part) => [part, chosen[part] ?? appliance.wanted.backup?.keep?.[part]]).filter(
        ([part, value]) => value !== undefined && value !== before.least[part as keyof Keep],
      ),
    ) as Configured
    const known = appliance.wanted.backup?.keep ?? {}
    if (KEEPS.every((part) => keep[part] === known[part])) return false
    const wanted = { ...appliance.wanted, backup: { ...appliance.wanted.backup, keep } }
    const tools = { stage: stage(this.jsonEnabled()), signal: this.signal }
    await change(appliance.name, `backup policy ${words(keep)}`, () => changeWanted(appliance, wanted, tools))
    return true
  }
}

const keepOf = ({ days, weeks, months }: Keep): Keep => ({ days, weeks, months })

const words = (keep: Configured) =>
  KEEPS.flatMap((part) => (keep[part] === undefined ? [] : [`${part}=${keep[part]}`])).join(' ') || 'as it must be'

/** @throws UserError USAGE (2) */
function parseChosen(text: string): Configured {
  const entries = text.split(',').map((entry) => {
    const [, part, count] = /^(days|weeks|months)=(\d{1,4})$/.exec(entry.trim()) ?? []
    if (part === undefined || count === undefined)
      throw notAChoice(`“${entry.trim()}” is not days, weeks or months with a number.`)
    return [part, Number(count)] as const
  })
  if (new Set(entries.map(([part]) => part)).size < entries.length) throw notAChoice('One of them is given twice.')
  return Object.fromEntries(entries)
}

const notAChoice = (message: string) =>
  new UserError(message, { code: 'USAGE', hint: 'For example: --set days=14,weeks=8', exitCode: ExitCode.Usage })

const contractUnknown = () =>
  new UserError('The agent does not answer, so it is not known what the contract wants.', {
    code: 'CONTRACT_UNKNOWN',
    hint: 'See `domicile doctor`; nothing was changed.',
    exitCode: ExitCode.Refused,
  })
