import { describe, expect, test } from 'vitest'
import { LicenceRefusal } from '../refusal.ts'
import { cents, lots, parsePrices, unitPrice, written } from './reconcile-prices.ts'

test.each([
  ['0', 0n],
  ['0.1', 10n],
  ['0.07', 7n],
  ['120', 12_000n],
  ['120.00', 12_000n],
  ['999999999999.99', 99_999_999_999_999n],
])('%s is exactly %s cents', (text, amount) => {
  expect(cents(text)).toBe(amount)
})

test.each([
  [0n, '0.00'],
  [7n, '0.07'],
  [-305n, '-3.05'],
  [99_999_999_999_999n, '999999999999.99'],
])('%s cents are written %s', (amount, text) => {
  expect(written(amount)).toBe(text)
})

test('an amount is what is written, with or without quotation marks, and no number of the machine', () => {
  const prices = parsePrices(
    'currency: EUR\nusers: { licence: 120.10, maintenance: "0.30" }\nsessions: { licence: 300 }\n',
  )

  expect(prices.users).toEqual({ licence: '120.10', maintenance: '0.30' })
  expect(prices.sessions).toEqual({ licence: '300' })
})

test('a begun lot is a lot', () => {
  expect([
    lots(0, { per: '100' }),
    lots(1, { per: '100' }),
    lots(100, { per: '100' }),
    lots(101, { per: '100' }),
    lots(3, {}),
  ]).toEqual([0, 1, 1, 2, 3])
})

test('what a limit costs is found by its name', () => {
  const prices = parsePrices(
    'currency: EUR\nmodules:\n  sale: { licence: 5, users: { licence: 4 } }\nmeters:\n  mails: { month: 3 }\nservices: { licence: 2 }\n',
  )
  const licenceOf = (limit: string) => unitPrice(prices, limit)?.licence

  expect([licenceOf('services'), licenceOf('sale.users'), licenceOf('users'), licenceOf('sale')]).toEqual([
    '2',
    '4',
    undefined,
    undefined,
  ])
  expect(unitPrice(prices, 'mails')).toEqual({ month: '3' })
})

describe('a price list that could be misread is refused, with its path', () => {
  test.each([
    ['a float', 'currency: EUR\nusers: { licence: 1.234 }', /users\.licence: must be an amount such as 120\.00/],
    ['thousands', 'currency: EUR\nusers: { licence: "1,200.00" }', /users\.licence: must be an amount/],
    ['a sign', 'currency: EUR\nusers: { licence: -5 }', /users\.licence: must be an amount/],
    ['the currency twice', 'currency: EUR\nusers: { licence: 5 EUR }', /users\.licence: must be an amount/],
    ['a word that is not known', 'currency: EUR\nusers: { license: 5 }', /users: license is not known here/],
    ['no currency', 'users: { licence: 5 }', /currency: must be given, as string/],
    ['a sign for it', 'currency: €', /currency: must be three capital letters/],
    ['lots of none', 'currency: EUR\nmeters: { a: { per: 0 } }', /meters\.a\.per: must be a whole number from 1/],
    ['a key twice', 'currency: EUR\ncurrency: USD', /unique/],
    ['a list', '- EUR', /the list: must be given, as object/],
    ['nothing', '', /the list: must be given, as object/],
    ['an alias', 'currency: &a EUR\nusers: { licence: *a }', /alias/i],
  ])('%s', (_, text, message) => {
    expect(() => parsePrices(text)).toThrow(LicenceRefusal)
    expect(() => parsePrices(text)).toThrow(message)
    expect(() => parsePrices(text)).toThrow(expect.objectContaining({ code: 'PRICES_INVALID' }))
  })
})
