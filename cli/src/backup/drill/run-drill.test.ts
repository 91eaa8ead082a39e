import { ARCHIVE } from '@domicile/backup/proof'
import { expect, test } from 'vitest'
import { DRILL_FAILED, isSaidOf } from './run-drill.ts'

test.each([
  ['the archive', ARCHIVE, null, true, true],
  ['the archive, which failed', ARCHIVE, null, false, true],
  ['the archive, where it had failed before', ARCHIVE, DRILL_FAILED, true, true],
  ['a copy that is whole', 'nas', null, true, true],
  ['a copy that is damaged', 'nas', null, false, false],
  ['a whole copy of what failed at home', 'nas', DRILL_FAILED, true, false],
  ['a whole copy of what is damaged at home', 'nas', 'SUSPECT', true, false],
])('what a drill of %s found is said of the snapshot, or not', (_, from, refused, proven, said) => {
  expect(isSaidOf({ refused }, from, proven)).toBe(said)
})
