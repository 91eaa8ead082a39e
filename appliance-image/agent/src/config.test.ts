import { describe, expect, test } from 'vitest'
import { LEAST } from './config.fixture.ts'
import { parseConfig } from './config.ts'

const least = { version: 1, appliance: 'erp', hostnames: ['erp.example.com'], tls: { mode: 'internal' }, ...LEAST }

const parsed = (changes: object) => parseConfig(JSON.stringify({ ...least, ...changes }))

describe('parseConfig', () => {
  test('reads the least there can be, and knows the folders', () => {
    expect(parsed({})).toEqual({
      ...least,
      product: { ...least.product, license: 'optional' },
      database: {
        ...least.database,
        passwordFile: '/run/secrets/agent_database_password',
        meterRole: 'domicile_meter',
        meterPasswordFile: '/run/secrets/meter_database_password',
      },
      meters: {},
      backup: {},
      folders: {
        state: '/var/lib/domicile',
        tls: '/tls',
        run: '/run/domicile',
        texts: '/usr/share/domicile/texts',
      },
      http: { host: '0.0.0.0', port: 8081 },
    })
  })

  test('takes host names in any case once, and addresses of both kinds', () => {
    const { hostnames } = parsed({
      hostnames: ['ERP.example.com', 'erp.example.com', 'erp', '192.0.2.7', '2001:DB8::1'],
    })

    expect(hostnames).toEqual(['erp.example.com', 'erp', '192.0.2.7', '2001:db8::1'])
  })

  test('orders from a public ACME server when no other is named', () => {
    expect(parsed({ tls: { mode: 'acme', email: 'it@example.com' } }).tls).toMatchObject({
      directory: expect.stringMatching(/^https:/),
    })
  })

  test.each([
    ['version', { version: 2 }],
    ['appliance', { appliance: 'a/b' }],
    ['appliance', { appliance: 'x'.repeat(49) }],
    ['hostnames', { hostnames: [] }],
    ['hostnames/0', { hostnames: ['a_b.example.com'] }],
    ['hostnames/0', { hostnames: ['*.example.com'] }],
    ['hostnames/1', { hostnames: ['erp', '999.1.1.1'] }],
    ['tls/mode', { tls: { mode: 'none' } }],
    ['tls/directory', { tls: { mode: 'acme', directory: 'http://acme.example.com' } }],
    ['tls/email', { tls: { mode: 'acme', email: 'nobody' } }],
    ['colour', { colour: 'red' }],
  ])('names the field that is wrong: %s', (field, changes) => {
    expect(() => parsed(changes)).toThrow(new RegExp(`^agent\\.json: .*${field}`))
  })

  test('says that text is no JSON', () => {
    expect(() => parseConfig('{')).toThrow('agent.json: should be a JSON document')
  })
})
