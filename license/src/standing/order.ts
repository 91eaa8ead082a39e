import type { Claims } from '../document/index.ts'
import { LicenceRefusal } from '../refusal.ts'
import type { Terms } from '../terms/index.ts'

/**
 * Refuses an order that the contract does not allow, before it is accepted: one of a kind that the terms have no track
 * for, or one that nobody was told of beforehand although it is not urgent.
 * @throws LicenceRefusal ORDER_NOT_FORESEEN, ORDER_WITHOUT_NOTICE
 */
export function checkOrder(order: Claims<'order'>, terms: Terms): void {
  if (order.action === 'lift') return
  const track = terms.tracks.find(({ anchor }) => anchor === `order-${order.action}`)
  if (!track) {
    throw new LicenceRefusal(`The terms “${terms.name}” know no order to ${order.action}.`, {
      code: 'ORDER_NOT_FORESEEN',
      hint: 'Ask the vendor on which clause of the contract the order stands; nothing was changed.',
    })
  }
  const waits = track.stages.some(({ after }) => after.some(({ notices }) => notices.includes('order')))
  if (waits && !order.notice && !order.urgent) {
    throw new LicenceRefusal(
      `The order to ${order.action} gives no notice and is not urgent (clause ${track.clause}).`,
      {
        code: 'ORDER_WITHOUT_NOTICE',
        hint: 'Ask the vendor for an order that says when and how notice was given; nothing was changed.',
      },
    )
  }
}
