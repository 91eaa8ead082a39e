import { durationText, type Restore } from '@domicile/backup/restore'
import type { RestorePlan } from '../backup/restore/plan.ts'
import { labelled } from './columns.ts'

const GIB = 2 ** 30
export const sizeText = (bytes: number): string =>
  bytes < GIB / 10 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`
const moment = (instant: string) => `${instant.slice(0, 19).replace('T', ' ')} UTC`

/** What a restore will do, need and take away. */
export function planLines(appliance: string, plan: RestorePlan): string[] {
  const { snapshot, at, forecast, freeBytes, lost, manifest } = plan
  const files = manifest.documents.reduce((sum, one) => sum + one.files, 0)
  return [
    labelled('Appliance', appliance),
    labelled(
      'Snapshot',
      `${snapshot.run} (${snapshot.kind}), ${snapshot.provenAt ? `proven ${moment(snapshot.provenAt)}` : 'not proven by a drill yet'}`,
    ),
    labelled('Data as of', moment(at)),
    labelled('Holds', `${manifest.database.tables.length} tables, ${files} documents`),
    labelled('Put aside', `everything written in ${durationText(lost.seconds)}: from ${moment(lost.from)} until now`),
    labelled('Needs', `${sizeText(forecast.bytes.total)} beside what runs; ${sizeText(freeBytes)} are free`),
    labelled(
      'Takes',
      `about ${durationText(forecast.seconds)}${forecast.measured ? ', as drills measured' : '; no drill has measured it yet'}; people work until the switch at its end`,
    ),
  ]
}

/** What is so after a switch, and what a person may do now. */
export function restoredText({ phase, at, switchedAt, preRestore }: Restore): string {
  const restored = phase === 'switched'
  return [
    restored
      ? `The appliance runs with its data as of ${moment(at)}.`
      : 'The appliance runs with its data from before the restore.',
    ...(restored && preRestore ? [`What was there before is also in the snapshot ${preRestore}.`] : []),
    '',
    `${restored ? 'The side from before' : 'The restored side'} is kept${switchedAt ? '' : ' untouched'}. Next:`,
    `  domicile restore accept   remove it, when people have seen that all is well`,
    `  domicile restore undo     go to it; what is written from now on is then put aside`,
  ].join('\n')
}

/** How a restore stands. @param atWork who works on it now; @param idle bytes of the side that does not run, where known */
export function restoreStatusText(restore: Restore, atWork: string | null, idle: number | null): string {
  const { phase, source, at } = restore
  if (atWork !== null) return `At work: ${atWork}.`
  if (phase === 'switched' || phase === 'undone') {
    const takes = idle === null ? [] : [`The side that does not run takes ${sizeText(idle)} on the disk.`, '']
    return [...takes, restoredText(restore)].join('\n')
  }
  return [
    `The restore of ${source.run} (data as of ${moment(at)}) was interrupted while ${DOING[phase]}.`,
    '',
    `  domicile restore ${source.run}   go on with it`,
    '  domicile restore undo            take it back',
  ].join('\n')
}

const DOING = {
  beside: 'new volumes were filled; what runs was not touched',
  switching: 'the appliance was switched from one side to the other',
  removing: 'the side that does not run was removed',
} as const
