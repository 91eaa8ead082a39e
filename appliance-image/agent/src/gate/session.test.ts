import { sessionSchema } from '@domicile/license/session'
import { describe, expect, test } from 'vitest'
import { recognizer } from './session.ts'

const recognize = (settings: unknown) => recognizer(sessionSchema.parse(settings))

const ERP = {
  header: 'Authorization',
  pattern: '^Session\\s+(?<session>\\S+)$',
  encoding: 'base64',
  user: '^[^:]*:(?<session>(?<user>\\d+):[^:]*)$',
  administrators: ['1'],
  services: '^9\\d\\d$',
}
const bearer = (text: string) => `Session ${Buffer.from(text).toString('base64')}`

describe('a session in a header', () => {
  const erp = recognize(ERP)

  test('is none when there is nothing', () => {
    expect(erp('')).toBeNull()
    expect(erp('   ')).toBeNull()
  })

  test('is told apart by what the application checks, however it is written', () => {
    const one = erp(bearer('ana:7:0123abcd'))
    expect(erp(bearer('ANA:7:0123abcd'))).toEqual(one)
    expect(erp(`Session     ${Buffer.from('x:7:0123abcd').toString('base64')}`)).toEqual(one)
    expect(erp(bearer('ana:8:0123abcd'))?.key).not.toBe(one?.key)
    expect(erp(bearer('ana:7:0123abce'))?.key).not.toBe(one?.key)
  })

  test('says whose seats it takes by the part that cannot be made up', () => {
    expect(erp(bearer('ana:7:key'))?.pool).toBe('people')
    expect(erp(bearer('anything:1:key'))?.pool).toBe('administrators')
    expect(erp(bearer('admin:7:key'))?.pool).toBe('people')
    expect(erp(bearer('scanner:912:key'))?.pool).toBe('services')
  })

  test.each([
    'Basic YWRtaW46cHc=',
    'Bearer abc',
    'Session',
    bearer('no colons'),
    `Session ${'A'.repeat(20_000)}`,
  ])('that is not as expected (%.20s) counts as a person all the same', (carried) =>
    expect(erp(carried)).toMatchObject({ pool: 'people' }))

  test('leaves nothing to read in its key', () => {
    expect(erp(bearer('ana:7:0123abcd'))?.key).toMatch(/^[0-9a-f]{64}$/)
  })

  test('costs next to nothing to look at, whatever is sent', () => {
    const began = performance.now()
    for (const filler of ['a', ':', '=', ' ', 'é', '7']) erp(`Session ${filler.repeat(4000)}`)
    for (const filler of ['a', ':', '7']) erp(bearer(filler.repeat(2900)))
    expect(performance.now() - began).toBeLessThan(100)
  })
})

describe('a session in a cookie', () => {
  const shop = recognize({ cookie: 'connect.sid' })

  test('is found among others', () => {
    const one = shop('connect.sid=abc')
    expect(shop('theme=dark; connect.sid=abc; x=y')).toEqual(one)
    expect(shop('theme=dark;connect.sid="abc"')).toEqual(one)
    expect(shop('connectXsid=abc')).toBeNull()
    expect(shop('other=connect.sid=abc')).toBeNull()
    expect(shop('connect.sid=')).toBeNull()
  })

  test('is not hidden by a second cookie of that name', () => {
    expect(shop('connect.sid=abc; connect.sid=def')?.key).not.toBe(shop('connect.sid=abc')?.key)
    expect(shop('connect.sid=abc; connect.sid=def')?.key).not.toBe(shop('connect.sid=def')?.key)
  })
})
