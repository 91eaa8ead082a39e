import { type Claims, contradictionIn, type LicenceClaims, readClaims } from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { parseDocument } from 'yaml'
import { checkUnseen } from './exchange.ts'
import { opening } from './issue-document.ts'

/**
 * What the vendor writes to have a licence issued: the claims of a licence in YAML, without those that signing adds.
 *
 * @param request what the customer's installation said of itself: its number, product and purpose need not be written again
 * @param seq in place of the one in the file
 * @throws UserError SPEC_UNREADABLE, SPEC_INVALID (every problem by its path), SPEC_DIFFERS, EXCHANGE_SEQUENCE
 */
export function licenceFromSpec(
  text: string,
  {
    terms,
    request,
    seq,
    now,
  }: { terms: LicenceClaims['terms']; request: Claims<'request'> | null; seq: number | undefined; now: Date },
): LicenceClaims {
  const { vendor, ...written } = readYaml(text)
  const taken = request && { installation: request.installation.id, product: request.product, purpose: request.purpose }
  const raw = {
    ...{ installation: null, feed: null, ...opening(now, vendor as string) },
    ...written,
    ...taken,
    ...(seq !== undefined && { seq }),
    terms,
  }
  const { claims, problems, unknown } = readClaims('licence', raw)
  const wrong = claims ? [contradictionIn('licence', claims)].filter((found) => found !== null) : problems
  const strangers = [...unknown, ...ADDED.filter((name) => name in written)].map(
    (name) => `${name}: does not belong here`,
  )
  if (!claims || wrong.length + strangers.length > 0) throw invalid([...wrong, ...strangers])
  if (request && taken) checkAgainst(request, written, taken, claims)
  return claims
}

const ADDED = ['jti', 'iat', 'iss', 'terms']

function readYaml(text: string): Record<string, unknown> {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true })
  const [error] = document.errors
  if (error) throw unreadable(error.message.split('\n')[0] ?? '')
  const value: unknown = document.toJS({ maxAliasCount: 10 })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable('it has no fields')
  return value as Record<string, unknown>
}

function checkAgainst(
  request: Claims<'request'>,
  written: Record<string, unknown>,
  taken: Record<string, unknown>,
  claims: LicenceClaims,
): void {
  const differing = Object.keys(taken).find((name) => (written[name] ?? taken[name]) !== taken[name])
  if (differing) throw differs(differing, String(written[differing]), String(taken[differing]))
  checkUnseen(request, claims)
}

const usage = (code: string, message: string, hint: string) =>
  new UserError(message, { code, hint, exitCode: ExitCode.Usage })

const unreadable = (why: string) =>
  usage('SPEC_UNREADABLE', `The specification cannot be read: ${why}.`, 'Write it as YAML, as the manual shows.')

const invalid = (problems: readonly string[]) =>
  usage(
    'SPEC_INVALID',
    `No licence can be made of the specification. ${problems.join('; ').replaceAll('iss:', 'vendor:')}.`,
    'Correct these fields; docs/vendor/licences.md shows all of them. Nothing was written.',
  )

const differs = (name: string, spec: string, request: string) =>
  usage(
    'SPEC_DIFFERS',
    `${name}: the specification says ${spec}, the request ${request}.`,
    'Leave it away in the specification to take what the request says, or ask the customer for the right request.',
  )
