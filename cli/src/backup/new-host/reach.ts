import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import type { ParsedCopy, ParsedSheet } from '@domicile/backup/keys'
import { BackupRefusal } from '@domicile/backup/refusal'
import { fingerprint, type HostKey, knownHost, parsePlace, placeUrl, type TargetPlace } from '@domicile/backup/targets'
import type { Appliance } from '../../appliance/appliance.ts'
import { readGiven } from '../../given-file.ts'
import { backupFolder } from '../folder.ts'
import type { RoomTools } from '../room.ts'
import { askS3Credentials } from '../targets/s3-keys.ts'
import { makeSshKey, scanHostKey } from '../targets/ssh.ts'
import { rootOnly, targetFiles } from '../targets/store.ts'
import { type Access, withTarget } from '../targets/target-room.ts'

/** A second copy that can be read with the sheet alone. */
export interface Reached {
  readonly access: Access
  readonly url: string
  /** Its name here: that of the sheet. */
  readonly name: string
  readonly hostKey: HostKey | null
  /** Its key is the archive's own: it is no copy, but the archive of the lost host. */
  readonly isArchive: boolean
}

export interface ReachTools extends RoomTools {
  /** Whether this is the server that is meant, when the sheet does not say its fingerprint. */
  readonly trust: (shown: string, type: string) => Promise<boolean>
  /** Two lines: id and secret. */
  readonly s3Keys: () => Promise<string>
  /** A private key that the server knows; absent: one is made here. */
  readonly sshKey: string | undefined
  /** File with root certificates of an S3 store of the house. */
  readonly ca: string | undefined
}

/** Which second copy is meant: the one named, or the only one on the sheet. @throws BackupRefusal FROM_MISSING */
export function meantUrl(from: string | undefined, sheet: ParsedSheet): string {
  if (from !== undefined) return placeUrl(parsePlace(from))
  const urls = sheet.copies.flatMap(({ url }) => url ?? [])
  const [url] = urls
  if (url !== undefined && urls.length === 1) return placeUrl(parsePlace(url))
  throw new BackupRefusal(`The recovery sheet names ${urls.length} second copies.`, {
    code: 'FROM_MISSING',
    hint: `Say from which to restore: --from ${urls[0] ?? 'URL'}`,
    kind: 'usage',
  })
}

/**
 * Writes down what is needed to get at a second copy, and tries which key of the sheet opens it. Safe to run again.
 * @throws BackupRefusal HOST_KEY_NOT_TRUSTED, SECOND_COPY_NO_ACCESS with the public key that must be let in,
 * SECOND_COPY_UNREACHABLE, SHEET_OTHER when no key opens what is there, SECOND_COPY_GONE when nothing is
 */
export async function reach(
  appliance: Pick<Appliance, 'name' | 'state'>,
  url: string,
  sheet: ParsedSheet,
  tools: ReachTools,
): Promise<Reached> {
  const place = parsePlace(url)
  const copy = sheet.copies.find((one) => one.url !== null && placeUrl(parsePlace(one.url)) === url)
  const name = copy?.name ?? 'second-copy'
  const files = targetFiles(appliance.name, name)
  await mkdir(backupFolder(appliance.name).targets, { recursive: true, mode: 0o700 })
  const hostKey = place.kind === 'sftp' ? await pinned(appliance, place, copy, tools) : null
  if (place.kind === 'sftp' && hostKey) await rootOnly(files.knownHosts, knownHost(place, hostKey))
  if (place.kind === 's3') await rootOnly(files.s3Credentials, await askS3Credentials(tools.s3Keys))
  if (place.kind === 's3' && tools.ca !== undefined) await rootOnly(files.ca, await readGiven(tools.ca))
  const publicKey = place.kind === 'sftp' ? await sshKeyFor(appliance, name, tools) : null
  const access: Access = { place, files, network: 'bridge' }
  const key = await keyThatOpens(appliance, access, candidates(sheet, copy), publicKey, tools)
  return { access, url, name, hostKey, isArchive: key === sheet.archiveKey }
}

const candidates = (sheet: ParsedSheet, copy: ParsedCopy | undefined): string[] => [
  ...new Set(
    [copy?.key, ...sheet.copies.map(({ key }) => key), sheet.archiveKey].filter((key) => typeof key === 'string'),
  ),
]

async function pinned(
  appliance: Pick<Appliance, 'name' | 'state'>,
  place: Extract<TargetPlace, { kind: 'sftp' }>,
  copy: ParsedCopy | undefined,
  tools: ReachTools,
): Promise<HostKey> {
  const key = await scanHostKey(appliance, { ...place, network: 'bridge' }, tools)
  const shown = fingerprint(key)
  const wanted = copy?.hostKey ?? null
  if (wanted === null ? await tools.trust(shown, key.type) : wanted === shown) return key
  throw new BackupRefusal(
    `${place.host} shows the host key ${shown}${wanted === null ? ', and nobody vouched for it' : `; the recovery sheet says ${wanted}`}.`,
    {
      code: 'HOST_KEY_NOT_TRUSTED',
      hint: 'Nothing was sent. Ask whoever runs it. When it was set up anew, take the host key out of the sheet’s text and give the new one: --host-key SHA256:…',
      kind: 'unverified',
    },
  )
}

async function sshKeyFor(
  appliance: Pick<Appliance, 'name' | 'state'>,
  target: string,
  tools: ReachTools,
): Promise<string | null> {
  const files = targetFiles(appliance.name, target)
  if (tools.sshKey !== undefined) {
    await rootOnly(files.sshKey, await readGiven(tools.sshKey))
    return null
  }
  if (existsSync(files.sshKey) && !existsSync(files.sshPublicKey)) return null
  return makeSshKey(appliance, files, tools)
}

async function keyThatOpens(
  appliance: Pick<Appliance, 'name' | 'state'>,
  access: Access,
  keys: readonly string[],
  publicKey: string | null,
  tools: RoomTools,
): Promise<string> {
  for (const key of keys) {
    await rootOnly(access.files.key, key)
    if (await opens(appliance, access, publicKey, tools)) return key
  }
  throw new BackupRefusal('No key of the recovery sheet opens what is there.', {
    code: 'SHEET_OTHER',
    hint: 'Is it the newest sheet, and the sheet of this second copy? After `backup keys rotate` an older one opens nothing.',
    kind: 'unverified',
  })
}

async function opens(
  appliance: Pick<Appliance, 'name' | 'state'>,
  access: Access,
  publicKey: string | null,
  tools: RoomTools,
): Promise<boolean> {
  try {
    await withTarget(appliance, access, { readOnly: true }, tools, (copy) => copy.list())
    return true
  } catch (error) {
    if (!(error instanceof BackupRefusal)) throw error
    if (error.code === 'ARCHIVE_KEY_WRONG') return false
    if (error.code === 'NO_ARCHIVE') throw nothingThere(error)
    throw error.code === 'SECOND_COPY_NO_ACCESS' && publicKey !== null ? letIn(error, publicKey) : error
  }
}

const nothingThere = (cause: BackupRefusal) =>
  new BackupRefusal('There is no archive at that place.', {
    code: 'SECOND_COPY_GONE',
    hint: 'Check the address; of a disk, that it is mounted there.',
    kind: 'missing',
    cause,
  })

const letIn = (cause: BackupRefusal, publicKey: string) =>
  new BackupRefusal(cause.message, {
    code: cause.code,
    hint: `Put this line into .ssh/authorized_keys of its user, then run the same command again:\n\n${publicKey}\n\nOr give a private key that it knows: --ssh-key FILE`,
    kind: cause.kind,
    cause,
  })

/** The text of a sheet. @param given a file, or `-` for standard input */
export const readSheetText = (given: string): Promise<string> =>
  given === '-' ? readFile('/dev/stdin', 'utf8') : readGiven(given)
