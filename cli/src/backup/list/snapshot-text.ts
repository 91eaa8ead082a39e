import type { Snapshot } from '@domicile/backup/snapshot'
import { aligned, labelled } from '../../screen/columns.ts'

/** One line a snapshot, the newest first, each with what `note` adds to it. */
export function listText(snapshots: readonly Snapshot[], timeZone: string, note?: (one: Snapshot) => string): string {
  if (snapshots.length === 0) return 'There is no snapshot yet. Make one: domicile backup create'
  const time = timeIn(timeZone)
  const rows = snapshots
    .toReversed()
    .map((one) => [one.run, time(one.at), one.kind, size(one.bytes.dump + one.bytes.documents), stateText(one, time)])
  const heads = ['SNAPSHOT', `MADE (${timeZone})`, 'KIND', 'SIZE', 'STATE']
  const lines = aligned([heads, ...rows], (column) => column === 3)
  if (!note) return lines.join('\n')
  const notes = snapshots.toReversed().map(note)
  return lines.flatMap((line, index) => (index === 0 ? [line] : [line, `    ${notes[index - 1]}`])).join('\n')
}

/** Everything about one. */
export function snapshotText(one: Snapshot, timeZone: string, explanation: string): string {
  const time = timeIn(timeZone)
  const { bytes, release, parts } = one
  return [
    labelled('Snapshot', one.run),
    labelled('Made', `${time(one.at)} (${timeZone})${one.seconds > 0 ? `, in ${one.seconds.toFixed(1)} s` : ''}`),
    labelled('Kind', one.kind),
    labelled('Release', `${release.name} ${release.version}`),
    labelled('Size', `database ${size(bytes.dump)} as SQL, documents ${size(bytes.documents)}`),
    labelled('Archive grew by', size(bytes.added)),
    labelled('Counts', one.refused === null ? 'yes' : `no: ${one.refused}`),
    labelled('Read back', one.checkedAt ? time(one.checkedAt) : 'never'),
    labelled('Proven', one.provenAt ? time(one.provenAt) : 'never'),
    labelled('Policy', explanation),
    labelled('Parts', `database ${parts.database}`),
    labelled('', `files ${parts.files}`),
    labelled('', `manifest ${parts.manifest}`),
    labelled('Manifest', `SHA-256 ${one.manifest}`),
  ].join('\n')
}

/** The strongest thing that can be said of it, and whether it is held. */
function stateText({ refused, provenAt, checkedAt, hold }: Snapshot, time: (at: string) => string): string {
  const held = hold === null ? '' : `, held: ${hold}`
  if (refused !== null) return `does not count: ${refused}${held}`
  if (provenAt !== null) return `proven ${time(provenAt)}${held}`
  return `${checkedAt === null ? 'not read back yet' : 'read back'}${held}`
}

/** `2026-11-22 01:32`, on the wall of a zone. One format for thousands. */
function timeIn(timeZone: string): (at: string) => string {
  const number = '2-digit'
  const format = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone, year: 'numeric', month: number, day: number, hour: number, minute: number },
  })
  return (at) => format.format(Date.parse(at))
}

/** `1.6 GB`: powers of a thousand, as disks are sold. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let [value, unit] = [bytes, 0]
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
