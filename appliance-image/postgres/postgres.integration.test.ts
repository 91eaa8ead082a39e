import { beforeAll, beforeEach, expect, test } from 'vitest'
import { buildImages, imageReference } from '../build-images.ts'
import { docker, ended, inside, logs, makeVolume, start, until } from '../test-container.ts'

const image = imageReference('postgres')
const PASSWORD = 'a password with spaces'
let volume: string
let secrets: string

beforeAll(() => buildImages({ only: ['base', 'postgres'] }))
beforeEach(async () => {
  volume = await makeVolume()
  secrets = await makeVolume()
  await onVolumes(`printf '%s' '${PASSWORD}' > /run/secrets/postgres_password`)
})

const mounts = () => [`--volume=${volume}:/var/lib/postgresql`, `--volume=${secrets}:/run/secrets`]
const place = ['--network=none', '--tmpfs=/run/postgresql:uid=70,gid=70,mode=0775', '--tmpfs=/tmp']

/** A shell command on the volumes, while no server runs on them. */
const onVolumes = (script: string) =>
  docker`docker run --rm --user 0 ${mounts()} --entrypoint bash ${image} -c ${`${script}; chown -R 70:70 /run/secrets`}`

const startPostgres = () => start(image, [...mounts(), ...place])
const psql = (container: string, args: readonly string[], options: readonly string[] = ['--user=70']) =>
  inside(container, ['psql', '--no-password', '--tuples-only', '--no-align', ...args], options)
const accepts = async (container: string) =>
  (await inside(container, ['pg_isready', '--quiet', '--host=127.0.0.1'])).exitCode === 0
const ready = (container: string) => until('PostgreSQL accepts connections', () => accepts(container))

test('a cluster with checksums comes up, and its data outlive the container', async () => {
  const first = await startPostgres()
  await ready(first)
  expect((await psql(first, ['--command=show data_checksums'])).stdout).toBe('on\n')
  await psql(first, ['--command=create table kept (n int)', '--command=insert into kept values (41)'])
  await docker`docker rm --force ${first}`

  const second = await startPostgres()
  await ready(second)
  expect((await psql(second, ['--command=select n + 1 from kept'])).stdout).toBe('42\n')
})

test('only the user postgres gets in without a password, and only on the socket', async () => {
  const container = await startPostgres()
  await ready(container)
  const byNetwork = ['--host=127.0.0.1', '--username=postgres', '--command=select 1']

  expect((await psql(container, ['--command=select 1'], ['--user=0'])).exitCode).not.toBe(0)
  expect((await psql(container, ['--username=postgres', '--command=select 1'], ['--user=0'])).exitCode).not.toBe(0)
  expect((await psql(container, byNetwork)).exitCode).not.toBe(0)
  expect((await psql(container, byNetwork, ['--env=PGPASSWORD=wrong'])).exitCode).not.toBe(0)
  expect((await psql(container, byNetwork, [`--env=PGPASSWORD=${PASSWORD}`])).stdout).toBe('1\n')
  expect(await logs(container)).not.toContain(PASSWORD)
})

test('killed while it makes the cluster, it makes it anew, and is not healthy in between', async () => {
  const killed = await startPostgres()
  await until(
    'a cluster is being made',
    async () => (await inside(killed, ['test', '-e', '/var/lib/postgresql/17/data.making'])).exitCode === 0,
  )
  expect(await accepts(killed)).toBe(false)
  await docker`docker kill ${killed}`
  await expect(onVolumes('test ! -e /var/lib/postgresql/17/data')).resolves.toBeDefined()

  const again = await startPostgres()
  await ready(again)
  expect((await inside(again, ['ls', '/var/lib/postgresql/17'])).stdout).toBe('data\n')
})

test.each([
  ['the data of another version', '15/data/PG_VERSION', 'data of PostgreSQL 15'],
  ['something that is no cluster', '17/data/precious', 'not a cluster'],
])('beside %s no empty cluster is started', async (_, file, said) => {
  await onVolumes(`cd /var/lib/postgresql && mkdir -p ${file.replace(/\/[^/]*$/, '')} && echo 15 > ${file}`)

  const container = await startPostgres()

  expect(await ended(container)).not.toBe(0)
  expect(await logs(container)).toContain(said)
  await expect(
    onVolumes(`test -s /var/lib/postgresql/${file} && test ! -e /var/lib/postgresql/17/data/base`),
  ).resolves.toBeDefined()
})

test('without the password file it says which one is missing', async () => {
  await onVolumes('rm /run/secrets/postgres_password')

  const container = await startPostgres()

  expect(await ended(container)).not.toBe(0)
  expect(await logs(container)).toContain('/run/secrets/postgres_password')
})

test('asked to stop, it ends sessions and shuts down clean', async () => {
  const container = await startPostgres()
  await ready(container)
  await docker`docker exec --detach --user=70 ${container} psql --command=${'select pg_sleep(600)'}`

  await docker`docker stop --time 20 ${container}`

  expect(await ended(container)).toBe(0)
  expect(await logs(container)).toContain('database system is shut down')
})

test('a query that would be compiled runs all the same', async () => {
  const container = await startPostgres()
  await ready(container)
  const compiled = 'set jit = on; set jit_above_cost = 0; select sum(n) from generate_series(1, 1000) n'
  expect((await psql(container, ['--quiet', `--command=${compiled}`])).stdout).toBe('500500\n')
})
