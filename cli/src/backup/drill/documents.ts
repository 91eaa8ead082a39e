import { partPath } from '@domicile/backup/archive'
import type { FoundDocuments } from '@domicile/backup/proof'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Manifest } from '@domicile/backup/snapshot'
import type { Archive } from '../archive.ts'
import type { Room } from '../room.ts'
import { INSIDE } from './place.ts'

/** More than anybody looks at. */
const MOST_NAMED = 1000

/**
 * Lists what was restored by the program that made the list of the snapshot, and prints where the two differ: in one column
 * what is only in the snapshot's, behind a tab what is only in the new one. When a file was last written is no part of what it
 * holds, and a link holds nothing.
 */
const COMPARE = `set -euo pipefail
mkdir -p "$3"
export LC_ALL=C TMPDIR=$3
list-documents "$1" "$3/found" >/dev/null
comparable() { { grep -v '^-' "$1" || [[ $? == 1 ]]; } | cut -d' ' -f1,2,4- | sort; }
comm -3 <(comparable "$2") <(comparable "$3/found")`

/** Holds the restored documents of a volume against the list that came with them. */
export async function compareDocuments(
  { volume, unsettled }: Manifest['documents'][number],
  manifestPart: string,
  archive: Archive,
  room: Room,
): Promise<FoundDocuments> {
  const list = `${INSIDE}${partPath('lists', volume)}`
  const [digest, lines] = [await room.exec(['sha256sum', list]), await room.exec(['grep', '-vc', '^-', list])]
  if (digest.exitCode !== 0) return { volume, list: null, files: 0, differing: [], differ: 0 }
  const passedOver =
    unsettled > 0 ? unsettledIn(await archive.readFile(manifestPart, partPath('unsettled', volume))) : new Set()
  const found = new Map<string, { before: boolean; now: boolean }>()
  const line = (text: string) => {
    const now = text.startsWith('\t')
    const path = text
      .slice(now ? 1 : 0)
      .split(' ')
      .slice(2)
      .join(' ')
    if (passedOver.has(path)) return
    const seen = found.get(path) ?? { before: false, now: false }
    found.set(path, now ? { ...seen, now } : { ...seen, before: true })
  }
  const folder = `${INSIDE}${partPath('documents', volume)}`
  const { exitCode, stderr } = await room.exec(['bash', '-c', COMPARE, 'bash', folder, list, `${INSIDE}/lists`], {
    line,
  })
  if (exitCode !== 0) throw notCompared(volume, stderr)
  const differing = [...found].map(([path, { before, now }]) => ({
    path,
    how: before && now ? ('changed' as const) : before ? ('missing' as const) : ('unexpected' as const),
  }))
  return {
    ...{ volume, list: digest.stdout.slice(0, 64), files: Number(lines.stdout.trim()) },
    ...{ differing: differing.slice(0, MOST_NAMED), differ: differing.length },
  }
}

/** Lines `<bytes> <mtime> <path>`, or `- - <path>`. */
const unsettledIn = (text: string): ReadonlySet<string> =>
  new Set(text.split('\n').map((line) => line.split(' ').slice(2).join(' ')))

const notCompared = (volume: string, said: string) =>
  new BackupRefusal(`The restored documents of ${volume} could not be compared: ${said.trim().slice(-500)}`, {
    code: 'DRILL_STOPPED',
    hint: 'This says nothing about the snapshot. See whether there is room (df -h) and memory, and run the drill again.',
    kind: 'failed',
  })
