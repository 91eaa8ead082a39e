import { entryOf } from '../entry-of.ts'
import { amountInWords, unitOf } from '../terms/index.ts'
import { type Prices, type UnitPrice, unitPrice } from './reconcile-prices.ts'
import type { Excess, PeriodExcess, Proof, Reconciliation } from './reconcile-types.ts'

/** What is charged for: everything of a statement but its computation. */
export type Charged = Pick<
  Reconciliation,
  'period' | 'excesses' | 'overspent' | 'modules' | 'installations' | 'billed' | 'tiers'
>

/** Licences that were missing for one limit, and for how long. */
export interface Missing {
  readonly limit: string
  /** Of which there were too few, and how many: `Active named users (3)`. */
  readonly name: string
  /** Where the contract speaks of the limit itself. */
  readonly clause: string
  /** How that comes about. */
  readonly words: string
  readonly extent: number
  readonly open: number
  readonly price: (prices: Prices) => UnitPrice | null
  readonly proof: readonly Proof[]
  readonly times: readonly {
    readonly extent: number
    readonly months: number
    readonly words: string
    readonly proof: readonly Proof[]
  }[]
}

export function missingOf({ excesses, overspent, modules, installations }: Charged): Missing[] {
  return [
    ...[...Map.groupBy(excesses, ({ limit }) => limit).values()].map(ofLevel),
    ...[...Map.groupBy(overspent, ({ limit }) => limit).values()].map(ofPeriods),
    ...modules.flatMap((one) => (one.breach ? ofModule(one) : [])),
    ...(installations.breach ? ofInstallations(installations) : []),
  ]
}

function ofLevel(episodes: readonly Excess[]): Missing {
  const most = episodes.toSorted((a, b) => b.extent - a.extent)[0] as Excess
  const open = Math.max(...episodes.map(({ missing }) => missing))
  const since = most.extent - open
  const told = (value: number) => amountInWords(value, unitOf(most.limit))
  return {
    ...{ limit: most.limit, extent: most.extent, open, price: (prices) => unitPrice(prices, most.limit) },
    ...{ name: `${most.title} (${told(most.extent)})`, clause: most.clause },
    words: `${most.title}: ${told(most.peak)} in use, ${told(most.licensed)} licensed, ${told(most.extent)} more${
      since > 0 ? `, of which ${told(since)} ${since === 1 ? 'is' : 'are'} licensed by now` : ''
    }`,
    proof: most.intervals.map(proofOf),
    times: episodes.map(({ title, extent, licensed, time, intervals }) => ({
      ...{ extent, months: time.months, proof: intervals.map(proofOf) },
      words: `${title}: ${told(extent)} beyond ${told(licensed)}, ${spanInWords(time)}`,
    })),
  }
}

function ofPeriods(periods: readonly PeriodExcess[]): Missing {
  const most = periods.toSorted((a, b) => b.over - a.over)[0] as PeriodExcess
  const { limit, title, used, max, over, unit } = most
  const [inUse, licensed, more] = [used, max, over].map((value) => amountInWords(value, unit))
  return {
    ...{ limit, extent: over, open: over, price: (prices) => unitPrice(prices, limit), times: [] },
    ...{ name: `${title} (${more})`, clause: most.clause },
    words: `${title}: ${inUse} in ${most.in}, ${licensed} licensed, ${more} more`,
    proof: periods.map(proofOfPeriod),
  }
}

export function ofModule({ module, title, clause, unlicensed, licensed }: Charged['modules'][number]): Missing[] {
  if (!unlicensed) return []
  const { proof, open: goesOn, firstDay, months } = unlicensed
  const how = licensed ? `outside of its licence${goesOn ? '' : ', which has begun since'}` : 'without a licence'
  const words = `${title}: used from ${firstDay} on ${how}`
  const times = [{ extent: 1, months, words: `${title}: ${spanInWords(unlicensed)}`, proof }]
  const price = (prices: Prices) => entryOf(prices.modules, module) ?? null
  return [{ limit: module, name: title, clause, words, extent: 1, open: goesOn ? 1 : 0, price, proof, times }]
}

export function ofInstallations({ missing, time, licensed, ids, proof, clause }: Charged['installations']): Missing[] {
  if (missing === 0 || !time) return []
  const words = `Installations: ${ids.length} in use, ${licensed} licensed, ${missing} more`
  const times = [{ extent: missing, months: time.months, words: `Installations: ${spanInWords(time)}`, proof }]
  const price = (prices: Prices) => prices.installations ?? null
  const name = `Installations (${missing})`
  return [{ limit: 'installations', name, clause, words, extent: missing, open: missing, price, proof, times }]
}
const proofOf = ({ installation, from, until }: Proof): Proof => ({ installation, from, until })

export const proofOfPeriod = (one: PeriodExcess): Proof => ({
  installation: one.installation,
  from: one.in,
  until: one.in,
})

const spanInWords = ({ firstDay, lastDay, days, months, open }: Excess['time']) =>
  `from ${firstDay} to ${lastDay}${open ? ' (not ended when reported)' : ''}, ${days} ${days === 1 ? 'day' : 'days'}, ${months} begun ${
    months === 1 ? 'month' : 'months'
  }`
