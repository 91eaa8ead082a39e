import { stat } from 'node:fs/promises'
import { BackupRefusal } from '@domicile/backup/refusal'
import { execa } from 'execa'

/** What is mounted where a path is. */
export interface Disk {
  /** Where it is mounted. */
  readonly mountpoint: string
  readonly device: string
  /** Empty: it has none. */
  readonly label: string
}

export type ReadDisk = (path: string) => Promise<Disk>

/** Asks the kernel what is mounted, and the file system itself for its label: what udev remembers may be of another disk. */
export const readDisk: ReadDisk = async (path) => {
  const { stdout } = await execa('findmnt', ['--json', '--output', 'TARGET,SOURCE', '--target', path])
  const [found] = (JSON.parse(stdout) as { filesystems: { target: string; source: string }[] }).filesystems
  if (!found) throw new Error(`nothing is mounted at ${path}`)
  const device = found.source.replace(/\[.*\]$/, '')
  const label = await execa(
    'blkid',
    ['--cache-file', '/dev/null', '--match-tag', 'LABEL', '--output', 'value', device],
    {
      reject: false,
    },
  )
  return { mountpoint: found.target, device, label: label.stdout.trim() }
}

/**
 * An empty mount point looks like an empty disk, and copying there would fill what the host runs on.
 * @param labels of the disks that may be there; none: whichever is
 * @returns the label of the disk that is there; empty: none is needed
 * @throws BackupRefusal DISK_NOT_THERE
 */
export async function requireDisk(path: string, labels: readonly string[], read: ReadDisk = readDisk): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw notThere(`There is no folder ${path}.`, labels)
  if (labels.length === 0) return ''
  const { mountpoint, device, label } = await read(path)
  if (labels.includes(label)) return label
  throw notThere(
    `At ${path} is ${mountpoint === '/' ? 'no disk of its own' : `${device}, labelled ${label ? `“${label}”` : 'nothing'}`}.`,
    labels,
  )
}

const notThere = (what: string, labels: readonly string[]) =>
  new BackupRefusal(`The disk of the second copy is not there. ${what}`, {
    code: 'DISK_NOT_THERE',
    hint: `Nothing was written. Mount ${labels.length > 0 ? `the disk labelled ${labels.join(' or ')}` : 'the disk'} there and run it again; what was missed is copied then.`,
    kind: 'failed',
  })
