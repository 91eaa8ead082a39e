import { PATHS, partPath, type Source } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Manifest } from '@domicile/backup/snapshot'
import type { Archive, Backed } from '../archive.ts'
import type { Room } from '../room.ts'
import { type DocumentVolume, STAGING } from './staging.ts'
import type { Watchdog } from './watchdog.ts'

const GENTLE = ['nice', '-n', '10', 'ionice', '-c', '3']
/** As many paths as one command takes. */
const BATCH = 200
const MOST_NAMED = 10

export type Listed = Manifest['documents'][number]

/** Lists every document with its hash, before the engine reads them. */
export async function listDocuments(
  room: Room,
  volumes: readonly DocumentVolume[],
): Promise<Omit<Listed, 'unsettled'>[]> {
  const listed: Omit<Listed, 'unsettled'>[] = []
  for (const { volume } of volumes) {
    const list = `${STAGING.lists}/${volume}`
    const counted = await must(room, [
      ...GENTLE,
      ...['list-documents', partPath('documents', volume), list, `${STAGING.known}/${volume}`],
    ])
    const [files, bytes] = counted.trim().split(' ').map(Number)
    const [digest = ''] = (await must(room, ['sha256sum', list])).split(' ')
    listed.push({ volume, files: files ?? 0, bytes: bytes ?? 0, list: digest })
  }
  return listed
}

/** Everything that is not in the database, in one go. What could not be read is for `refuseUnreadable` to look at. */
export const writeFiles = (archive: Archive, source: Source, { watch }: Watchdog): Promise<Backed> =>
  watch('Writing the files', (seen) => archive.backupPaths(source, [PATHS.files], { seen }))

/**
 * How many documents of each volume are not as they were listed: written, removed or made while they were read. They are in
 * the snapshot as they were read, and named beside the manifest.
 */
export async function countUnsettled(room: Room, volumes: readonly DocumentVolume[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { volume } of volumes) {
    // Names need not be text: they go from file to file.
    const script = `mkdir -p "$5" && list-documents --unsettled "$1" "$2" "$3" > "$4" && wc -l < "$4" && { [ -s "$4" ] || rm "$4"; }`
    const [folder, target] = [
      `${STAGING.manifest}${PATHS.unsettled}`,
      `${STAGING.manifest}${partPath('unsettled', volume)}`,
    ]
    const words = [
      partPath('documents', volume),
      `${STAGING.lists}/${volume}`,
      `${STAGING.known}/${volume}`,
      target,
      folder,
    ]
    counts.set(volume, Number(await must(room, ['sh', '-c', script, 'sh', ...words])))
  }
  return counts
}

/** Prints what is there and neither gone nor replaced since it was listed; `unsettled` names those. */
const UNREADABLE = `documents=$1 unsettled=$2; shift 2
for item; do
  [ -e "$item" ] || [ -L "$item" ] || continue
  rest=\${item#"$documents"/} path=\${rest#*/}
  list=$unsettled/\${rest%%/*}
  if [ "$rest" != "$item" ] && [ -e "$list" ] && cat "$item" >/dev/null 2>&1 &&
    path=$path awk 'substr($0, length($1) + length($2) + 3) == ENVIRON["path"] { found = 1 } END { exit !found }' "$list"
  then continue; fi
  printf '%s\\n' "$item"
done`

/**
 * To be asked when it is known what is unsettled: a document that is gone, or another one by now, is not missed.
 * @throws BackupRefusal FILES_UNREADABLE (failed) for what is there, as it was listed, and cannot be read
 */
export async function refuseUnreadable(room: Room, written: Backed): Promise<void> {
  const items = written.unread.map(({ item }) => item)
  const found: string[] = []
  for (let at = 0; at < items.length; at += BATCH) {
    const words = [PATHS.documents, `${STAGING.manifest}${PATHS.unsettled}`, ...items.slice(at, at + BATCH)]
    found.push(...(await must(room, ['sh', '-c', UNREADABLE, 'sh', ...words])).split('\n').filter(Boolean))
  }
  if (found.length > 0) throw unreadable(found, written)
}

/** @throws BackupRefusal DOCUMENTS_UNREADABLE (failed) */
async function must(room: Room, command: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await room.exec(command)
  if (exitCode === 0) return stdout
  throw new BackupRefusal(`The documents could not be listed: ${stderr.trim() || `it ended with ${exitCode}`}`, {
    code: 'DOCUMENTS_UNREADABLE',
    hint: 'Nothing half-made counts. See whether the disk is full (df -h) and whether its files can be read, then run it again.',
    kind: 'failed',
  })
}

function unreadable(items: readonly string[], { unread }: Backed): BackupRefusal {
  const named = unread.filter(({ item }) => items.includes(item)).slice(0, MOST_NAMED)
  const more = items.length > named.length ? `\n… and ${items.length - named.length} more` : ''
  const lines = named.map(({ item, message }) => `${item}: ${message}`).join('\n')
  return new BackupRefusal(`${items.length} files are there and cannot be read:\n${lines}${more}`, {
    code: 'FILES_UNREADABLE',
    hint: 'A snapshot without them is not whole, so it does not count. Look at the disk (dmesg) and the file system, then run it again.',
    kind: 'failed',
  })
}
