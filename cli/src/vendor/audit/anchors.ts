import { type Claims, type LicenceTrust, parseDocument, verifyDocument } from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

/**
 * What the vendor counter-signed, of documents that it kept.
 * @throws UserError NO_ANCHOR when there is none among them; LicenceRefusal when no key that was given signed one
 */
export function anchorsIn(
  documents: readonly string[],
  vendorKeys: LicenceTrust['vendorKeys'],
  now: Date,
): Claims<'anchor'>[] {
  const trust = { vendorKeys, list: null }
  const anchors = documents
    .filter((text) => parseDocument(text).kind === 'anchor')
    .map((text) => verifyDocument(text, ['anchor'], trust, now).claims)
  if (documents.length > 0 && anchors.length === 0) throw none()
  return anchors
}

const none = () =>
  new UserError('There is no counter-signature in the files.', {
    code: 'NO_ANCHOR',
    hint: 'Give what `domicile vendor audit countersign` wrote, or an answer that was made with --request.',
    exitCode: ExitCode.Usage,
  })
