import { keyList, type Place } from '@domicile/backup/archive'
import { BackupRefusal, type RefusalKind } from '@domicile/backup/refusal'
import { sshArguments, type TargetPlace } from '@domicile/backup/targets'
import type { Room } from '../room.ts'

interface Reason {
  readonly said: RegExp
  readonly code: string
  readonly kind: RefusalKind
  readonly message: string
  readonly hint: string
}

/** What OpenSSH says when it gets no further; all it has is words. */
const REASONS: readonly Reason[] = [
  {
    code: 'HOST_KEY_CHANGED',
    kind: 'unverified',
    message: 'has another host key than the one that is pinned',
    hint: 'Nothing was sent. Ask whoever runs it whether it was set up anew. Only then: domicile backup target trust NAME --host-key SHA256:…',
    said: /host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i,
  },
  {
    code: 'SECOND_COPY_NO_ACCESS',
    kind: 'failed',
    message: 'does not let this host in',
    hint: 'Its user must have the public key in .ssh/authorized_keys; `domicile backup target list` shows it.',
    said: /permission denied \(/i,
  },
]

/**
 * Whether a place opens, before anything is asked of it: the archive engine does not pass on what SSH says, and tries a store
 * that does not answer for a quarter of an hour.
 */
export async function knock(room: Room, target: TargetPlace, place: Place): Promise<void> {
  if (target.kind === 'sftp') await knockSftp(room, target)
  if (target.kind === 's3') await knockS3(room, target, place)
}

const S3_SECONDS = 60

/** An answer is also that nothing is there yet, or that the key is another one: the engine's exit codes for these. */
const ANSWERS = [0, 10, 12]

async function knockS3(room: Room, { endpoint }: Extract<TargetPlace, { kind: 's3' }>, place: Place): Promise<void> {
  const { exitCode, stderr } = await room.exec(['timeout', String(S3_SECONDS), ...keyList(place)])
  if (ANSWERS.includes(exitCode)) return
  const said = stderr.split('\n').findLast((line) => /x509|refused|denied|no route|no such host/i.test(line)) ?? ''
  throw new BackupRefusal(
    `${endpoint} does not let this host read: ${said.slice(0, 400) || `no answer within ${S3_SECONDS} seconds`}`,
    {
      code: 'SECOND_COPY_UNREACHABLE',
      kind: 'failed',
      hint: 'See whether it runs, its keys are good, and its certificate is of an authority that systems know (else --ca FILE when it is added).',
    },
  )
}

async function knockSftp(room: Room, place: Extract<TargetPlace, { kind: 'sftp' }>): Promise<void> {
  const { user, host, port } = place
  const words = [...sshArguments(), '-p', String(port), '-l', user, '-s', host, 'sftp']
  const { exitCode, stderr } = await room.exec(['ssh', ...words], { stdin: '' })
  if (exitCode === 0) return
  const last = stderr.trim().split('\n').at(-1)?.trim() || `ssh ended with ${exitCode}`
  const known = REASONS.find(({ said }) => said.test(stderr))
  const server = `${user}@${host}, port ${port},`
  if (known) {
    const { code, kind, message, hint } = known
    throw new BackupRefusal(`${server} ${message}.`, { code, kind, hint })
  }
  throw new BackupRefusal(`${server} cannot be reached: ${last}`, {
    code: 'SECOND_COPY_UNREACHABLE',
    kind: 'failed',
    hint: 'See whether it runs, and what is between. The archive on this host is not affected; what was missed is copied by the next run.',
  })
}
