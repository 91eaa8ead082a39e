import { expect, test } from 'vitest'
import { amountInWords, countedAmount } from './units.ts'

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

test('an agreed amount is whole bytes, or as many percent as it says', () => {
  expect([countedAmount(8.2, 'GB'), countedAmount(1.005, 'MB')]).toEqual([8_200_000_000, 1_005_000])
  expect([countedAmount(0.5, '%'), countedAmount(40, 'e-mails'), countedAmount(1, 'parsecs')]).toEqual([0.5, 40, null])
})
