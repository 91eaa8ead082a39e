import { showInstant } from '@domicile/backup/point-in-time'
import type { PointInTimeStatus } from './status.ts'

/** For people: how far back one can go, and what is wrong. */
export function pointInTimeText(status: PointInTimeStatus, timeZone: string): string {
  const show = (at: Date) => showInstant(at, timeZone)
  const { on, window, bytes, lastBase, waiting, archivedAt, findings } = status
  const lines = [
    ['point in time', on ? 'on' : 'off'],
    ...window.map(({ from, to }, index) => [index === 0 ? 'one can go back' : '', `from ${show(from)} to ${show(to)}`]),
    ...(window.length === 0 ? [['one can go back', 'to no moment yet']] : []),
    [
      'last base',
      lastBase ? `${show(lastBase.at)} (${lastBase.type === 'full' ? 'whole' : 'what had changed'})` : 'none',
    ],
    ['repository', `${(bytes / 1e6).toFixed(1)} MB`],
    ...(on && waiting
      ? [['last archived', `${archivedAt ? show(archivedAt) : 'nothing yet'}; ${waiting.files} files wait`]]
      : []),
  ]
  const wide = Math.max(...lines.map(([name = '']) => name.length))
  return [
    ...lines.map(([name = '', value = '']) => `${name.padEnd(wide)}  ${value}`),
    ...findings.flatMap(({ message, hint }) => ['', message, `  ${hint}`]),
  ].join('\n')
}

/** For programs: instants in UTC. */
export const pointInTimeDocument = ({ window, lastBase, archivedAt, refusedAt, ...status }: PointInTimeStatus) => ({
  ...status,
  window: window.map(({ from, to }) => ({ from: from.toISOString(), to: to.toISOString() })),
  lastBase: lastBase && { ...lastBase, at: lastBase.at.toISOString() },
  archivedAt: archivedAt?.toISOString() ?? null,
  refusedAt: refusedAt?.toISOString() ?? null,
})
