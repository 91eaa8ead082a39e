import {
  type LicenceTrust,
  parseDocument,
  splitDocuments,
  VENDOR_KINDS,
  verifyDocument,
} from '@domicile/license/document'

/**
 * Whether these keys vouch for every document of the file: what can be told before there is an appliance. A key list in it
 * may bring keys for the rest, so from there on only the appliance can tell.
 * @throws LicenceRefusal with the reason
 */
export function verifyDocuments(text: string, vendorKeys: LicenceTrust['vendorKeys'], now: Date): void {
  for (const document of splitDocuments(text)) {
    verifyDocument(document, VENDOR_KINDS, { vendorKeys, list: null }, now)
    if (parseDocument(document).kind === 'keys') return
  }
}
