import { snapshotAt } from '@domicile/backup/testing/snapshots'
import { expect, test } from 'vitest'
import { asFound } from './rebuild.ts'

test.each([
  ['a whole archive', null, false, null],
  ['a whole archive, and refused', 'DUMP_TOO_SMALL', false, 'DUMP_TOO_SMALL'],
  ['a damaged archive', null, true, 'SUSPECT'],
  ['a damaged archive, and refused', 'DUMP_TOO_SMALL', true, 'DUMP_TOO_SMALL'],
])('a snapshot that the catalogue did not know, found in %s', (_, refused, damaged, now) => {
  expect(asFound(snapshotAt('2026-11-20T01:30:00Z', { refused }), damaged).refused).toBe(now)
})
