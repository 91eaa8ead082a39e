import { beforeAll, beforeEach, expect, test } from 'vitest'
import { buildImages, imageReference } from '../build-images.ts'
import { docker, inside, makeVolume, start } from '../test-container.ts'

const image = imageReference('backup')
let volumes: { documents: string; repository: string; secrets: string }

beforeAll(() => buildImages({ only: ['base', 'postgres', 'backup'] }))
beforeEach(async () => {
  volumes = { documents: await makeVolume(), repository: await makeVolume(), secrets: await makeVolume() }
})

const places = ({ documents, repository, secrets } = volumes) => [
  `--volume=${documents}:/snapshot/documents:ro`,
  `--volume=${repository}:/repository`,
  `--volume=${secrets}:/run/secrets:ro`,
]
const environment = [
  '--env=RESTIC_REPOSITORY=/repository',
  '--env=RESTIC_PASSWORD_FILE=/run/secrets/backup_archive_key',
  '--env=RESTIC_CACHE_DIR=/tmp/cache',
]

/** A shell command as root on the volumes, before the work. */
const prepare = (script: string) => {
  const { documents, secrets } = volumes
  const mounts = [`--volume=${documents}:/snapshot/documents`, `--volume=${secrets}:/run/secrets`]
  return docker`docker run --rm --user 0 --network=none ${mounts} --entrypoint bash ${image} -c ${script}`
}

/** As files are backed up: who may read everything and change nothing but the repository. */
const room = (options: readonly string[] = ['--cap-add=DAC_READ_SEARCH']) =>
  start(
    image,
    [...places(), ...environment, ...options, '--user=0', '--network=none', '--tmpfs=/tmp', '--entrypoint=sleep'],
    ['infinity'],
  )

const shell = async (script: string, options: readonly string[] = []) =>
  (await docker`docker run --rm --network=none ${options} --entrypoint bash ${image} -c ${script}`).stdout

test('the engines are not older than those whose faults are mended', async () => {
  expect(await shell('restic version')).toMatch(/^restic 0\.(19\.[1-9]|[2-9]\d\.)/)
  expect(await shell('pgbackrest version')).toMatch(/^pgBackRest 2\.(59\.[1-9]|[6-9]\d\.)/)
  expect(await shell('pg_dump --version')).toContain('(PostgreSQL) 17.')
  expect(await shell('ssh -V 2>&1')).toContain('OpenSSH')
})

test('nothing of the archive of the next Debian stays behind, and nothing but the engines is from it', async () => {
  const sources = 'cat /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/preferences.d/* 2>/dev/null || true'
  expect(await shell(sources)).not.toContain('forky')
  expect(await shell('find /var/lib/apt/lists -type f')).toBe('')
  expect(await shell("dpkg-query --show --showformat='${Version}' libc6")).toMatch(/^2\.41-/)
})

test.each([
  ['only older engines', 'restic>=99', 'restic must be 99 or newer; the archive has 0.'],
  ['engines that need more than themselves to be newer', 'adduser>=3', 'held broken packages'],
])('an archive that has %s ends the build', async (_, wanted, said) => {
  const installing = docker`docker run --rm --user=0 ${imageReference('base')} install-newer-packages ${wanted}`
  await expect(installing).rejects.toThrow(said)
})

test('no program changes its user, none but ssh fetches from the network, and root is nobody’s choice', async () => {
  expect(await shell('find / -xdev -perm /6000 -type f', ['--user=0'])).toBe('')
  expect(await shell('type -P curl wget nc || true')).toBe('')
  expect(await shell('id -u')).toBe('70\n')
})

test('every package comes with its terms', async () => {
  const without = `dpkg-query --show --showformat='\${Package}\n' |
    while read -r name; do [[ -e /usr/share/doc/$name/copyright ]] || echo "$name"; done`
  expect(await shell(without)).toMatch(/^(.+-left-out\n)*$/)
})

test('it reads what belongs to others, writes an archive and brings it back, without a network', async () => {
  await prepare(`umask 077; printf key > /run/secrets/backup_archive_key; echo 'Rechnung 1' > /snapshot/documents/invoice
    chown -R 8500:8500 /snapshot/documents`)
  const container = await room()
  const steps = [
    ['restic', 'init', '--quiet'],
    ['restic', 'backup', '--quiet', '--host=erp', '/snapshot'],
    ['restic', 'check', '--quiet', '--read-data'],
  ]
  for (const step of steps) expect(await inside(container, step)).toMatchObject({ exitCode: 0 })

  const brought = await inside(container, ['restic', 'dump', 'latest', '/snapshot/documents/invoice'])
  expect(brought.stdout).toBe('Rechnung 1\n')
  expect((await inside(container, ['touch', '/snapshot/documents/new'])).exitCode).not.toBe(0)
})

test('without the right to read everything it misses a file and says so', async () => {
  await prepare(`printf key > /run/secrets/backup_archive_key; umask 077; echo secret > /snapshot/documents/invoice
    chown -R 8500:8500 /snapshot/documents`)
  const container = await room([])
  await inside(container, ['restic', 'init', '--quiet'])

  const missed = await inside(container, ['restic', 'backup', '--quiet', '/snapshot'])

  expect(missed.exitCode).toBe(3)
  expect(missed.stderr).toContain('permission denied')
})

test('a dump that fails is no snapshot', async () => {
  await prepare('printf key > /run/secrets/backup_archive_key')
  const container = await room()
  await inside(container, ['restic', 'init', '--quiet'])

  const cut = ['--stdin-filename=database.sql', '--stdin-from-command', '--', 'bash', '-c', 'echo half; exit 1']
  expect((await inside(container, ['restic', 'backup', '--quiet', ...cut])).exitCode).not.toBe(0)
  expect((await inside(container, ['restic', 'snapshots', '--json'])).stdout.trim()).toBe('[]')
})
