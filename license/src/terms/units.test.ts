import { expect, test } from 'vitest'
import { amountInWords } from './units.ts'

test.each([
  [10_000_000_000, 'GB', '10 GB'],
  [123_456, 'GB', '123.46 kB'],
  [999, 'MB', '999 bytes'],
  [1000, 'MB', '1 kB'],
  [0, 'GB', '0 bytes'],
  [61.256, '%', '61.26 %'],
  [801, 'e-mails', '801'],
  [7, '', '7'],
])('%s of %s is read as %s', (value, unit, words) => {
  expect(amountInWords(value, unit)).toBe(words)
})
