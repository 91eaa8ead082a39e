import { expect, test } from 'vitest'
import { dueBase } from './due.ts'
import type { Base } from './info.ts'

const NOW = new Date('2026-11-22T01:00:00Z')
const base = (type: Base['type'], daysAgo: number, damaged = false): Base => {
  const start = new Date(NOW.getTime() - daysAgo * 86_400_000)
  return {
    ...{ label: '', type, archive: '17-1', timeline: 1, first: 1, last: 1 },
    start,
    stop: start,
    damaged,
    bytes: 1,
  }
}

test.each([
  ['none yet', [], 'full'],
  ['a whole one last night', [base('full', 1)], 'incr'],
  ['a whole one six nights ago, and others since', [base('full', 6), base('incr', 1)], 'incr'],
  ['a week ago, the night a little shorter', [base('full', 6.9), base('incr', 1)], 'full'],
  ['a whole one of a database with damaged pages', [base('full', 6), base('full', 1, true)], 'incr'],
  ['nothing but that', [base('full', 1, true)], 'full'],
] as const)('%s', (_, bases, due) => expect(dueBase({ bases }, NOW)).toBe(due))

test('another cluster begins with a whole one', () => {
  expect(dueBase({ bases: [base('full', 1)] }, NOW, true)).toBe('full')
})
