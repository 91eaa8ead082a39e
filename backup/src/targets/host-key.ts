import { createHash } from 'node:crypto'
import { BackupRefusal } from '../refusal.ts'

/** The key of an SSH server: `ssh-ed25519 AAAA…`. */
export interface HostKey {
  readonly type: string
  /** Base64. */
  readonly key: string
}

/** The strongest first; what is older is not taken. */
const TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'] as const

/** What `ssh-keyscan` printed → the key to pin. @throws BackupRefusal HOST_KEY_UNKNOWN when there is none */
export function chooseHostKey(scanned: string): HostKey {
  const found = scanned
    .split('\n')
    .map((line) => /^[^#\s]\S* (\S+) ([A-Za-z0-9+/]{40,2000}={0,2})$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, type = '', key = '']) => ({ type, key }))
  for (const type of TYPES) {
    const one = found.find((candidate) => candidate.type === type)
    if (one) return one
  }
  throw new BackupRefusal('The server did not show a host key: it does not speak SSH there, or was not reached.', {
    code: 'HOST_KEY_UNKNOWN',
    hint: 'Check its name and port, and whether a firewall is between (ssh -p PORT USER@HOST).',
    kind: 'failed',
  })
}

/** As `ssh-keygen -l` prints it: `SHA256:` and 43 characters. */
export const fingerprint = ({ key }: HostKey): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`

/** One line of a `known_hosts` file. */
export const knownHost = ({ host, port }: { host: string; port: number }, { type, key }: HostKey): string =>
  `${port === 22 ? host : `[${host}]:${port}`} ${type} ${key}\n`
