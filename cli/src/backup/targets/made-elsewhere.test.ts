import { expect, test } from 'vitest'
import { madeElsewhere } from './second-copy.ts'

const at = (day: string) => ({ run: `202611${day}T013000Z-3f9a1c`, at: new Date(`2026-11-${day}T01:30:00Z`) })
const runs = (...days: string[]) => days.map((day) => at(day).run)

test.each([
  ['as at home', ['20', '21'], ['20', '21', '22'], []],
  ['older ones that home removed, or that a restored host never had', ['01', '20', '21'], ['21', '22'], []],
  ['nothing yet', [], ['21'], []],
  ['one of another host since', ['20', '21', '22'], ['20', '21'], ['22']],
  ['of a host that shares nothing with it', ['20', '21'], ['22'], ['20', '21']],
])('a copy that has %s', (_, there, home, others) => {
  expect(madeElsewhere(there.map(at), new Set(runs(...home)))).toEqual(runs(...others))
})
