import { expect, test } from 'vitest'
import { copyDue } from './copy-due.ts'

const NOW = new Date('2026-11-22T02:00:00Z')
const last = { run: '20261122T013000Z-3f9a1c', at: '2026-11-22T01:30:00.000Z' }
const copy = (name: string, provenAt: string | null, newest: typeof last | null = last) => ({
  ...{ name, provenAt, last: newest },
})

test.each([
  ['without any', [], null],
  ['that was proven in the last four weeks', [copy('nas', '2026-10-26T02:00:01.000Z')], null],
  ['that was proven four weeks ago', [copy('nas', '2026-10-25T02:00:00.000Z')], 'nas'],
  ['that was never proven before all others', [copy('nas', '2026-01-01T00:00:00.000Z'), copy('disk', null)], 'disk'],
  [
    'that was proven longest ago',
    [copy('nas', '2026-09-02T00:00:00.000Z'), copy('disk', '2026-09-01T00:00:00.000Z')],
    'disk',
  ],
  ['in which there is nothing yet', [copy('nas', null, null)], null],
])('the one %s', (_, copies, due) => {
  expect(copyDue(copies, NOW)).toBe(due)
})
