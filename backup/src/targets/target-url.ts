import { BackupRefusal } from '../refusal.ts'

/** Where a second copy is. None of the three says how one gets in there: credentials are in files of their own. */
export type TargetPlace =
  | {
      readonly kind: 'sftp'
      readonly user: string
      /** Name, IPv4, or IPv6 without brackets. */
      readonly host: string
      readonly port: number
      /** From the root of what the server shows. */
      readonly path: string
    }
  | { readonly kind: 's3'; readonly endpoint: string; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'disk'; readonly path: string }

const MOST_CHARACTERS = 500
const USER = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/
const HOST = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*$/
const IPV6 = /^[0-9A-Fa-f:.]{2,45}$/
const PATH = /^(?:\/[A-Za-z0-9_+@=,][A-Za-z0-9._+@=,-]*)+$/
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/**
 * `sftp://user@host[:port]/path`, `s3:https://endpoint[:port]/bucket[/prefix]` or `/path` of a mounted disk.
 * @throws BackupRefusal TARGET_URL, usage, that says what is wrong with it
 */
export function parsePlace(url: string): TargetPlace {
  if (url.length > MOST_CHARACTERS) throw malformed('It is too long')
  if (url.startsWith('sftp://')) return parseSftp(url)
  if (url.startsWith('s3:')) return parseS3(url)
  if (url.startsWith('/')) return { kind: 'disk', path: diskPath(url) }
  throw malformed('It begins with none of sftp://, s3:https:// and /')
}

/** As `parsePlace` takes it, always in the same form. */
export function placeUrl(place: TargetPlace): string {
  if (place.kind === 'disk') return place.path
  if (place.kind === 's3') return `s3:${place.endpoint}/${place.bucket}${place.prefix && `/${place.prefix}`}`
  const { user, host, port, path } = place
  return `sftp://${user}@${inBrackets(host)}${port === 22 ? '' : `:${port}`}${path}`
}

/** A host as it stands before a port: IPv6 addresses have colons of their own. */
export const inBrackets = (host: string): string => (host.includes(':') ? `[${host}]` : host)

function parseSftp(url: string): TargetPlace {
  const match = /^sftp:\/\/(?:([^@/]*)@)?(\[[^\]/]*\]|[^:/@]*)(?::([^/]*))?(\/.*)?$/.exec(url)
  if (!match) throw malformed('It is not sftp://user@host/path')
  const [, user = '', bracketed = '', port, path = ''] = match
  if (user.includes(':')) throw withCredentials()
  if (!USER.test(user)) throw malformed('It must name the user of the server: sftp://user@host/path')
  const host = bracketed.startsWith('[') ? bracketed.slice(1, -1) : bracketed
  if (!(bracketed.startsWith('[') ? IPV6 : HOST).test(host)) throw malformed(`“${host}” is not the name of a server`)
  if (!PATH.test(path)) throw malformed('Its path must begin at the root of the server and have plain letters')
  return { kind: 'sftp', user, host, port: portOf(port), path }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 22
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw malformed(`“${text}” is not a port`)
  return port
}

function parseS3(url: string): TargetPlace {
  const match = /^s3:https:\/\/([^/]+)\/([^/]+)(?:\/(.+))?$/.exec(url)
  if (!match) throw malformed('It is not s3:https://endpoint/bucket')
  const [, authority = '', bucket = '', prefix = ''] = match
  if (authority.includes('@')) throw withCredentials()
  const [, host = '', port] = /^([^:]*)(?::(.*))?$/.exec(authority) ?? []
  if (!HOST.test(host)) throw malformed(`“${host}” is not the name of a server`)
  if (!BUCKET.test(bucket)) throw malformed(`“${bucket}” is not the name of a bucket`)
  if (prefix !== '' && !PATH.test(`/${prefix}`)) throw malformed('What comes after the bucket must have plain letters')
  const where = port === undefined ? '' : `:${portOf(port)}`
  return { kind: 's3', endpoint: `https://${host}${where}`, bucket, prefix }
}

/** Where nobody mounts a disk for backups, and where one that is not there would fill what the host runs on. */
const NOT_A_DISK = ['/bin', '/boot', '/dev', '/etc', '/lib', '/proc', '/root', '/run', '/sbin', '/sys', '/usr', '/var']
const MOUNTS = ['/run/media/', '/var/backups/']

function diskPath(given: string): string {
  const path = given.replace(/\/+$/, '')
  if (!PATH.test(path)) throw malformed('A path must be absolute and have plain letters')
  const inside = NOT_A_DISK.some((folder) => path === folder || path.startsWith(`${folder}/`))
  if (inside && !MOUNTS.some((mount) => path.startsWith(mount)))
    throw malformed(`${path} belongs to the system, and is not where a disk is mounted`)
  return path
}

const malformed = (why: string) =>
  new BackupRefusal(`This cannot be where a second copy is: ${why}.`, {
    code: 'TARGET_URL',
    hint: 'Write sftp://user@host[:port]/path, s3:https://endpoint/bucket[/prefix], or the path of a mounted disk.',
    kind: 'usage',
  })

const withCredentials = () =>
  new BackupRefusal('A password or key must not stand in the address of a second copy.', {
    code: 'TARGET_URL',
    hint: 'Leave it away: it would be in the shell’s history. `domicile backup target add` asks for what it needs.',
    kind: 'usage',
  })
