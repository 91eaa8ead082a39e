import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as outputs from '../../../docs/generator/outputs.ts'
import { type Customer, installation, newCustomer } from '../support/customer.ts'
import { HOSTNAME, installGuestbook, page, sign } from '../support/guestbook.ts'
import { secretsThatShow } from '../support/secrets.ts'
import { waitUntil } from '../support/waiting.ts'
import { type Site, shakeHands, visit, visitPlain } from '../support/web.ts'

let customer: Customer & AsyncDisposable
let site: Site

beforeAll(async () => {
  customer = await newCustomer('living')
  site = await installGuestbook(customer)
  await sign(site, 'the first entry')
})
afterAll(() => customer[Symbol.asyncDispose]())

const docker = (...args: string[]) => customer.host.must('docker', args)
const differences = async () => {
  const { differences: found } = await customer.must(['apply', '--dry-run'])
  return (found as { subject: string; aspect: string }[]).map(({ subject, aspect }) => `${subject}: ${aspect}`)
}

describe('from outside', () => {
  test('plain HTTP only redirects', async () => {
    const { status, headers } = await visitPlain(site, 80, '/somewhere?x=1')

    expect({ status, location: headers.location }).toEqual({
      status: 308,
      location: `https://${HOSTNAME}/somewhere?x=1`,
    })
  })

  test('HTTPS speaks TLS 1.2 and 1.3, nothing older, and asks browsers to stay with it', async () => {
    expect((await shakeHands(site, 'TLSv1.2')).protocol).toBe('TLSv1.2')
    expect((await shakeHands(site, 'TLSv1.3')).protocol).toBe('TLSv1.3')
    await expect(shakeHands(site, 'TLSv1.1')).rejects.toThrow()
    expect((await visit(site)).headers['strict-transport-security']).toMatch(/max-age=\d{7,}/)
  })
})

test.each([
  [['status'], outputs.status],
  [['license', 'show'], outputs.licenseShow],
  [['license', 'request', '--out', '/root/schema.lic'], outputs.licenseRequest],
  [['maintenance', 'cancel'], outputs.maintenanceChange],
] as const)('%j prints for programs what its schema says', async (command, schema) => {
  const output = await customer.must(command)

  expect(schema.parse(output)).toEqual(output)
})

describe('what runs is confined', () => {
  test('read-only root, no capabilities, no new privileges, no root user, limits, bounded logs', async () => {
    const containers = (await docker('ps', '--format', '{{.Names}}')).split('\n').filter(Boolean)
    const found = JSON.parse(await docker('inspect', ...containers))

    expect(containers).toHaveLength(4)
    for (const { Name, Config, HostConfig } of found) {
      expect(HostConfig, Name).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        Privileged: false,
      })
      expect(HostConfig.CapAdd ?? [], Name).toEqual([])
      expect(HostConfig.SecurityOpt, Name).toContain('no-new-privileges')
      expect(HostConfig.Memory, Name).toBeGreaterThan(0)
      expect(HostConfig.PidsLimit, Name).toBeGreaterThan(0)
      expect(HostConfig.LogConfig.Config, Name).toHaveProperty('max-size')
      expect(Number(Config.User.split(':')[0]), Name).toBeGreaterThan(0)
    }
    const publishing = found.filter(
      ({ HostConfig }: { HostConfig: { PortBindings?: object } }) =>
        Object.keys(HostConfig.PortBindings ?? {}).length > 0,
    )
    expect(publishing.map(({ Name }: { Name: string }) => Name)).toEqual(['/guestbook-gateway-1'])
  })

  test('no secret shows in a container’s description, in a log, in a record or in a process', async () => {
    const known = 'guestbook-gateway-1'

    // What is known to show there is found, and nothing else.
    expect(await secretsThatShow(customer, 'guestbook', [known])).toEqual([known])
  })

  test('no container has the engine’s socket', async () => {
    const found = JSON.parse(await docker('inspect', ...(await docker('ps', '-q')).split('\n')))

    expect(JSON.stringify(found.map(({ Mounts }: { Mounts: unknown }) => Mounts))).not.toContain('docker.sock')
  })

  test('only root reads the secrets’ folder, and each file belongs to the one user that needs it', async () => {
    const modes = await customer.host.must('sh', [
      '-c',
      "stat -c '%a %u %n' /var/lib/domicile/guestbook/secrets /var/lib/domicile/guestbook/secrets/*",
    ])

    expect(modes.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      '700 0',
      '400 8100',
      '400 0',
      '400 70',
      '400 70',
      '400 8500',
      '400 8500',
      '400 8100',
      '400 70',
    ])
  })

  test('the application’s role reads and writes rows and owns nothing', async () => {
    const asApp = (sql: string) =>
      docker(
        'exec',
        '-u',
        '70',
        'guestbook-postgres-1',
        'psql',
        '-U',
        'postgres',
        '-d',
        'guestbook',
        '-At',
        '-c',
        `SET ROLE guestbook_app; ${sql}`,
      )
    const table = 'entry'
    const tables = await docker(
      'exec',
      '-u',
      '70',
      'guestbook-postgres-1',
      'psql',
      '-U',
      'postgres',
      '-d',
      'guestbook',
      '-At',
      '-c',
      "select relname || ' ' || relowner::regrole from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )

    expect(tables).toMatch(/^\w+ guestbook$/)
    const name = tables.split(' ')[0] ?? table
    await expect(asApp(`SELECT count(*) FROM ${name}`)).resolves.toContain('1')
    await expect(asApp(`DROP TABLE ${name}`)).rejects.toThrow(/must be owner/)
    await expect(asApp(`CREATE TABLE mine (x int)`)).rejects.toThrow(/permission denied/)
  })
})

describe('settings', () => {
  test('a changed setting is on the page, and the data is still there', async () => {
    await customer.must(['settings', 'set', 'greeting=Good morning', '--yes'])

    expect(await page(site)).toContain('Good morning')
    expect(await page(site)).toContain('the first entry')
    expect((await customer.domicile(['settings', 'get', 'greeting'])).stdout).toContain('Good morning')
  })

  test('a value that the stack refuses changes nothing', async () => {
    const { exitCode, document } = await customer.json(['settings', 'set', `greeting=${'x'.repeat(81)}`, '--yes'])

    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 2, code: 'SETTINGS_INVALID' })
    expect(await page(site)).toContain('Good morning')
  })

  test('a change that fails half-way is taken back', async () => {
    const frozen = '/var/lib/domicile/guestbook/config/agent.json'
    await customer.host.must('chattr', ['+i', frozen])
    const { exitCode, document } = await customer.json(['settings', 'set', 'hostname=other.localhost', '--yes'])
    await customer.host.must('chattr', ['-i', frozen])

    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 6, code: 'ROLLED_BACK' })
    expect((await customer.domicile(['settings', 'get', 'hostname'])).stdout).toContain(HOSTNAME)
    expect(await differences()).toEqual([])
    expect(await page(site)).toContain('Good morning')
  })

  test('a setting that the stack does not have is named', async () => {
    const { exitCode, document } = await customer.json(['settings', 'set', 'colour=red', '--yes'])

    expect({ exitCode, hint: document.error.hint }).toEqual({ exitCode: 2, hint: 'Its settings: hostname, greeting.' })
  })
})

const METER_PASSWORD = '/var/lib/domicile/guestbook/secrets/meter_database_password'

describe('drift is named and mended', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    [
      'other limits',
      () => docker('update', '--memory', '128m', '--memory-swap', '128m', 'guestbook-app-1'),
      'app: memory limit',
    ],
    ['a removed container', () => docker('rm', '--force', 'guestbook-app-1'), 'app: container'],
    ['a stopped container', () => docker('stop', 'guestbook-gateway-1'), 'gateway: state'],
    ['another network', () => docker('network', 'connect', 'bridge', 'guestbook-app-1'), 'app: networks'],
    [
      'an edited configuration file',
      () => customer.host.must('sh', ['-c', 'echo "# mine" >> /var/lib/domicile/guestbook/config/gateway.conf']),
      '/var/lib/domicile/guestbook/config/gateway.conf: content',
    ],
    [
      'ALTER SYSTEM in PostgreSQL',
      async () => {
        const psql = ['exec', '-u', '70', 'guestbook-postgres-1', 'psql', '-U', 'postgres', '-c']
        await docker(...psql, 'ALTER SYSTEM SET log_statement = ddl')
        await docker(...psql, 'SELECT pg_reload_conf()')
      },
      'log_statement: PostgreSQL setting',
    ],
    ['a lost password of ours', () => customer.host.must('rm', [METER_PASSWORD]), `${METER_PASSWORD}: secret`],
    [
      'a dropped role of ours',
      async () => {
        const psql = ['exec', '-u', '70', 'guestbook-postgres-1', 'psql', '-U', 'postgres', '-d', 'guestbook', '-c']
        await docker(...psql, 'DROP OWNED BY domicile_meter CASCADE')
        await docker(...psql, 'DROP ROLE domicile_meter')
      },
      'domicile_meter: role',
    ],
  ])('%s', async (_, disturb, named) => {
    await disturb()

    expect(await differences()).toContain(named)
    await customer.must(['apply'])
    expect(await differences()).toEqual([])
    expect(await page(site)).toContain('the first entry')
  })

  test('after all that, who asks the meters is let in with the password that the agent has', async () => {
    const password = (await customer.host.readFile(METER_PASSWORD)).trim()
    const login = `PGPASSWORD=${password} psql -h 127.0.0.1 -U domicile_meter -d guestbook -Atc 'select count(*) from entry'`

    expect(await docker('exec', '-u', '70', 'guestbook-postgres-1', 'sh', '-c', login)).toBe('1')
  })

  test('nothing to mend is nothing done', async () => {
    expect(await customer.must(['apply'])).toMatchObject({ changed: false })
  })

  test('a data volume that is gone is not replaced by an empty one', async () => {
    await docker('stop', 'guestbook-postgres-1')
    await docker('rm', 'guestbook-postgres-1')
    await customer.host.must('sh', [
      '-c',
      'docker volume create saved; docker run --rm --user 0 --entrypoint cp -v guestbook_postgres:/a -v saved:/b domicile/postgres:0.1.0 -a /a/. /b/; docker volume rm guestbook_postgres',
    ])

    const { exitCode, document } = await customer.json(['apply'])

    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 3, code: 'DATA_MISSING' })
    await customer.host.must('sh', [
      '-c',
      'docker volume create guestbook_postgres; docker run --rm --user 0 --entrypoint cp -v saved:/a -v guestbook_postgres:/b domicile/postgres:0.1.0 -a /a/. /b/; docker volume rm saved',
    ])
    await customer.must(['apply'])
    expect(await page(site)).toContain('the first entry')
  })
})

test('an apply that never ended does not make install begin anew', async () => {
  const line = JSON.stringify({ event: 'begin', operation: 'apply', id: '1', at: '', subject: 'guestbook' })
  await customer.host.must('sh', ['-c', `echo '${line}' >> /var/lib/domicile/guestbook/journal.jsonl`])

  expect(await customer.must(installation('guestbook', '--hostname', HOSTNAME))).toMatchObject({ changed: false })
  expect(await customer.must(['apply'])).toMatchObject({ changed: false })
  expect(await page(site)).toContain('the first entry')
})

describe('control', () => {
  test('stopped means not answering, and doctor says so with its exit code; started means back', async () => {
    await customer.must(['stop'])
    await expect(page(site)).rejects.toThrow()
    const { exitCode, document } = await customer.json(['doctor'])
    expect({ exitCode, healthy: document.healthy }).toEqual({ exitCode: 1, healthy: false })

    await customer.must(['start'])
    expect(await page(site)).toContain('the first entry')
    expect((await customer.json(['doctor'])).exitCode).toBe(0)
  })

  test('while the application is down the gateway says so instead of failing', async () => {
    await customer.must(['stop', 'app'])
    const { status, headers, body } = await visit(site)

    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '10' })
    expect(body).toContain('starting or restarting')
    await customer.must(['restart', 'app'])
    await waitUntil('the application answers', async () => ((await visit(site)).status === 200 ? undefined : 'not yet'))
  })

  test('logs show what a service printed, and name the services when asked for another', async () => {
    expect((await customer.domicile(['logs', 'postgres'])).stderr).toContain('database system is ready')
    const { exitCode, document } = await customer.json(['logs', 'web'])
    expect({ exitCode, hint: document.error.hint }).toEqual({
      exitCode: 7,
      hint: 'Its services: postgres, agent, app, gateway.',
    })
  })

  test('a second change at the same time is refused with 8', async () => {
    const [first, second] = await Promise.all([customer.json(['restart']), customer.json(['restart'])])

    expect([first.exitCode, second.exitCode].toSorted()).toEqual([0, 8])
  })
})

describe('the record', () => {
  test('acceptance holds measured facts and no secret', async () => {
    await customer.host.must('domicile', ['acceptance', '--out', '/root/acceptance.html'])
    const html = await customer.host.readFile('/root/acceptance.html')
    const record = await customer.must(['acceptance'])

    expect(record.ready).toBe(true)
    expect(html).toContain('HTTP 200')
    expect(html).toContain('6.12.1')
  })

  test('the audit trail names who did what, and an edited line is found', async () => {
    const path = '/var/lib/domicile/guestbook/audit.jsonl'
    const { lines } = await customer.must(['audit-trail', 'verify'])
    expect(lines).toBeGreaterThan(4)
    expect(await customer.host.readFile(path)).toContain('settings set greeting')

    await customer.host.must('sed', ['-i.genuine', '2s/install/nothing/', path])
    const { exitCode, document } = await customer.json(['audit-trail', 'verify'])
    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 4, code: 'TRAIL_BROKEN' })
    await customer.host.must('mv', [`${path}.genuine`, path])
  })
})
