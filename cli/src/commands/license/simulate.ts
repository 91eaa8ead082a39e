import { Flags } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { aYearAfter, checkedDays, dayFlag } from '../../day-flags.ts'
import { agentOf } from '../../facts/running.ts'
import { writeGiven } from '../../given-file.ts'
import { simulate } from '../../license/simulate.ts'
import { noLicence, readLicence } from '../../license/simulate-licence.ts'
import { simulationHtml, simulationSvg } from '../../license/simulate-picture.ts'
import { simulationDocument, simulationText } from '../../license/simulate-text.ts'

export default class LicenseSimulate extends ApplianceCommand {
  static override summary = 'What the contract would do to you between two days, and why.'
  static override description =
    'Walks through every change with its clause, without touching anything: of the licence in force on the appliance or, with --licence, of one that was sent or only written down. Each notice counts as seen on the day it is due. What falls due is paid on time unless --pay-late or --never-pay is given.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --to 2027-12-31 --never-pay',
    '<%= config.bin %> <%= command.id %> --licence k-17.lic --pay-late 12d --html calendar.html',
    '<%= config.bin %> <%= command.id %> --licence k-17.yaml --terms erp-on-premises --users 12 --terminate 2026-09-15',
  ]
  static override flags = {
    name: nameFlag,
    licence: Flags.string({ summary: 'a licence that is not in force, or its specification', helpValue: 'FILE' }),
    terms: Flags.string({
      summary: 'terms that go with a specification',
      dependsOn: ['licence'],
      helpValue: 'NAME|FILE',
    }),
    from: dayFlag('first day; today by default'),
    to: dayFlag('last day; a year later by default'),
    users: Flags.integer({ summary: 'so many named users', min: 0 }),
    sessions: Flags.integer({ summary: 'so many at work at the same time', min: 0 }),
    'pay-late': Flags.string({
      summary: 'each payment comes so late',
      helpValue: '12d',
      exclusive: ['never-pay'],
      parse: async (value) => checkedDays(value),
    }),
    'pay-every': Flags.integer({ summary: 'months that each payment is for', default: 1, min: 1, max: 120 }),
    'never-pay': Flags.boolean({ summary: 'nothing more is paid' }),
    terminate: dayFlag('day on which the customer gives notice'),
    svg: Flags.string({ summary: 'write the timeline as a picture', helpValue: 'FILE' }),
    html: Flags.string({ summary: 'write the timeline and the calendar as a page', helpValue: 'FILE' }),
  }

  async run() {
    const { flags } = await this.parse(LicenseSimulate)
    const now = new Date()
    const { licence, events } = flags.licence
      ? { licence: await readLicence(flags.licence, flags.terms, now), events: null }
      : await inForce(flags.name)
    const from = flags.from ?? now.toISOString().slice(0, 10)
    const simulation = simulate({
      ...{ licence, events, from, to: flags.to ?? aYearAfter(from) },
      ...{ users: flags.users ?? null, sessions: flags.sessions ?? null, noticeGivenOn: flags.terminate ?? null },
      payment: paymentOf(flags, licence.paidThrough !== null),
    })
    if (flags.svg) await writeGiven(flags.svg, simulationSvg(simulation))
    if (flags.html) await writeGiven(flags.html, simulationHtml(simulation))
    this.log(simulationText(simulation))
    return simulationDocument(simulation)
  }
}

/** What is owed is paid unless one says otherwise; a licence that just ends is renewed only when one says so. */
function paymentOf(
  flags: { 'pay-late'?: string | undefined; 'pay-every': number; 'never-pay': boolean },
  owed: boolean,
) {
  const late = flags['pay-late']
  if (flags['never-pay'] || (late === undefined && !owed)) return null
  return { lateDays: Number.parseInt(late ?? '0', 10), everyMonths: flags['pay-every'] }
}

async function inForce(name: string | undefined) {
  const { blueprint } = await openAppliance(name)
  const { licence, events } = await agentOf(blueprint.layout.lib).call('licence-show', {})
  if (licence) return { licence, events }
  throw noLicence('No licence is in force on this appliance.', 'Give one to look at with --licence FILE.')
}
