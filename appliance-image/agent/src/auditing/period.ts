import type { Period } from '@domicile/license/audit'
import { Refusal } from '../refusal.ts'

/**
 * The period of an audit: what is asked for, as far as there was anything to count.
 * @param asked days in the time zone of the contract; null: not said
 * @throws Refusal AUDIT_PERIOD_EMPTY when it ends before it begins, or lies outside of what was counted
 */
export function periodOf(
  asked: { readonly from: string | null; readonly to: string | null },
  { first, today }: { readonly first: string; readonly today: string },
): Period {
  const from = asked.from !== null && asked.from > first ? asked.from : first
  const to = asked.to !== null && asked.to < today ? asked.to : today
  if (from <= to) return { from, to }
  throw new Refusal({
    code: 'AUDIT_PERIOD_EMPTY',
    message: `From ${asked.from ?? first} to ${asked.to ?? today} there is nothing to report: counting began on ${first}, and today is ${today}.`,
    hint: 'Name days in this order and of this time: domicile license audit --from YYYY-MM-DD --to YYYY-MM-DD',
  })
}
