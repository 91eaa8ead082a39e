import { Readable } from 'node:stream'
import { execa } from 'execa'
import { FILE_BYTES, type Scale } from './backup-scale.ts'
import { attachmentRows, documentRows } from './backup-text.ts'

export const NAME = 'bench-backup'
export const DATABASE = 'erp'
export const OWNER = 'erp'
export const POSTGRES = `${NAME}-postgres-1`
/** What the application keeps beside its database. */
export const VOLUME = `${NAME}_filestore`
const SYSTEM_IMAGE = 'domicile/base:0.1.0'
const NEW_DOCUMENTS = 300
const NEW_ATTACHMENTS = 6
const NEW_FILES = 20

/** In the container of PostgreSQL, over its socket, as the superuser in the role of the database's owner. */
const inPostgres = (command: readonly string[], input?: Readable) =>
  execa(
    'docker',
    ['exec', '--interactive', '--user=70', `--env=PGOPTIONS=-c role=${OWNER}`, POSTGRES, ...command],
    input ? { input } : { stdin: 'ignore' },
  )

export const sql = async (statements: string): Promise<string> =>
  (await inPostgres(['psql', '-XqAt', '--set=ON_ERROR_STOP=1', `--dbname=${DATABASE}`, `--command=${statements}`]))
    .stdout

const copy = (table: string, rows: Generator<string>) =>
  inPostgres(
    ['psql', '-Xq', '--set=ON_ERROR_STOP=1', `--dbname=${DATABASE}`, `--command=COPY ${table} FROM STDIN`],
    Readable.from(rows),
  )

/** Compressed by nobody but the engines. */
const TABLES = `
CREATE TABLE bench_documents (id integer PRIMARY KEY, title text NOT NULL, body text NOT NULL);
CREATE TABLE bench_attachments (id integer PRIMARY KEY, content bytea NOT NULL);
ALTER TABLE bench_documents ALTER body SET STORAGE EXTERNAL;
ALTER TABLE bench_attachments ALTER content SET STORAGE EXTERNAL;`

/** Fills the database and the volume of the appliance. */
export async function fill({ accounts, documents, attachments, files }: Scale): Promise<void> {
  await inPostgres(['pgbench', '--initialize', '--quiet', `--scale=${accounts}`, DATABASE])
  await sql(TABLES)
  await copy('bench_documents', documentRows(0, documents))
  await copy('bench_attachments', attachmentRows(0, attachments))
  await addFiles('first', files)
  await settle()
}

/** What was written is on the disk and looked over, so that nobody pays for it later. */
export async function settle(): Promise<void> {
  const asSuperuser = (...command: string[]) => execa('docker', ['exec', '--user=70', POSTGRES, ...command])
  await asSuperuser('vacuumdb', '--quiet', '--analyze', DATABASE)
  await asSuperuser('psql', '-Xq', '--command=CHECKPOINT')
}

/** A day on which one document in a hundred was edited, wherever it is. */
export async function scatteredDay(): Promise<void> {
  await sql(`UPDATE bench_documents SET body = 'Edited. ' || body WHERE id % 100 = 0`)
  await newDay('scattered')
}

/** A day on which people worked with what is recent, as most days are. */
export async function clusteredDay(): Promise<void> {
  await sql(`UPDATE bench_documents SET body = 'Edited. ' || body WHERE id > (SELECT max(id) - 600 FROM bench_documents);
    UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid BETWEEN 20001 AND 30000`)
  await newDay('clustered')
}

/** What is new each day; one folder of files goes. */
async function newDay(label: string): Promise<void> {
  const highest = await sql('SELECT (SELECT max(id) FROM bench_documents), (SELECT max(id) FROM bench_attachments)')
  const [document = 0, attachment = 0] = highest.split('|').map(Number)
  await copy('bench_documents', documentRows(document + 1, NEW_DOCUMENTS))
  await copy('bench_attachments', attachmentRows(attachment + 1, NEW_ATTACHMENTS))
  await addFiles(label, NEW_FILES)
  await inVolume('rm -r "$(find /files -mindepth 2 -maxdepth 2 -path "*bench*" -type d | sort | head -n 1)"')
  await settle()
}

/** In folders of twenty. */
const addFiles = (label: string, count: number) =>
  inVolume(`for i in $(seq 1 ${count}); do folder=/files/bench-${label}/$((i / 20)); mkdir -p $folder
    head -c ${FILE_BYTES} /dev/urandom > $folder/$i.bin; done; chown -R 971:971 /files/bench-${label}`)

const inVolume = (script: string) =>
  execa('docker', ['run', '--rm', '--network=none', `--volume=${VOLUME}:/files`, SYSTEM_IMAGE, 'sh', '-euc', script])

/** Bytes of the database on the disk, and of the files. */
export async function sizes(): Promise<{ database: number; files: number }> {
  const { stdout } = await inVolume('du -sb /files | cut -f 1')
  return { database: Number(await sql(`SELECT pg_database_size('${DATABASE}')`)), files: Number(stdout) }
}
