import { inBrackets, type TargetPlace } from './target-url.ts'

/** Where the room has what restic needs; each a file of its own, readable by root alone. */
export const IN_ROOM = {
  disk: '/target',
  sshKey: '/run/target/ssh-key',
  knownHosts: '/run/target/known-hosts',
  s3Credentials: '/run/target/s3-credentials',
  /** Root certificates of an S3 store that has a certificate of the house; without the file those of the system count. */
  ca: '/run/target/ca.pem',
  key: '/run/target/repository-key',
} as const

/** A server that is gone is noticed within a minute and a half, also in the middle of a file. */
const SSH_OPTIONS = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  `UserKnownHostsFile=${IN_ROOM.knownHosts}`,
  'GlobalKnownHostsFile=/dev/null',
  'IdentitiesOnly=yes',
  'ConnectTimeout=20',
  'ServerAliveInterval=15',
  'ServerAliveCountMax=5',
]

/** For `ssh` in a room: with the key and the host keys of this second copy, nobody's settings, and never a question. */
export const sshArguments = (): string[] => [
  ...['-F', 'none', '-i', IN_ROOM.sshKey],
  ...SSH_OPTIONS.flatMap((option) => ['-o', option]),
]

/** The place in restic's words: the repository, values for its `-o`, and the environment, which holds no secret. */
export function engineWords(place: TargetPlace): {
  repository: string
  options: readonly string[]
  environment: Readonly<Record<string, string>>
} {
  if (place.kind === 'disk') return { repository: IN_ROOM.disk, options: [], environment: {} }
  if (place.kind === 's3') {
    const { endpoint, bucket, prefix } = place
    return {
      repository: `s3:${endpoint}/${bucket}${prefix && `/${prefix}`}`,
      options: ['s3.bucket-lookup=path'],
      environment: { AWS_SHARED_CREDENTIALS_FILE: IN_ROOM.s3Credentials },
    }
  }
  const { user, host, port, path } = place
  return {
    // Two slashes: from the root, not from the user's home.
    repository: `sftp://${user}@${inBrackets(host)}:${port}/${path}`,
    options: [`sftp.args=${sshArguments().join(' ')}`],
    environment: {},
  }
}

/** Keys of an S3 store as its users know them, in the form that restic reads. */
export const s3Credentials = ({ id, secret }: { id: string; secret: string }): string =>
  `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`

const S3_ID = /^[\x21-\x7e]{3,128}$/
const S3_SECRET = /^[\x21-\x7e]{1,256}$/

/** Two lines: the id, then the secret. Null: it is something else. */
export function parseS3Keys(text: string): { id: string; secret: string } | null {
  const [id = '', secret = '', ...more] = text.trim().split(/\s*\n\s*/)
  return more.length === 0 && S3_ID.test(id) && S3_SECRET.test(secret) ? { id, secret } : null
}
