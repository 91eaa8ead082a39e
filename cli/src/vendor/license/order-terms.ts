import type { Claims, LicenceClaims } from '@domicile/license/document'
import { checkOrder } from '@domicile/license/standing'
import { parseTerms } from '@domicile/license/terms'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

/**
 * Holds an order against the licence that it is about, as the customer's appliance will.
 * @throws UserError CONTRACT_DIFFERS; LicenceRefusal ORDER_NOT_FORESEEN, ORDER_WITHOUT_NOTICE
 */
export function checkAgainstLicence(order: Claims<'order'>, { contract, terms }: LicenceClaims): void {
  if (order.contract !== contract) {
    throw new UserError(`The licence is of contract ${contract}, the order of ${order.contract}.`, {
      code: 'CONTRACT_DIFFERS',
      hint: 'Give the licence of this contract, or its number.',
      exitCode: ExitCode.Usage,
    })
  }
  checkOrder(order, parseTerms(terms.text))
}
