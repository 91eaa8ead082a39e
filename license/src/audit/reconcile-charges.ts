import { amountInWords, firstOfNextMonth, type Terms } from '../terms/index.ts'
import { cents, lots, type Prices, type UnitPrice, unitPrice, written } from './reconcile-prices.ts'
import type { Charge, Excess, PeriodExcess, Proof, Reconciliation, TierMove, Totals } from './reconcile-types.ts'

/** What is charged for: everything of a statement but its computation. */
export type Charged = Pick<
  Reconciliation,
  'period' | 'excesses' | 'overspent' | 'modules' | 'installations' | 'billed' | 'tiers'
>

/** The computation, line by line: licences, maintenance, what is billed, tiers, penalty. */
export function chargesOf(use: Charged, terms: Terms, prices: Prices | null): Charge[] {
  const { excess } = terms
  const missing = missingOf(use)
  const licences = excess?.licences ? missing.map((one) => licenceCharge(one, excess.clause, prices)) : []
  const maintenance = excess?.maintenance
    ? missing.flatMap((one) => maintenanceCharges(one, excess.clause, prices))
    : []
  return [
    ...licences,
    ...maintenance,
    ...use.billed.map((one) => billingCharge(one, prices)),
    ...countedModules(use).map((one) => countedCharge(one, prices)),
    ...tierCharges(use, prices),
    ...(excess?.penaltyTimes && missing.length > 0
      ? [penaltyCharge(missing, excess.penaltyTimes, excess.clause, prices)]
      : []),
  ]
}

/** Licences that were missing for one limit, and for how long. */
interface Missing {
  readonly limit: string
  /** Of which there were too few, and how many: `Active named users (3)`. */
  readonly name: string
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

function missingOf({ excesses, overspent, modules, installations }: Charged): Missing[] {
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
  return {
    ...{ limit: most.limit, extent: most.extent, open, price: (prices) => unitPrice(prices, most.limit) },
    name: `${most.title} (${most.extent})`,
    words: `${most.title}: ${most.peak} in use, ${most.licensed} licensed, ${most.extent} more${
      since > 0 ? `, of which ${since} ${since === 1 ? 'is' : 'are'} licensed by now` : ''
    }`,
    proof: most.intervals.map(proofOf),
    times: episodes.map(({ title, extent, licensed, time, intervals }) => ({
      ...{ extent, months: time.months, proof: intervals.map(proofOf) },
      words: `${title}: ${extent} beyond ${licensed}, ${spanInWords(time)}`,
    })),
  }
}

function ofPeriods(periods: readonly PeriodExcess[]): Missing {
  const most = periods.toSorted((a, b) => b.over - a.over)[0] as PeriodExcess
  const { limit, title, used, max, over, unit } = most
  const [inUse, licensed, more] = [used, max, over].map((value) => amountInWords(value, unit))
  return {
    ...{ limit, extent: over, open: over, price: (prices) => unitPrice(prices, limit), times: [] },
    name: `${title} (${more})`,
    words: `${title}: ${inUse} in ${most.in}, ${licensed} licensed, ${more} more`,
    proof: periods.map(proofOfPeriod),
  }
}

function ofModule({ module, title, unlicensed, licensed }: Charged['modules'][number]): Missing[] {
  if (!unlicensed) return []
  const { proof, open, firstDay } = unlicensed
  const how = licensed ? `outside of its licence${open ? '' : ', which has begun since'}` : 'without a licence'
  const words = `${title}: used from ${firstDay} on ${how}`
  return [
    {
      ...{
        limit: module,
        name: title,
        words,
        extent: 1,
        open: open ? 1 : 0,
        price: (prices) => prices.modules[module] ?? null,
        proof,
      },
      times: [{ extent: 1, months: unlicensed.months, words: `${title}: ${spanInWords(unlicensed)}`, proof }],
    },
  ]
}

function ofInstallations({ missing, time, licensed, ids, proof }: Charged['installations']): Missing[] {
  if (missing === 0 || !time) return []
  const words = `Installations: ${ids.length} in use, ${licensed} licensed, ${missing} more`
  return [
    {
      ...{
        limit: 'installations',
        name: `Installations (${missing})`,
        words,
        extent: missing,
        open: missing,
        price: (prices) => prices.installations ?? null,
      },
      ...{
        proof,
        times: [{ extent: missing, months: time.months, words: `Installations: ${spanInWords(time)}`, proof }],
      },
    },
  ]
}

function licenceCharge({ limit, words, open, price, proof }: Missing, clause: string, prices: Prices | null): Charge {
  const unit = prices && price(prices)
  return {
    kind: 'licences',
    limit,
    clause,
    text: `${words}.`,
    quantity: open,
    months: null,
    ...costing(unit, 'licence', open, 1),
    proof,
  }
}

function maintenanceCharges({ limit, price, times }: Missing, clause: string, prices: Prices | null): Charge[] {
  const unit = prices && price(prices)
  return times.map(({ extent, months, words, proof }) => ({
    ...{ kind: 'maintenance', limit, clause, text: `${words}.`, quantity: extent, months, proof },
    ...costing(unit, 'maintenance', extent, months),
  }))
}

function billingCharge(one: PeriodExcess, prices: Prices | null): Charge {
  const { limit, title, clause, over, unit, used, max } = one
  const [inUse, licensed] = [used, max].map((value) => amountInWords(value, unit))
  return {
    ...{ kind: 'billing', limit, clause, quantity: over, months: 1, proof: [proofOfPeriod(one)] },
    text: `${title} in ${one.in}: ${inUse} in use, ${licensed} in the licence${one.whole ? '' : ', at least'}.`,
    ...costing(prices && unitPrice(prices, limit), 'month', over, 1),
  }
}

/** Modules and installations beyond the licence, where the licence only counts them. */
function countedModules({ modules, installations }: Charged): Missing[] {
  return [
    ...modules.flatMap((one) => (one.breach ? [] : ofModule(one))),
    ...(installations.breach ? [] : ofInstallations(installations)),
  ]
}

function countedCharge({ limit, words, extent, price, times, proof }: Missing, prices: Prices | null): Charge {
  const months = times[0]?.months ?? 1
  return {
    ...{ kind: 'billing', limit, clause: '', text: `${words}.`, quantity: extent, months, proof },
    ...costing(prices && price(prices), 'month', extent, months),
  }
}

/** From the first of the month until the next tier, or the end of what is reported. */
function tierCharges({ tiers, period }: Charged, prices: Prices | null): Charge[] {
  return tiers.flatMap((move, index): Charge[] => {
    const next = tiers[index + 1]?.from
    const months = period ? monthsUntil(move.from, next ?? firstOfNextMonth(period.to)) : 0
    return months > 0 ? [tierCharge(move, months, prices)] : []
  })
}

function tierCharge(
  { before, tier, meter, value, from, clause, proof }: TierMove,
  months: number,
  prices: Prices | null,
): Charge {
  const [old, fresh] = [before, tier].map((name) => prices?.tiers[name]?.month)
  const difference = old !== undefined && fresh !== undefined ? cents(fresh) - cents(old) : null
  return {
    ...{ kind: 'tier', limit: meter, clause, quantity: 1, months, proof },
    text: `Tier ${tier} instead of ${before} from ${from} on: ${meter} came to ${amountInWords(value, '')}.`,
    price: difference === null ? null : written(difference),
    amount: difference === null ? null : written(difference * BigInt(months)),
  }
}

/** Calendar months from the first day of one to the first day of another. */
export function monthsUntil(first: string, end: string): number {
  let [months, day] = [0, first]
  while (day < end) [months, day] = [months + 1, firstOfNextMonth(day)]
  return months
}

/** The value of the licences that were missing, whether or not they were bought since. */
function penaltyCharge(missing: readonly Missing[], times: number, clause: string, prices: Prices | null): Charge {
  const values = missing.map(({ extent, price }) => costing(prices && price(prices), 'licence', extent, 1).amount)
  const base = values.every((value) => value !== null) ? values.reduce((sum, value) => sum + cents(value), 0n) : null
  const what = missing.map(({ name }) => name).join(', ')
  return {
    ...{
      kind: 'penalty',
      limit: '',
      clause,
      quantity: times,
      months: null,
      proof: missing.flatMap(({ proof }) => proof),
    },
    text: `Contract penalty, ${times} times the value of the licences that were missing: ${what}.`,
    price: base === null ? null : written(base),
    amount: base === null ? null : written(base * BigInt(times)),
  }
}

function costing(unit: UnitPrice | null, of: 'licence' | 'maintenance' | 'month', quantity: number, months: number) {
  const price = unit?.[of]
  if (unit === null || price === undefined) return { price: null, amount: null }
  const amount = cents(price) * BigInt(lots(quantity, unit)) * BigInt(months)
  return { price: written(cents(price)), amount: written(amount) }
}

/** Sums of what has a price; null without prices. */
export function totalsOf(charges: readonly Charge[], prices: Prices | null): Totals | null {
  if (!prices) return null
  const sumOf = (kind: Charge['kind']) =>
    charges.reduce((sum, one) => (one.kind === kind && one.amount !== null ? sum + cents(one.amount) : sum), 0n)
  const [licences, maintenance, billing, tiers] = [
    sumOf('licences'),
    sumOf('maintenance'),
    sumOf('billing'),
    sumOf('tier'),
  ]
  const penalty = charges.find(({ kind }) => kind === 'penalty')
  return {
    currency: prices.currency,
    ...{
      licences: written(licences),
      maintenance: written(maintenance),
      billing: written(billing),
      tiers: written(tiers),
    },
    total: written(licences + maintenance + billing + tiers),
    ...{ penaltyBase: penalty?.price ?? null, penalty: penalty?.amount ?? null },
    complete: charges.every(({ amount }) => amount !== null),
  }
}

const proofOf = ({ installation, from, until }: Proof): Proof => ({ installation, from, until })

const proofOfPeriod = (one: PeriodExcess): Proof => ({ installation: one.installation, from: one.in, until: one.in })

const spanInWords = ({ firstDay, lastDay, days, months, open }: Excess['time']) =>
  `from ${firstDay} to ${lastDay}${open ? ' (not ended when reported)' : ''}, ${days} ${days === 1 ? 'day' : 'days'}, ${months} begun ${
    months === 1 ? 'month' : 'months'
  }`
