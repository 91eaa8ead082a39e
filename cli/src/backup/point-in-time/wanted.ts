import {
  archivingSettings,
  CONFIGURATION,
  KEY_CONFIGURATION,
  KEY_PREFIX,
  REPOSITORY,
  renderPgBackRest,
  SPOOL,
} from '@domicile/backup/point-in-time'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { PointInTimeWanted } from '@domicile/stacks/plan'
import type { StateRecord, WantedRecord } from '../../appliance/records.ts'

/** Whether every change of the database is to be kept. On unless somebody switched it off. */
export const pointInTimeOn = ({ backup }: Pick<WantedRecord, 'backup'>): boolean => backup?.pointInTime !== 'off'

/** @throws UserError POINT_IN_TIME_OFF (3) */
export function requireOn(wanted: Pick<WantedRecord, 'backup'>): void {
  if (pointInTimeOn(wanted)) return
  throw new UserError('Point in time is switched off.', {
    code: 'POINT_IN_TIME_OFF',
    hint: 'Switch it on, which makes a base at once: domicile backup point-in-time on',
    exitCode: ExitCode.Refused,
  })
}

/**
 * `undefined` for releases of before there were backups: their images have nothing to do it with. Switched off, PostgreSQL
 * gives nothing away any more, and what the repository has stays there.
 */
export function pointInTimeWanted(
  wanted: Pick<WantedRecord, 'backup'>,
  images: StateRecord['images'],
): PointInTimeWanted | undefined {
  if (!images.some(({ role }) => role === 'backup')) return undefined
  return {
    settings: pointInTimeOn(wanted) ? archivingSettings() : { archive_mode: 'off' },
    configuration: { content: renderPgBackRest(), target: CONFIGURATION },
    key: { before: KEY_PREFIX, target: KEY_CONFIGURATION },
    repository: REPOSITORY,
    spool: SPOOL,
  }
}
