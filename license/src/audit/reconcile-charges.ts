import { entryOf } from '../entry-of.ts'
import { amountInWords, firstOfNextMonth, type Terms, unitOf } from '../terms/index.ts'
import { type Charged, type Missing, missingOf, ofInstallations, ofModule, proofOfPeriod } from './reconcile-missing.ts'
import { cents, lots, type Prices, type UnitPrice, unitPrice, written } from './reconcile-prices.ts'
import type { Charge, PeriodExcess, TierMove, Totals } from './reconcile-types.ts'

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

function licenceCharge({ limit, words, open, price, proof }: Missing, clause: string, prices: Prices | null): Charge {
  const line = { kind: 'licences', limit, clause, text: `${words}.`, quantity: open, months: null, proof } as const
  return costed(line, prices && price(prices), 'licence')
}

function maintenanceCharges({ limit, price, times }: Missing, clause: string, prices: Prices | null): Charge[] {
  return times.map(({ extent, months, words, proof }) => {
    const line = { kind: 'maintenance', limit, clause, text: `${words}.`, quantity: extent, months, proof } as const
    return costed(line, prices && price(prices), 'maintenance')
  })
}

function billingCharge(one: PeriodExcess, prices: Prices | null): Charge {
  const { limit, title, clause, over, unit, used, max } = one
  const [inUse, licensed] = [used, max].map((value) => amountInWords(value, unit))
  const text = `${title} in ${one.in}: ${inUse} in use, ${licensed} in the licence${one.whole ? '' : ', at least'}.`
  const line = { kind: 'billing', limit, clause, text, quantity: over, months: 1, proof: [proofOfPeriod(one)] } as const
  return costed(line, prices && unitPrice(prices, limit), 'month')
}

/** Modules and installations beyond the licence, where the licence only counts them. */
function countedModules({ modules, installations }: Charged): Missing[] {
  return [
    ...modules.flatMap((one) => (one.breach ? [] : ofModule(one))),
    ...(installations.breach ? [] : ofInstallations(installations)),
  ]
}

function countedCharge({ limit, clause, words, extent, price, times, proof }: Missing, prices: Prices | null): Charge {
  const months = times[0]?.months ?? 1
  const line = { kind: 'billing', limit, clause, text: `${words}.`, quantity: extent, months, proof } as const
  return costed(line, prices && price(prices), 'month')
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
  const [old, fresh] = [before, tier].map((name) => entryOf(prices?.tiers ?? {}, name)?.month)
  const difference = old !== undefined && fresh !== undefined ? cents(fresh) - cents(old) : null
  return {
    ...{ kind: 'tier', limit: meter, clause, quantity: 1, months, proof },
    text: `Tier ${tier} instead of ${before} from ${from} on: ${meter} came to ${amountInWords(value, '')}.`,
    price: difference === null ? null : written(difference),
    amount: difference === null ? null : written(difference * BigInt(months)),
  }
}

/** Calendar months from the first day of one to the first day of another. */
function monthsUntil(first: string, end: string): number {
  let [months, day] = [0, first]
  while (day < end) [months, day] = [months + 1, firstOfNextMonth(day)]
  return months
}

/** The value of the licences that were missing, whether or not they were bought since. */
function penaltyCharge(missing: readonly Missing[], times: number, clause: string, prices: Prices | null): Charge {
  const values = missing.map((one) => licenceCharge({ ...one, open: one.extent }, clause, prices).amount)
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

type Uncosted = Omit<Charge, 'price' | 'amount'>

/** A line with its price and amount, as far as there is a price. */
function costed(line: Uncosted, unit: UnitPrice | null, of: 'licence' | 'maintenance' | 'month'): Charge {
  const price = unit?.[of]
  if (unit === null || price === undefined) return { ...line, price: null, amount: null }
  const many = lots(line.quantity, unit)
  const byLot = ` Charged by the begun ${amountInWords(Number(unit.per), unitOf(line.limit))}: ${many}.`
  return {
    ...line,
    ...(unit.per === undefined ? {} : { text: line.text + byLot }),
    price: written(cents(price)),
    amount: written(cents(price) * BigInt(many) * BigInt(line.months ?? 1)),
  }
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
