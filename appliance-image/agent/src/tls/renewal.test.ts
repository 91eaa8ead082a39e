import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { days, make } from './certificate-fixtures.ts'
import { hasOtherNames, needsRenewal, plausibleNow, renewsAt, retryAt, servingSource } from './renewal.ts'

const made = new Date('2027-01-01T00:00:00Z')
const names = ['erp.example.com', '192.0.2.7', '2001:db8::7']

const certificate = async (lifetimeDays: number, from = made, hostnames = names) => {
  const { certificate } = await make({ hostnames, notBefore: from, notAfter: days(lifetimeDays, from) })
  return new X509Certificate(certificate)
}

let of90Days: X509Certificate
beforeAll(async () => {
  of90Days = await certificate(90)
})

describe('needsRenewal', () => {
  test.each([
    [0, null],
    [59.9, null],
    [60, 'expiring'],
    [89, 'expiring'],
    [500, 'expiring'],
    [-1, 'not-yet-valid'],
  ])('after %d of 90 days: %s', (age, reason) => {
    expect(needsRenewal(of90Days, names, days(age, made))).toBe(reason)
  })

  test('a name that came is a reason, one that went is not', () => {
    expect(needsRenewal(of90Days, [...names, 'new.example.com'], made)).toBe('names-changed')
    expect(needsRenewal(of90Days, names.slice(1), made)).toBeNull()
  })

  test('one that lives a week is renewed in its last third, not always', async () => {
    const ofAWeek = await certificate(6)

    expect(needsRenewal(ofAWeek, names, days(3.9, made))).toBeNull()
    expect(needsRenewal(ofAWeek, names, days(4, made))).toBe('expiring')
    expect(renewsAt(ofAWeek)).toEqual(days(4, made))
  })
})

describe('hasOtherNames', () => {
  test('is so when a name came or went, whatever the form of an address', () => {
    expect(hasOtherNames(of90Days, names)).toBe(false)
    expect(hasOtherNames(of90Days, names.slice(1))).toBe(true)
  })
})

describe('plausibleNow', () => {
  test('is the clock, unless it stands before the CA was made', async () => {
    const root = await certificate(3650)
    const newest = await certificate(90, days(300, made))

    expect(plausibleNow(root, [newest], days(10, made))).toEqual(days(10, made))
    expect(plausibleNow(root, [newest], new Date(0))).toEqual(days(300, made))
    expect(plausibleNow(root, [], new Date(0))).toEqual(made)
  })
})

describe('servingSource', () => {
  const inDates = days(1, made)
  const afterwards = days(91, made)

  test('is what was chosen', () => {
    const all = { internal: of90Days, provided: of90Days, acme: of90Days }

    expect(servingSource('internal', all, inDates)).toBe('internal')
    expect(servingSource('provided', all, inDates)).toBe('provided')
    expect(servingSource('acme', all, inDates)).toBe('acme')
  })

  test('is the next best while the chosen one is missing or out of its dates', async () => {
    const long = await certificate(1000)

    expect(servingSource('acme', { internal: of90Days }, inDates)).toBe('internal')
    expect(servingSource('acme', { internal: of90Days, provided: of90Days }, inDates)).toBe('provided')
    expect(servingSource('provided', { internal: long, provided: of90Days }, afterwards)).toBe('internal')
    expect(servingSource('provided', { internal: of90Days, acme: of90Days }, inDates)).toBe('internal')
  })
})

describe('retryAt', () => {
  test('waits longer after each failure, and a day at most', () => {
    const minutes = [1, 2, 3, 4, 5, 6, 60].map(
      (failures) => (retryAt(failures, made).getTime() - made.getTime()) / 60_000,
    )

    expect(minutes).toEqual([5, 15, 60, 240, 720, 1440, 1440])
  })
})
