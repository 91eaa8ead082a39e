import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadStack, type Stack } from '../stack/index.ts'
import { type Blueprint, installSteps, makeBlueprint, mendSteps, startSteps, type Wanted } from './index.ts'

let erp: Stack
beforeAll(async () => {
  erp = await loadStack(join(import.meta.dirname, '../../erp'))
})

const GIB = 2 ** 30

function blueprint(changes: Partial<Wanted> = {}): Blueprint {
  const image = (role: string) => ({ digest: `sha256:${role.padEnd(64, '0')}`, reference: `${role}:1` })
  const roles = ['postgres', 'gateway', 'agent', 'app', 'cron']
  return makeBlueprint({
    name: 'erp',
    stack: erp,
    settings: { hostname: 'erp.example.com', workers: 2 },
    ports: { address: '0.0.0.0', http: 80, https: 443 },
    subnets: { internal: '10.201.0.0/24', edge: '10.201.1.0/24' },
    images: Object.fromEntries(roles.map((role) => [role, image(role)])),
    host: { memoryBytes: 8 * GIB, cpus: 4 },
    volumes: {},
    tls: { mode: 'internal' },
    vendorKeys: [],
    ...changes,
  })
}

const service = (name: string, of = blueprint()) => {
  const found = of.containers.find((container) => container.service === name)
  if (!found) throw new Error(`no ${name}`)
  return found
}

test('equal wishes give equal containers, and any change of a wish changes the hash', () => {
  const hash = (of: Blueprint) => service('gateway', of).labels['com.docker.compose.config-hash']

  expect(hash(blueprint())).toBe(hash(blueprint()))
  expect(hash(blueprint({ ports: { address: '0.0.0.0', http: 80, https: 8443 } }))).not.toBe(hash(blueprint()))
})

test('only the gateway publishes ports and only it is outside the closed network', () => {
  const { containers, networks } = blueprint()

  expect(containers.filter(({ ports }) => ports.length > 0).map((container) => container.service)).toEqual(['gateway'])
  expect(
    containers
      .filter(({ networks: attached }) => attached.some(({ network }) => network === 'erp_edge'))
      .map((container) => container.service),
  ).toEqual(['gateway'])
  expect(networks.find(({ name }) => name === 'erp_internal')?.internal).toBe(true)
})

test('a pointer names another volume everywhere, and only what mounts it is another container', () => {
  const restored = blueprint({ volumes: { postgres: 'erp_postgres_20261122' } })
  const hash = (name: string, of: Blueprint) => service(name, of).labels['com.docker.compose.config-hash']

  expect(restored.volumes).toContainEqual({ key: 'postgres', name: 'erp_postgres_20261122' })
  expect(restored.volumes.map(({ name }) => name)).not.toContain('erp_postgres')
  expect(service('postgres', restored).mounts[0]?.source).toBe('erp_postgres_20261122')
  expect(hash('postgres', restored)).not.toBe(hash('postgres', blueprint()))
  expect(hash('agent', restored)).toBe(hash('agent', blueprint()))
})

test('the agent gets a way out only for ACME', () => {
  const acme = blueprint({ tls: { mode: 'acme', email: 'a@example.com' } })

  expect(service('agent', acme).networks.map(({ network }) => network)).toEqual(['erp_internal', 'erp_edge'])
})

test('the server of the application never gets the owner’s password; the lifecycle commands do', () => {
  const { containers, jobs } = blueprint()
  const secrets = (mounts: readonly { target: string }[] = []) =>
    mounts.map(({ target }) => target).filter((target) => target.startsWith('/run/secrets/'))

  expect(containers.flatMap(({ mounts }) => secrets(mounts))).not.toContain('/run/secrets/database_owner_password')
  expect(secrets(jobs.initialize?.mounts)).toEqual(
    expect.arrayContaining(['/run/secrets/database_owner_password', '/run/secrets/admin_password']),
  )
})

test('a secret that the server and the lifecycle commands share is mounted once', () => {
  const { app } = erp.compose.services
  if (!app) throw new Error('no app')
  const services = { ...erp.compose.services, app: { ...app, secrets: [...app.secrets, 'admin_password'] } }

  const { jobs } = blueprint({ stack: { ...erp, compose: { ...erp.compose, services } } })

  const targets = jobs.initialize?.mounts.map(({ target }) => target) ?? []
  expect(targets).toEqual([...new Set(targets)])
})

test('no secret is in an environment, a label or a command', () => {
  const { containers, secrets } = blueprint()
  const values = containers.flatMap(({ environment, labels, command }) => [
    ...Object.values(environment),
    ...Object.values(labels),
    ...(command ?? []),
  ])

  for (const { path } of secrets) expect(values.some((value) => value.includes(path))).toBe(false)
})

describe('the token with which services speak to the agent', () => {
  const app = () => {
    const { app: found } = erp.compose.services
    if (!found) throw new Error('no app')
    return found
  }
  const cooperating = () => ({
    ...erp,
    compose: {
      ...erp.compose,
      services: { ...erp.compose.services, app: { ...app(), secrets: [...app().secrets, 'license_token'] } },
    },
  })
  const tokens = (name: string, of: Blueprint) =>
    service(name, of).mounts.filter(({ target }) => target === '/run/secrets/license_token')
  const agentJson = ({ files }: Blueprint) =>
    JSON.parse(files.find(({ path }) => path.endsWith('/agent.json'))?.content ?? '') as Record<string, unknown>

  test('is given to services that list it, with the address, and to the agent as a file of its own', () => {
    const made = blueprint({ stack: cooperating() })

    expect(made.secrets.filter(({ name }) => name.includes('license'))).toMatchObject([
      { name: 'license_token', uid: 971, length: 43 },
      { name: 'agent_license_token', uid: 8100, sameAs: '/var/lib/domicile/erp/secrets/license_token' },
    ])
    expect(tokens('app', made)).toMatchObject([{ source: '/var/lib/domicile/erp/secrets/license_token' }])
    expect(tokens('agent', made)).toMatchObject([{ source: '/var/lib/domicile/erp/secrets/agent_license_token' }])
    expect(service('app', made).environment['DOMICILE_LICENSE_URL']).toBe('http://agent:8081')
    expect(service('cron', made).environment).not.toHaveProperty('DOMICILE_LICENSE_URL')
    expect(tokens('cron', made)).toEqual([])
    expect(agentJson(made)['cooperation']).toEqual({ tokenFile: '/run/secrets/license_token' })
  })

  test('is not there where nobody asks for it', () => {
    const made = blueprint()

    expect(made.secrets.map(({ name }) => name).filter((name) => name.includes('license'))).toEqual([])
    expect(tokens('agent', made)).toEqual([])
    expect(agentJson(made)).not.toHaveProperty('cooperation')
  })
})

test('settings reach the containers', () => {
  expect(service('app', blueprint({ settings: { hostname: 'a.example', workers: 7 } })).environment['WORKERS']).toBe(
    '7',
  )
})

describe('the size of PostgreSQL follows the host', () => {
  test.each([
    [2, '128MB', 512],
    [8, '512MB', 2048],
    [64, '4096MB', 16_384],
  ])('%i GiB', (gib, sharedBuffers, memoryMib) => {
    const sized = blueprint({ host: { memoryBytes: gib * GIB, cpus: 4 } })

    expect(sized.database.settings['shared_buffers']).toBe(sharedBuffers)
    expect(service('postgres', sized).memoryBytes / 2 ** 20).toBe(memoryMib)
  })
})

test('the plan begins with folders, starts PostgreSQL before anything that needs it, and ends by looking from outside', () => {
  const ids = installSteps({ blueprint: blueprint(), images: [], records: [], healthPath: '/' }).map(({ id }) => id)
  const at = (id: string) => ids.indexOf(id)

  expect(new Set(ids).size).toBe(ids.length)
  expect(at('images')).toBeLessThan(at('container postgres'))
  expect(at('healthy postgres')).toBeLessThan(at('database'))
  expect(at('database')).toBeLessThan(at('initialize'))
  expect(at('initialize')).toBeLessThan(at('container app'))
  expect(at('container gateway')).toBeLessThan(at('healthy app'))
  expect(ids.at(-2)).toBe('healthy gateway')
  expect(ids.at(-1)).toBe('reachable')
})

test('a service is started when those it depends on are healthy', () => {
  const [agent, app] = ['agent', 'app'].map((name) => service(name))
  if (!agent || !app) throw new Error('incomplete')
  const ids = startSteps([agent, { ...app, after: ['agent'] }]).map(({ id }) => id)

  expect(ids).toEqual(['container agent', 'healthy agent', 'container app', 'healthy app'])
})

describe('mending', () => {
  const difference = (kind: 'container' | 'network' | 'volume' | 'file' | 'secret' | 'directory', subject: string) => ({
    kind,
    subject,
    aspect: '',
    wanted: '',
    found: '',
  })

  test('replaces only the container that differs', () => {
    const ids = mendSteps(blueprint(), [], [difference('container', 'app')]).map(({ id }) => id)

    expect(ids).toEqual(['discard app', 'container app', 'healthy app'])
  })

  test('replaces every container of a network that differs', () => {
    const ids = mendSteps(blueprint(), [], [difference('network', 'erp_edge')]).map(({ id }) => id)

    expect(ids).toEqual(['discard gateway', 'network erp_edge', 'container gateway', 'healthy gateway'])
  })

  test('an edited file is written again and its container replaced', () => {
    const ids = mendSteps(blueprint(), [], [difference('file', '/var/lib/domicile/erp/config/gateway.conf')]).map(
      ({ id }) => id,
    )

    expect(ids).toEqual(['configuration', 'discard gateway', 'container gateway', 'healthy gateway'])
  })

  test('a secret of ours that was lost is made again, set in PostgreSQL and given to who reads it', () => {
    const lost = difference('secret', '/var/lib/domicile/erp/secrets/meter_database_password')
    const ids = mendSteps(blueprint(), [], [lost]).map(({ id }) => id)

    expect(ids).toEqual(['secrets', 'discard agent', 'database', 'grants', 'container agent', 'healthy agent'])
  })

  test('what an earlier version did not make is made before anything that uses it', () => {
    const lib = '/var/lib/domicile/erp'
    const differences = [
      difference('secret', `${lib}/secrets/backup_archive_key`),
      difference('directory', `${lib}/backup`),
      difference('container', 'postgres'),
    ]
    const [directories, secrets] = mendSteps(blueprint(), [], differences)

    expect(directories?.action).toMatchObject({ kind: 'directories', directories: [{ path: `${lib}/backup` }] })
    expect(secrets?.action).toMatchObject({ kind: 'secrets', secrets: [{ name: 'backup_archive_key' }] })
  })

  test('PostgreSQL runs before anything is said to it', () => {
    const gone = { ...difference('container', 'postgres'), aspect: 'container' }
    const lost = difference('secret', '/var/lib/domicile/erp/secrets/meter_database_password')
    const ids = mendSteps(blueprint(), [], [gone, lost]).map(({ id }) => id)

    expect(ids.indexOf('healthy postgres')).toBeLessThan(ids.indexOf('database'))
  })

  test('never puts an empty volume where data was', () => {
    expect(() => mendSteps(blueprint(), [], [difference('volume', 'erp_postgres')])).toThrow(
      'Volumes with data are missing: erp_postgres',
    )
    expect(() => mendSteps(blueprint(), [], [difference('volume', 'erp_tls')])).not.toThrow()
    const restored = blueprint({ volumes: { postgres: 'other', tls: 'yet_another' } })
    expect(() => mendSteps(restored, [], [difference('volume', 'other')])).toThrow('missing: other')
    expect(() => mendSteps(restored, [], [difference('volume', 'yet_another')])).not.toThrow()
  })
})

describe('point in time', () => {
  const pointInTime: Wanted['pointInTime'] = {
    settings: { archive_mode: 'on', archive_command: 'archive-wal 7 "%p"' },
    configuration: { content: 'repo1-path=/point-in-time\n', target: '/etc/pgbackrest/pgbackrest.conf' },
    key: { before: 'pass=', target: '/etc/pgbackrest/conf.d/key.conf' },
    repository: '/point-in-time',
    spool: '/spool',
  }

  test('a release without it has nothing of it', () => {
    const plain = JSON.stringify([blueprint().containers, blueprint().files, blueprint().database.settings])
    expect(plain).not.toContain('point-in-time')
    expect(plain).not.toContain('archive_mode')
  })

  test('PostgreSQL archives, starts without the folders, and its key is nowhere but in its file', () => {
    const archiving = blueprint({ pointInTime })
    const { mounts } = service('postgres', archiving)
    expect(archiving.database.settings).toMatchObject({ archive_mode: 'on' })
    expect(mounts.filter(({ mayBeMissing }) => mayBeMissing).map(({ target }) => target)).toEqual([
      '/point-in-time',
      '/spool',
    ])
    expect(mounts.filter(({ target }) => target.startsWith('/etc/pgbackrest')).every(({ readOnly }) => readOnly)).toBe(
      true,
    )
    expect(archiving.secrets.find(({ name }) => name === 'backup_point_in_time_conf')).toMatchObject({
      uid: 70,
      sameAs: '/var/lib/domicile/erp/secrets/backup_point_in_time_key',
      before: 'pass=',
    })
    for (const container of archiving.containers.filter(({ service: name }) => name !== 'postgres'))
      expect(JSON.stringify(container)).not.toContain('point_in_time')
  })

  test('switching it is another container of PostgreSQL and of nothing else', () => {
    const off = blueprint({ pointInTime: { ...pointInTime, settings: { archive_mode: 'off' } } })
    const hashes = ({ containers }: Blueprint) =>
      containers.map(({ labels }) => labels['com.docker.compose.config-hash'])
    const [first, ...others] = hashes(blueprint({ pointInTime }))
    const [firstOff, ...othersOff] = hashes(off)
    expect(firstOff).not.toBe(first)
    expect(othersOff).toEqual(others)
  })
})
