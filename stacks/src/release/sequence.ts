import { UserError } from '../kernel/index.ts'
import type { Release } from './release-document.ts'

type Identity = Pick<Release, 'name' | 'version' | 'sequence'>

/**
 * A genuine but older release is an attack or a mistake: it brings back faults that were mended. The same one is fine.
 *
 * @param installed `undefined` when nothing is installed yet
 * @throws UserError RELEASE_OLDER, RELEASE_OTHER_STACK; both with exit code 3
 */
export function checkSequence(release: Identity, installed: Identity | undefined): void {
  if (!installed) return
  if (release.name !== installed.name) {
    throw new UserError(`This is a release of ${release.name}; the appliance runs ${installed.name}.`, {
      code: 'RELEASE_OTHER_STACK',
      hint: `Get the release of ${installed.name}, or install ${release.name} as an appliance of its own with --name.`,
    })
  }
  if (release.sequence >= installed.sequence) return
  throw new UserError(
    `Release ${release.version} (sequence ${release.sequence}) is older than ${installed.version} ` +
      `(sequence ${installed.sequence}), which is installed.`,
    {
      code: 'RELEASE_OLDER',
      hint: 'Get the vendor’s newest release.',
    },
  )
}
