import { UserError } from '@domicile/stacks/kernel'
import { type Acceptance, acceptChecks, renderVerdicts } from '@domicile/stacks/preflight'
import { type PreflightRequest, parseAccepted, preflight } from './preflight.ts'

export interface ReadinessRequest extends PreflightRequest {
  readonly flags: PreflightRequest['flags'] & { readonly accept?: readonly string[] | undefined }
}

/**
 * Judges this host before anything is changed.
 * @returns the failed checks that somebody answered for, as they are recorded
 * @throws UserError PREFLIGHT_FAILED (3) when a check stands in the way
 */
export async function requireReady(request: ReadinessRequest, person: Pick<Acceptance, 'by' | 'at'>) {
  const { manifest, flags } = request
  const { verdicts, refused } = acceptChecks(await preflight(request), parseAccepted(flags), manifest.strict, person)
  if (refused.length > 0) {
    const failed = verdicts.filter(({ verdict }) => verdict !== 'pass')
    throw new UserError(`This host is not ready for the appliance.\n${renderVerdicts(failed)}`, {
      code: 'PREFLIGHT_FAILED',
      hint: refused.map(({ reason }) => reason).join('\n'),
    })
  }
  return verdicts.flatMap(({ id, accepted }) => (accepted ? [{ check: id, ...accepted }] : []))
}
