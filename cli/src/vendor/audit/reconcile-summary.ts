import type { Reconciliation } from '@domicile/license/audit'
import { amountInWords, unitOf } from '@domicile/license/terms'

/** A statement in a few sentences, for somebody who reads nothing else. */
export function summaryOf(statement: Reconciliation): string[] {
  if (statement.period === null) return ['No report of production counts for this contract: there is nothing to state.']
  const beyond = beyondInWords(statement)
  return [
    beyond.length > 0
      ? `Use went beyond the licence: ${beyond.join('; ')}.`
      : 'Use kept to the licence in every minute that was measured.',
    ...besides(statement),
    ...money(statement),
  ]
}

function beyondInWords({ excesses, overspent, modules, installations }: Reconciliation): string[] {
  const spent = [...Map.groupBy(overspent, ({ title }) => title)]
  return [
    ...excesses.map(({ title, limit, peak, licensed, time }) => {
      const [used, max] = [peak, licensed].map((value) => amountInWords(value, unitOf(limit)))
      return `${title} ${used} of ${max}, ${days(time)}`
    }),
    ...spent.map(([title, all]) => `${title} in ${all.map((one) => one.in).join(', ')}`),
    ...modules.flatMap(({ title, unlicensed, licensed }) =>
      unlicensed ? [`module ${title} ${licensed ? 'outside of its' : 'without a'} licence, ${days(unlicensed)}`] : [],
    ),
    ...(installations.missing > 0 ? [`${installations.ids.length} installations of ${installations.licensed}`] : []),
  ]
}

const days = ({ firstDay, lastDay, open }: { firstDay: string; lastDay: string; open: boolean }) =>
  open ? `from ${firstDay} on` : firstDay === lastDay ? `on ${firstDay}` : `from ${firstDay} to ${lastDay}`

function besides({ billed, fairUse, tiers }: Reconciliation): string[] {
  return [
    ...(billed.length > 0 ? ['Some use is only counted by the licence: it is billed, and no breach.'] : []),
    ...(fairUse.length > 0
      ? ['More was used than the terms call fair; it is stated with the time and by how much.']
      : []),
    ...tiers.map(({ tier, before, from }) => `Tier ${tier} counts instead of ${before} from ${from} on.`),
  ]
}

function money({ totals, charges }: Reconciliation): string[] {
  if (charges.length === 0) return ['There is nothing to charge.']
  if (!totals) return ['No price list was given: quantities and periods only.']
  const { total, penalty, currency, complete } = totals
  return [
    `By the price list that was given it comes to ${total} ${currency}${complete ? '' : ', without the lines that have no price'}.`,
    ...(penalty === null ? [] : [`The contract penalty, if it is claimed, is ${penalty} ${currency}.`]),
  ]
}
