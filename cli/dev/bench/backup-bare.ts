import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { DATABASE, NAME, OWNER, POSTGRES, sql, VOLUME } from './backup-data.ts'
import { FOLDER, seconds } from './fixture.ts'

/** The engines as somebody uses them by hand, and what most people do: a dump through gzip. */

const PLACE = join(FOLDER, 'backup')
const ROOM = `${NAME}-bare`
const SIDE = `${NAME}-psql`
const BACKUP_IMAGE = 'domicile/backup:0.1.0'
const POSTGRES_IMAGE = 'domicile/postgres:0.1.0'
const LIB = `/var/lib/domicile/${NAME}`
/** Beside the appliance's own repository: the one place that PostgreSQL's container may write to. */
const POINT_IN_TIME = '/point-in-time/bench'

export interface Cost {
  readonly seconds: number
  /** What the place of the backups grew by. */
  readonly bytes: number
}

/** Bytes of everything below a folder. */
export const bytesBelow = async (folder: string): Promise<number> =>
  Number((await execa('du', ['-sb', folder])).stdout.split('\t')[0])

/** What `work` takes and adds to a folder. */
async function costIn(folder: string, work: () => Promise<unknown>): Promise<Cost> {
  const before = await bytesBelow(folder)
  const took = await seconds(work)
  return { seconds: took, bytes: (await bytesBelow(folder)) - before }
}

const COUNT = 'SELECT (SELECT count(*) FROM bench_documents), (SELECT count(*) FROM pgbench_accounts)'
const inRoom = (...command: string[]) => execa('docker', ['exec', ROOM, ...command])
const DUMP = `pg_dump --host=postgres --username=${OWNER} --exclude-schema=domicile ${DATABASE}`

/** One room for all of it, as root that may read what belongs to others. */
export async function openBareRoom(): Promise<void> {
  await closeBareRoom()
  for (const folder of ['archive', 'dumps']) await mkdir(join(PLACE, folder), { recursive: true })
  const password = await readFile(`${LIB}/secrets/database_owner_password`, 'utf8')
  await writeFile(join(PLACE, 'pgpass'), `*:*:*:*:${password}\n`, { mode: 0o600 })
  await writeFile(join(PLACE, 'key'), 'a key of the benchmark\n', { mode: 0o600 })
  await execa('docker', [
    ...['run', '--detach', `--name=${ROOM}`, `--network=${NAME}_internal`, '--user=0', '--entrypoint=sleep'],
    ...['--cap-drop=ALL', '--cap-add=DAC_READ_SEARCH', `--volume=${VOLUME}:/snapshot/documents:ro`],
    ...[`--volume=${PLACE}/archive:/repository`, `--volume=${PLACE}/dumps:/dumps`],
    ...[`--volume=${PLACE}/pgpass:/pgpass:ro`, `--volume=${PLACE}/key:/key:ro`, '--env=PGPASSFILE=/pgpass'],
    ...['--env=RESTIC_REPOSITORY=/repository', '--env=RESTIC_PASSWORD_FILE=/key', '--env=RESTIC_CACHE_DIR=/tmp/cache'],
    ...[BACKUP_IMAGE, 'infinity'],
  ])
}

export async function closeBareRoom(): Promise<void> {
  await execa('docker', ['rm', '--force', '--volumes', ROOM, SIDE], { reject: false })
  await rm(PLACE, { recursive: true, force: true })
}

/** Whoever comes first must not read the disk for all who come after. */
export const readOnce = () => inRoom('bash', '-euc', `${DUMP} >/dev/null; cat $(find /snapshot -type f) >/dev/null`)

/** Dump and files, one snapshot each. @param isFirst makes the repository, too */
export const bareArchive = (isFirst: boolean) =>
  costIn(join(PLACE, 'archive'), async () => {
    if (isFirst) await inRoom('restic', 'init', '--quiet')
    const dumped = ['--stdin-filename=database.sql', '--stdin-from-command', '--', ...DUMP.split(' ')]
    await inRoom('restic', 'backup', '--quiet', '--host=bench', ...dumped)
    await inRoom('restic', 'backup', '--quiet', '--host=bench', '/snapshot')
  })

/** @param night names the dump */
export const gzipDump = (night: string) =>
  costIn(join(PLACE, 'dumps'), () =>
    inRoom('bash', '-euo', 'pipefail', '-c', `${DUMP} | gzip > /dumps/${night}.sql.gz`),
  )

/** Into a new PostgreSQL with its own settings. @throws Error when it did not load what is in the appliance's */
export async function psqlRestore(night: string): Promise<number> {
  await writeFile(join(PLACE, 'postgres_password'), 'bench', { mode: 0o644 })
  await execa('docker', [
    ...['run', '--detach', `--name=${SIDE}`, '--network=none', '--shm-size=512m', `--volume=${PLACE}/dumps:/dumps:ro`],
    ...[`--volume=${PLACE}/postgres_password:/run/secrets/postgres_password:ro`, POSTGRES_IMAGE],
  ])
  const inSide = (script: string) => execa('docker', ['exec', SIDE, 'bash', '-euo', 'pipefail', '-c', script])
  await inSide('until pg_isready --quiet --host=127.0.0.1; do sleep 0.2; done')
  await inSide(
    `psql -Xqc 'CREATE ROLE ${OWNER}' -c 'CREATE ROLE erp_app' -c 'CREATE DATABASE ${DATABASE} OWNER ${OWNER}'`,
  )
  const took = await seconds(() =>
    inSide(`zcat /dumps/${night}.sql.gz | psql -Xq --dbname=${DATABASE} >/dev/null 2>&1`),
  )
  const { stdout: loaded } = await inSide(`psql -XqAt --dbname=${DATABASE} -c '${COUNT}'`)
  if (loaded !== (await sql(COUNT))) throw new Error(`psql loaded something else: ${loaded}`)
  await execa('docker', ['rm', '--force', '--volumes', SIDE])
  return took
}

const pgBackRest = (...command: string[]) =>
  execa('docker', [
    ...['exec', '--user=70', '--env=PGBACKREST_REPO1_CIPHER_PASS=bench', POSTGRES, 'pgbackrest', '--no-config'],
    ...['--stanza=bench', '--pg1-path=/var/lib/postgresql/17/data', '--pg1-socket-path=/run/postgresql'],
    ...[`--repo1-path=${POINT_IN_TIME}`, '--repo1-cipher-type=aes-256-cbc', '--lock-path=/tmp/bench'],
    ...['--log-level-file=off', ...command],
  ])

const BACKUP = ['--repo1-bundle', '--repo1-block', '--compress-type=zst', '--process-max=2', '--start-fast']

/** The WAL goes to the appliance's repository; that of the benchmark has the files alone. */
export async function barePointInTime(type: 'full' | 'incr'): Promise<Cost> {
  if (type === 'full') await pgBackRest('stanza-create')
  return costIn(`${LIB}/backup/point-in-time/bench`, () =>
    pgBackRest(...BACKUP, `--type=${type}`, '--no-archive-check', '--repo1-retention-full=9', 'backup'),
  )
}

export const dropBarePointInTime = () => rm(`${LIB}/backup/point-in-time/bench`, { recursive: true, force: true })
