import { type LicenceClaims, parseDocument, readClaims, splitDocuments } from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { readGiven } from '../given-file.ts'
import { readTerms } from '../vendor/license/profiles.ts'
import { licenceFromSpec } from '../vendor/license/spec.ts'

/**
 * A licence to look at: a signed document as it was sent, whose signature is not asked for because nothing is done by it,
 * or what a vendor wrote down to have one issued, with the terms named beside it.
 * @throws UserError NO_FILE, NO_TERMS, NO_LICENCE, SPEC_INVALID; LicenceRefusal when the document cannot be read
 */
export async function readLicence(path: string, terms: string | undefined, now: Date): Promise<LicenceClaims> {
  const text = await readGiven(path)
  if (text.includes('-----BEGIN DOMICILE')) return licenceIn(text, path)
  if (terms === undefined) throw noLicence(`${path} names no terms.`, 'Add the terms with --terms NAME or a file.')
  return licenceFromSpec(text, { terms: await readTerms(terms), request: null, seq: undefined, now })
}

function licenceIn(text: string, path: string): LicenceClaims {
  const licences = splitDocuments(text)
    .map((document) => parseDocument(document))
    .filter(({ kind }) => kind === 'licence')
  const last = licences.at(-1)
  if (!last) throw noLicence(`${path} holds no licence.`, 'Give the file with the licence itself.')
  const { claims, problems } = readClaims('licence', last.unverified)
  if (!claims)
    throw noLicence(`The licence in ${path} is not valid: ${problems.join('; ')}`, 'Ask the vendor for another.')
  return claims
}

export const noLicence = (message: string, hint: string) =>
  new UserError(message, { code: 'NO_LICENCE', hint, exitCode: ExitCode.Usage })
