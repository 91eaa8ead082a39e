import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { MOST_COPIES } from '@domicile/backup/keys'
import { BackupRefusal } from '@domicile/backup/refusal'
import {
  DISK_LABEL,
  fingerprint,
  type HostKey,
  knownHost,
  NEW_TARGET_STATE,
  parsePlace,
  placeUrl,
  TARGET_NAME,
  type Target,
  type TargetPlace,
} from '@domicile/backup/targets'
import { makeSecret } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Appliance } from '../../appliance/appliance.ts'
import { backupFolder } from '../folder.ts'
import { KEY_LENGTH } from '../keys/key-length.ts'
import { askS3Credentials } from './s3-keys.ts'
import { makeSshKey, scanHostKey } from './ssh.ts'
import { forgetTarget, readTargets, rootOnly, targetFiles, writeTarget, writeTargetState } from './store.ts'
import { presentLabel, type TargetTools } from './target-room.ts'

export interface NewTarget {
  readonly name: string
  readonly url: string
  readonly labels: readonly string[]
  /** KiB/s; null: as fast as it goes. */
  readonly limitKiB: number | null
}

export interface AddTools extends TargetTools {
  readonly now: () => Date
  /** Whether this is the server that is meant. @param shown `SHA256:…` */
  readonly trust: (shown: string, type: string) => Promise<boolean>
  /** Two lines: id and secret. */
  readonly s3Keys: () => Promise<string>
  /** Root certificates of an S3 store, PEM; absent: those of the system. */
  readonly ca?: string | undefined
}

export interface Added {
  readonly target: Target
  /** Of an SFTP server: what belongs into its `authorized_keys`, and the fingerprint that is pinned. */
  readonly publicKey: string | null
  readonly fingerprint: string | null
}

/**
 * Writes down a second copy with keys of its own. Nothing is written at its place yet. The caller holds the backup lock.
 * @throws BackupRefusal TARGET_URL, TARGET_EXISTS, DISK_NOT_THERE, HOST_KEY_UNKNOWN, HOST_KEY_NOT_TRUSTED, S3_KEYS
 */
export async function addTarget(
  appliance: Pick<Appliance, 'name' | 'state'>,
  wanted: NewTarget,
  tools: AddTools,
): Promise<Added> {
  const { name } = appliance
  const place = parsePlace(wanted.url)
  const url = placeUrl(place)
  checkWords(wanted, place)
  await refuseTwice(name, wanted.name, url)
  const record: Target = {
    ...{ format: 1, name: wanted.name, url, labels: [...wanted.labels], limitKiB: wanted.limitKiB },
    ...{ hostKey: null, addedAt: tools.now().toISOString() },
  }
  await presentLabel(record, tools)
  await mkdir(backupFolder(name).targets, { recursive: true, mode: 0o700 })
  const files = targetFiles(name, wanted.name)
  try {
    const hostKey = place.kind === 'sftp' ? await trustedHostKey(appliance, place, tools) : null
    if (place.kind === 'sftp' && hostKey) await rootOnly(files.knownHosts, knownHost(place, hostKey))
    if (place.kind === 's3') await rootOnly(files.s3Credentials, await askS3Credentials(tools.s3Keys))
    if (tools.ca !== undefined) await rootOnly(files.ca, checkedCa(tools.ca, place))
    const publicKey = place.kind === 'sftp' ? await makeSshKey(appliance, files, tools) : null
    // One that was added and removed before had its own; what is at its place may still be opened by that alone.
    if (!existsSync(files.key)) await rootOnly(files.key, makeSecret(KEY_LENGTH))
    const target = { ...record, hostKey }
    await writeTargetState(name, wanted.name, NEW_TARGET_STATE)
    await writeTarget(name, target)
    return { target, publicKey, fingerprint: hostKey && fingerprint(hostKey) }
  } catch (error) {
    await forgetTarget(name, wanted.name)
    throw error
  }
}

function checkWords({ name, labels, limitKiB }: NewTarget, place: TargetPlace): void {
  if (!TARGET_NAME.test(name))
    throw usage(`“${name}” cannot be the name of a second copy.`, 'Use lower-case letters, digits and hyphens.')
  if (labels.length > 0 && place.kind !== 'disk')
    throw usage('--label is for disks.', 'Leave it away: a server is known by its host key or certificate.')
  const bad = labels.find((label) => !DISK_LABEL.test(label))
  if (bad !== undefined) throw usage(`“${bad}” is not the label of a file system.`, 'See lsblk --output NAME,LABEL.')
  if (limitKiB !== null && !(Number.isInteger(limitKiB) && limitKiB > 0))
    throw usage('The limit must be a number of KiB a second.', 'For example --limit 2048.')
}

async function refuseTwice(appliance: string, name: string, url: string): Promise<void> {
  const targets = await readTargets(appliance)
  const same = targets.find((target) => target.name === name || target.url === url)
  if (same) {
    throw new BackupRefusal(`There is a second copy “${same.name}” already, at ${same.url}.`, {
      code: 'TARGET_EXISTS',
      hint: `Choose another name and place, or remove that one first: domicile backup target remove ${same.name}`,
    })
  }
  if (targets.length < MOST_COPIES) return
  throw new BackupRefusal(`There are ${targets.length} second copies, and the recovery sheet has no room for more.`, {
    code: 'TOO_MANY_TARGETS',
    hint: 'Remove one that is not used any more: domicile backup target remove NAME',
  })
}

async function trustedHostKey(
  appliance: Pick<Appliance, 'name' | 'state'>,
  { host, port }: { host: string; port: number },
  tools: AddTools,
): Promise<HostKey> {
  const key = await scanHostKey(appliance, { host, port, network: 'edge' }, tools)
  const shown = fingerprint(key)
  if (await tools.trust(shown, key.type)) return key
  throw new BackupRefusal(`The host key of ${host} is ${shown} (${key.type}), and nobody vouched for it.`, {
    code: 'HOST_KEY_NOT_TRUSTED',
    hint: 'Compare it on the server itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then give it: --host-key SHA256:…',
  })
}

/** Only certificates: what else may be in such a file is nobody's here. */
function checkedCa(text: string, place: TargetPlace): string {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g)
  if (place.kind !== 's3') throw usage('--ca is for S3 stores.', 'Leave it away: a server is known by its host key.')
  if (!certificates) throw usage('The file of --ca holds no certificate.', 'Give the root certificate in PEM form.')
  return `${certificates.join('\n')}\n`
}

const usage = (message: string, hint: string) =>
  new UserError(message, { code: 'USAGE', hint, exitCode: ExitCode.Usage })
