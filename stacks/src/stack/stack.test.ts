import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadStack, parseStack, type Stack, settingsValidator } from './index.ts'

const COMPOSE = `services:
  app:
    image: vendor/app:1.0
    user: "1000:1000"
    secrets: [database_password]
    volumes: [files:/data]
volumes:
  files:
secrets:
  database_password:
`
const MANIFEST = `name: app
title: App
version: 1.0.0
date: 2026-11-22
requires: { cpu: 1, memory: 512MiB, disk: 1GiB, arch: [amd64] }
settings:
  greeting: { type: string, title: Greeting, default: Hello, maxLength: 20 }
  workers: { type: integer, title: Workers, minimum: 1 }
gateway: { service: app, port: 8000 }
database: { name: app, owner: app, app: app_rw }
`

const metered = (meters: string) => `${MANIFEST}meters:\n  ${meters}\n`
const BOTH_ENDS = /appliance\.yaml:12:\d+ meters\.jobs\.sql must mention both \$1 and \$2/
const MANY_METERS = Array.from({ length: 101 }, (_, index) => `m${index}: { sql: select 1 }`).join('\n  ')

const parse = (changes: { compose?: string; manifest?: string } = {}): Stack =>
  parseStack(
    new Map([
      ['compose.yaml', changes.compose ?? COMPOSE],
      ['appliance.yaml', changes.manifest ?? MANIFEST],
    ]),
  )

const failure = (changes: Parameters<typeof parse>[0]): string => {
  try {
    parse(changes)
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

test.each(['erp', 'guestbook'])('the stack %s that ships is valid', async (name) => {
  const stack = await loadStack(join(import.meta.dirname, '../..', name))

  expect(stack.manifest.name).toBe(name)
})

test('sizes, durations and defaults are filled in', () => {
  const { compose, manifest } = parse()

  expect(manifest.requires.memory).toBe(512 * 2 ** 20)
  expect(compose.services['app']).toMatchObject({ read_only: true, pids_limit: 200, stop_grace_period: 30_000 })
})

describe('every problem is named with file, line and path', () => {
  test.each([
    [
      'an unsupported key',
      COMPOSE.replace('    user:', '    privileged: true\n    user:'),
      /compose\.yaml:4:5 services\.app\.privileged is not supported here/,
    ],
    [
      'a bind mount',
      COMPOSE.replace('files:/data', '/etc:/data'),
      /compose\.yaml:6:\d+ services\.app\.volumes\.0 must be VOLUME/,
    ],
    [
      'root',
      COMPOSE.replace('"1000:1000"', '"0:0"'),
      /compose\.yaml:4:5 services\.app\.user must be a numeric non-root user/,
    ],
    ['published ports', COMPOSE.replace('    user:', '    ports: ["80:80"]\n    user:'), /ports is not supported here/],
    [
      'a writable root',
      COMPOSE.replace('    user:', '    read_only: false\n    user:'),
      /read_only cannot be switched off/,
    ],
    [
      'a secret in the environment',
      COMPOSE.replace('    user:', '    environment: { DB_PASSWORD: x }\n    user:'),
      /looks like a secret/,
    ],
    ['a reserved name', COMPOSE.replace('  app:', '  postgres:'), /postgres is a name the appliance uses itself/],
    ['a volume nobody declared', COMPOSE.replace('  files:\n', '  other:\n'), /volume "files" is not declared/],
    [
      'the volume of PostgreSQL',
      COMPOSE.replaceAll('files:', 'postgres:'),
      /compose\.yaml:8:3 volumes\.postgres is a name the appliance uses itself/,
    ],
    ['the certificate’s volume', COMPOSE.replaceAll('files:', 'tls:'), /volumes\.tls is a name the appliance uses/],
    ['a volume over the secrets', COMPOSE.replace('files:/data', 'files:/run/secrets/.'), /the application’s own/],
    ['a volume over the root', COMPOSE.replace('files:/data', 'files:/./'), /the application’s own/],
    ['a user beyond all numbers', COMPOSE.replace('1000:1000', '4294967296'), /numeric non-root user/],
    ['memory beyond all numbers', COMPOSE.replace('    user:', '    mem_limit: 99999999t\n    user:'), /is not a size/],
    ['no memory', COMPOSE.replace('    user:', '    mem_limit: 0\n    user:'), /is not a size/],
    [
      'a wait for itself',
      COMPOSE.replace('    user:', '    depends_on: [app]\n    user:'),
      /waits for itself: app → app/,
    ],
    [
      'the owner’s password in a server',
      COMPOSE.replaceAll('database_password', 'database_owner_password'),
      /only lifecycle commands get it/,
    ],
  ])('%s', (_, compose, message) => {
    expect(failure({ compose })).toMatch(message)
  })

  test.each([
    ['aliases of aliases', `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]\n`],
    ['endless nesting', '['.repeat(100_000)],
  ])('YAML with %s', (_, compose) => {
    expect(failure({ compose })).toMatch(/compose\.yaml:1:\d+/)
  })

  test('commands of psql in SQL', () => {
    const files = new Map([
      ['compose.yaml', COMPOSE],
      ['appliance.yaml', MANIFEST.replace('app: app_rw }', 'app: app_rw, grants: database/g.sql }')],
      ['database/g.sql', "SELECT 'a\\b';\n  \\! sh\n"],
    ])

    expect(() => parseStack(files)).toThrow(/database\/g\.sql:2:1 psql’s own commands/)
  })

  test('a secret for two users', () => {
    const worker =
      '  worker:\n    image: vendor/app:1.0\n    user: "1001"\n    secrets: [database_password]\nvolumes:\n'

    expect(failure({ compose: COMPOSE.replace('volumes:\n  files', `${worker}  files`) })).toMatch(
      /services\.worker\.secrets "database_password" is used by services with different users/,
    )
  })

  test('SQL for a restored database that is not there', () => {
    const manifest = `${MANIFEST}\nbackup: { restored: database/restored.sql }\n`

    expect(failure({ manifest })).toMatch(/backup\.restored file database\/restored\.sql is missing/)
  })

  test('YAML that is not YAML', () => {
    expect(failure({ compose: 'services: [' })).toMatch(/compose\.yaml:1:\d+/)
  })

  test.each([
    [
      'a gateway to nowhere',
      MANIFEST.replace('service: app', 'service: web'),
      /gateway\.service "web" is not a service/,
    ],
    ['one role for both', MANIFEST.replace('app: app_rw', 'app: app'), /must be another role than the owner/],
    ['PostgreSQL’s own role', MANIFEST.replace('owner: app,', 'owner: postgres,'), /belongs to PostgreSQL/],
    [
      'PostgreSQL’s own password',
      `${MANIFEST}secrets: { postgres_password: { title: Mine } }\n`,
      /secrets\.postgres_password is a name the appliance uses itself/,
    ],
    ['our own role', MANIFEST.replace('owner: app,', 'owner: domicile_agent,'), /uses itself/],
    ['PostgreSQL’s own database', MANIFEST.replace('{ name: app,', '{ name: template1,'), /belongs to PostgreSQL/],
    ['a property that every object has', MANIFEST.replace('service: app', 'service: constructor'), /is not a service/],
    ['a title that moves the cursor', MANIFEST.replace('title: App', 'title: "A\\e[2J"'), /without control characters/],
    ['an unknown check', `${MANIFEST}strict: [astrology]\n`, /"astrology" is not a preflight check/],
    [
      'two statements in a meter',
      `${MANIFEST}meters: { jobs: { sql: "select 1; drop table x" } }\n`,
      /must be one statement/,
    ],
    ['half a period', metered('jobs: { sql: "select count(*) from j where made >= $1" }'), BOTH_ENDS],
    ['a third parameter', metered('jobs: { sql: "select $1 + $2 + $3" }'), BOTH_ENDS],
    [
      'users of a module by the period',
      metered('modules: { sale: { users: "select count(*) from s where made between $1 and $2" } }'),
      /modules\.sale\.users must be a level/,
    ],
    [
      'transactions without a period',
      metered('modules: { sale: { transactions: "select 1" } }'),
      /modules\.sale\.transactions must be a count/,
    ],
    ['a module without a query', metered('modules: { sale: { title: Sales } }'), /must have users or transactions/],
    [
      'a meter that is counted already',
      metered('jobs: { sql: select 1 }\n  sessions: { sql: select 1 }'),
      /appliance\.yaml:13:3 meters\.sessions is counted by the appliance itself/,
    ],
    ['a module of such a name', metered('modules: { users: { users: select 1 } }'), /modules\.users is counted by the/],
    [
      'a name for two',
      metered('sale: { sql: select 1 }\n  modules:\n    sale: { users: select 1 }'),
      /appliance\.yaml:14:5 meters\.modules\.sale is the name of a meter too/,
    ],
    ['a name that is no word', metered('"a.b": { sql: select 1 }'), /meters\.a\.b must be a lower-case name/],
    ['more meters than anybody reads', metered(MANY_METERS), /:11:1 meters has 101 meters, and 100 are the most/],
  ])('%s', (_, manifest, message) => {
    expect(failure({ manifest })).toMatch(message)
  })
})

describe('settings', () => {
  const check = settingsValidator(parse().manifest)

  test('are completed with their defaults', () => {
    expect(check({ hostname: 'app.example.com', workers: 2 })).toEqual({
      hostname: 'app.example.com',
      workers: 2,
      greeting: 'Hello',
    })
  })

  test.each([
    ['missing', { hostname: 'a.example' }, 'workers: is missing'],
    ['unknown', { hostname: 'a.example', workers: 1, colour: 'red' }, 'colour: this stack has no such setting'],
    [
      'too long',
      { hostname: 'a.example', workers: 1, greeting: 'x'.repeat(21) },
      'greeting: must NOT have more than 20 characters',
    ],
    ['of the wrong type', { hostname: 'a.example', workers: '1' }, 'workers: must be integer'],
    ['not a host name', { hostname: 'Not A Host', workers: 1 }, 'hostname: must be a host name'],
    ['not an address', { hostname: '300.1.1.1', workers: 1 }, 'hostname: must be a host name'],
  ])('that are %s are refused', (_, settings, message) => {
    expect(() => check(settings)).toThrow(message)
  })

  test('are not checked for ever', () => {
    const manifest = MANIFEST.replace('maxLength: 20', 'pattern: "^(a+)+$"')
    const slow = settingsValidator(parse({ manifest: manifest.replace('default: Hello', 'default: a') }).manifest)

    expect(() => slow({ hostname: 'a.example', workers: 1, greeting: `${'a'.repeat(40)}!` })).toThrow(
      'does not come to an end',
    )
    expect(slow({ hostname: 'a.example', workers: 1, greeting: 'aaa' })).toMatchObject({ greeting: 'aaa' })
  })

  test.each(['localhost', 'erp.example.com', '192.0.2.7', '2001:db8::1', 'a-b.c'])('accept the host %s', (hostname) => {
    expect(check({ hostname, workers: 1 })['hostname']).toBe(hostname)
  })
})
