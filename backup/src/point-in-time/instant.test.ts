import { expect, test } from 'vitest'
import { BackupRefusal } from '../refusal.ts'
import { parseInstant, showInstant } from './instant.ts'

const ZONE = 'Europe/Ljubljana'
const NOW = new Date('2026-11-22T13:00:00Z')
const parse = (text: string) => parseInstant(text, ZONE, NOW).toISOString()
const code = (text: string) => {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof BackupRefusal) return error.code
    throw error
  }
}

test.each([
  ['2026-11-20 14:35', '2026-11-20T13:35:00.000Z'],
  ['2026-11-20T14:35:07', '2026-11-20T13:35:07.000Z'],
  ['2026-07-20 14:35', '2026-07-20T12:35:00.000Z'],
  ['2026-11-20 14:35Z', '2026-11-20T14:35:00.000Z'],
  ['2026-11-20T14:35:07-03:30', '2026-11-20T18:05:07.000Z'],
  ['2026-11-20T14:35:07+0200', '2026-11-20T12:35:07.000Z'],
  ['2026-10-25T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
])('%s is %s', (text, instant) => expect(parse(text)).toBe(instant))

test.each([
  ['yesterday', 'INSTANT_INVALID'],
  ['2026-11-20', 'INSTANT_INVALID'],
  ['2026-02-31 10:00', 'INSTANT_INVALID'],
  ['2026-11-20 25:00', 'INSTANT_INVALID'],
  ['2026-11-20 14:35:07+29:00', 'INSTANT_INVALID'],
  ['2026-03-29 02:30', 'INSTANT_NEVER'],
  ['2026-10-25 02:30', 'INSTANT_TWICE'],
  ['2026-11-22 14:01', 'INSTANT_AHEAD'],
  ['2026-11-22 13:00:01Z', 'INSTANT_AHEAD'],
])('%s is refused: %s', (text, refusal) => expect(code(text)).toBe(refusal))

test('what is shown is read again as the same instant', () => {
  for (const at of [Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30), Date.UTC(2026, 6, 1)].map(
    (ms) => new Date(ms),
  ))
    expect(parse(showInstant(at, ZONE))).toBe(at.toISOString())
  expect(showInstant(new Date('2026-11-20T13:35:07.9Z'), ZONE)).toBe('2026-11-20 14:35:07+01:00')
  expect(showInstant(new Date('2026-11-20T13:35:07Z'), 'America/St_Johns')).toBe('2026-11-20 10:05:07-03:30')
})
