import { randomBytes } from 'node:crypto'
import {
  appendFile,
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PATHS } from '@domicile/backup/archive'
import { contentOf, contentSql, type Manifest, manifestSchema, type Snapshot } from '@domicile/backup/snapshot'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCatalogue } from '../catalogue.ts'
import { Installed, PROGRAM } from '../drill/drilled.fixture.ts'
import { backupFolder } from '../folder.ts'
import { EVERY_TYPE } from './every-type.fixture.ts'

/** Real snapshots of an installed appliance, read with the engine and psql alone, and stopped and damaged in every way. */

const NAME = 't-snapshot'
const installed = new Installed(NAME)
const folder = backupFolder(NAME)

const docker = (words: readonly string[], input = '') => execa('docker', words, { input, reject: false })
const psql = async (container: string, text: string) => {
  const words = ['exec', '-i', '-u', '70', container, 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-U', 'postgres']
  const { exitCode, stdout, stderr } = await docker([...words, '-d', 'guestbook'], text)
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}

/** restic as anybody would run it, who has nothing but the archive and its key. */
const restic = (words: readonly string[], mounts: readonly string[] = []) => [
  ...['run', '--rm', '--network=none', '--user=0', '--cap-add=DAC_OVERRIDE', '--entrypoint=restic'],
  ...[`--volume=${folder.archive}:/archive`, `--volume=${folder.archiveKey}:/key:ro`, ...mounts],
  ...['domicile/backup:0.1.0', '--repo=/archive', '--password-file=/key', '--no-cache', ...words],
]

const manifestIn = async ({ parts }: Snapshot): Promise<Manifest> => {
  const { stdout } = await docker(restic(['dump', parts.manifest, PATHS.manifest]))
  return manifestSchema.parse(JSON.parse(stdout))
}

const create = (...words: readonly string[]) => installed.json('backup', 'create', ...words)
const newest = async () => (await readCatalogue(NAME)).at(-1) as Snapshot
const inArchive = async () => {
  const { stdout } = await docker(restic(['snapshots', '--json', '--no-lock']))
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id).toSorted()
}
const inCatalogue = async () => (await readCatalogue(NAME)).flatMap(({ parts }) => Object.values(parts)).toSorted()
const rooms = async () => {
  const { stdout } = await docker(['ps', '--format={{.Names}}', `--filter=label=io.domicile.appliance=${NAME}`])
  return stdout.split('\n').filter((name) => name.endsWith('-job'))
}

async function until(what: string, happened: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000
  while (!(await happened())) {
    if (performance.now() > deadline) throw new Error(`${what}: not in time`)
    await sleep(100)
  }
}

/** Its largest pack: data, not what describes it. */
async function largestPack(): Promise<string> {
  const paths = await readdir(join(folder.archive, 'data'), { recursive: true, withFileTypes: true })
  const packs = await Promise.all(
    paths
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        return { path, size: (await stat(path)).size }
      }),
  )
  return packs.toSorted((a, b) => b.size - a.size)[0]?.path ?? ''
}

beforeAll(async () => {
  await installed.start()
  await psql(`${NAME}-postgres-1`, EVERY_TYPE)
  const documents = await installed.documents()
  await mkdir(join(documents, 'a/b'), { recursive: true })
  for (const name of ['a/b/one', '-dash', 'new\nline', 'back\\slash', 'percent%20'])
    await writeFile(join(documents, name), randomBytes(5000))
  await writeFile(Buffer.concat([Buffer.from(`${documents}/not utf-8 `), Buffer.from([0xff, 0xfe])]), 'x')
  await writeFile(join(documents, 'nobody reads'), 'secret')
  await chmod(join(documents, 'nobody reads'), 0)
  await symlink('a/b/one', join(documents, 'link'))
  await chown(documents, 8500, 8500)
})
afterAll(() => installed[Symbol.asyncDispose]())

test('by the manual it can be read with the engine and psql alone, and is what it says', async () => {
  const { exitCode, document } = await create()
  expect(exitCode).toBe(0)
  const snapshot = await newest()
  expect(document.snapshot).toEqual(snapshot)
  const manifest = await manifestIn(snapshot)
  expect(manifest).toMatchObject({ run: snapshot.run, appliance: NAME, documents: [{ files: 8, unsettled: 0 }] })
  expect(manifest.database.tables.find(({ name }) => name === 'public.kinds')).toMatchObject({ method: 'record' })
  expect(manifest.database.tables.find(({ name }) => name === 'public.others')).toMatchObject({ method: 'text' })

  const page = await readFile(join(import.meta.dirname, '../../../../docs/admin/restore.md'), 'utf8')
  const [, commands = ''] = /## Without us[\s\S]*?```sh\n([\s\S]*?)```/.exec(page) ?? []
  expect(commands).toContain('psql')
  const server = `${NAME}-other`
  const at = (user: string, ...words: readonly string[]) => ['exec', '-i', '-u', user, '-w', '/tmp', server, ...words]
  try {
    await docker([
      ...[
        'run',
        '-d',
        `--name=${server}`,
        '--network=none',
        '--tmpfs=/tmp:exec,mode=1777',
        '--tmpfs=/run/postgresql:uid=70',
      ],
      `--volume=${folder.root}/../secrets/postgres_password:/run/secrets/postgres_password:ro`,
      ...['--entrypoint=start-postgres', 'domicile/backup:0.1.0'],
    ])
    const answers = async () => (await docker(['exec', server, 'pg_isready', '-q', '-h127.0.0.1'])).exitCode === 0
    await until('another server', answers)
    await docker(at('0', 'mkdir', '-p', '/mnt/copy'))
    await docker(['cp', folder.archive, `${server}:/mnt/copy/archive`])
    await docker(at('0', 'chown', '-R', '70', '/mnt/copy'))
    await docker(at('70', 'sh', '-c', 'umask 077; cat > key.txt'), await readFile(folder.archiveKey, 'utf8'))
    const here = commands.replaceAll(/\berp\b/g, 'guestbook')
    const followed = await docker(at('70', 'env', 'HOME=/tmp', 'bash', '-euc', here))
    expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })
    const documents = await docker(at('70', 'find', 'found/snapshot/documents', '!', '-type', 'd', '-print0'))
    expect(documents.stdout.split('\0').filter(Boolean)).toHaveLength(8)

    const { tables, sequences } = contentOf((await psql(server, contentSql())).split('\n'))
    expect(tables).toEqual(manifest.database.tables)
    expect(sequences).toEqual(manifest.database.sequences)
    expect(tables.length).toBeGreaterThan(13)
    expect(await psql(server, 'SELECT tgname FROM pg_trigger WHERE NOT tgisinternal')).toBe('own')
    expect(await psql(server, "SELECT count(*) FROM pg_namespace WHERE nspname = 'domicile'")).toBe('0')
  } finally {
    await docker(['rm', '-f', '-v', server])
  }
})

test('documents with odd names come back as they were, each with the hash that is listed', async () => {
  const { parts } = await newest()
  const script = `set -e; restic --repo /archive --password-file /key --no-cache --json --quiet restore ${parts.files} --target /out > /dev/null
    list-documents /out/snapshot/documents/files /tmp/list > /dev/null && cut -d" " -f1,2,4- /tmp/list > /tmp/now
    cut -d" " -f1,2,4- /out/snapshot/lists/files | cmp - /tmp/now && wc -l < /tmp/now; stat -c %a:%u "/out/snapshot/documents/files/nobody reads"`
  const words = restic([], ['--tmpfs=/out', '--cap-add=CHOWN', '--cap-add=FOWNER'])
  const at = words.indexOf('domicile/backup:0.1.0')
  const { stdout, stderr } = await docker([
    ...words.slice(0, at).map((word) => word.replace('entrypoint=restic', 'entrypoint=sh')),
    'domicile/backup:0.1.0',
    '-c',
    script,
  ])
  expect({ stdout, stderr }).toEqual({ stdout: '8\n0:0', stderr: '' })
})

test('what did not change is not stored again, nor read again', async () => {
  await create()
  const { document } = await create()
  expect(document.snapshot.bytes.added).toBeLessThan(100_000)
  const known = `${folder.cache}/staging/known/files`
  expect((await readFile(known)).toString('latin1')).toContain('a/b/one\0')
})

test('documents that are written and removed while they are read are counted and named', async () => {
  const documents = await installed.documents()
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => writeFile(join(documents, `moving-${index}`), randomBytes(20_000))),
  )
  let goesOn = true
  const stir = async () => {
    for (let at = 0; goesOn; at = (at + 1) % 200) {
      await rm(join(documents, `moving-${at}`), { force: true })
      await writeFile(join(documents, `moving-${at}`), randomBytes(10_000))
      await appendFile(join(documents, 'growing'), 'more\n')
    }
  }
  const stirring = stir()
  const { exitCode } = await create().finally(() => {
    goesOn = false
  })
  await stirring
  expect(exitCode).toBe(0)
  const snapshot = await newest()
  expect(snapshot.refused).toBeNull()
  const [counted] = (await manifestIn(snapshot)).documents
  const { stdout } = await docker(restic(['dump', snapshot.parts.manifest, `${PATHS.unsettled}/files`]))
  expect(counted?.unsettled).toBeGreaterThan(0)
  expect(stdout.split('\n')).toHaveLength(counted?.unsettled ?? 0)
  expect(stdout).toContain(' growing')
  for (const name of await readdir(documents)) if (/^(moving|growing)/.test(name)) await rm(join(documents, name))
})

test('killed at any moment it leaves nothing that runs or counts, and the next one cleans up', async () => {
  await psql(
    `${NAME}-postgres-1`,
    'CREATE TABLE bulk AS SELECT g, md5(g::text) || md5((g * 7)::text) AS t FROM generate_series(1, 1500000) g; ALTER TABLE bulk OWNER TO guestbook',
  )
  const before = await readCatalogue(NAME)
  // Its own words do not match themselves.
  const runs = (room: string, what: string) => async () => {
    const script = `grep -l '[${what[0]}]${what.slice(1)}' /proc/[0-9]*/cmdline`
    return (await docker(['exec', `${NAME}-${room}-job`, 'sh', '-c', script])).stdout !== ''
  }
  const moments = [
    async () => (await rooms()).length > 0,
    async () => (await rooms()).some((name) => name.includes('database')),
    runs('backup-database', 'pg_dump'),
    runs('backup-archive', 'part=files'),
    runs('backup-archive', 'part=manifest'),
  ]
  for (const [number, moment] of moments.entries()) {
    const program = execa('node', [PROGRAM, 'backup', 'create', '--name', NAME], { reject: false })
    await until(`moment ${number}`, moment)
    program.kill('SIGKILL')
    await program
    await until('nothing runs any more', async () => (await rooms()).length === 0)
    expect(
      await psql(
        `${NAME}-postgres-1`,
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'guestbook' AND xact_start IS NOT NULL",
      ),
    ).toBe('0')
    expect(await readCatalogue(NAME)).toEqual(before)
  }
  expect((await create()).exitCode).toBe(0)
  expect(await inArchive()).toEqual(await inCatalogue())
  expect(await readCatalogue(NAME)).toHaveLength(before.length + 1)
  expect(await readdir(join(folder.archive, 'locks'))).toEqual([])
})

test('interrupted it says so, and leaves nothing', async () => {
  const program = execa('node', [PROGRAM, 'backup', 'create', '--name', NAME, '--json'], { reject: false })
  await until('the dump', async () => (await rooms()).some((name) => name.includes('database')))
  program.kill('SIGINT')
  const { exitCode, stdout } = await program
  expect(exitCode).toBe(130)
  expect(JSON.parse(stdout).error.code).toBe('INTERRUPTED')
  expect(await rooms()).toEqual([])
})

test('an empty or much smaller database does not count until somebody says why', async () => {
  const good = await newest()
  await psql(`${NAME}-postgres-1`, 'DROP TABLE bulk')
  const smaller = await create()
  expect(smaller).toMatchObject({ exitCode: 4, document: { error: { code: 'DUMP_TOO_SMALL' } } })
  expect(await newest()).toMatchObject({ refused: 'DUMP_TOO_SMALL' })
  expect(await readCatalogue(NAME)).toContainEqual(good)

  const accepted = await create('--accept-smaller', 'the bulk was a test', '--hold', 'for the audit; of 2026')
  expect(accepted).toMatchObject({
    exitCode: 0,
    document: { snapshot: { refused: null, hold: 'for the audit; of 2026' } },
  })
  await rm(folder.catalogue)
  expect((await create()).exitCode).toBe(0)
  const again = await readCatalogue(NAME)
  expect(again.find(({ run }) => run === accepted.document.snapshot.run)).toMatchObject({
    hold: 'for the audit; of 2026',
    refused: null,
  })
  expect(again.some(({ refused }) => refused === 'DUMP_TOO_SMALL')).toBe(true)
})

test('a damaged pack is found, says which snapshots it hits, and the next backup makes them whole', async () => {
  expect(await installed.json('backup', 'verify', '--all')).toMatchObject({ exitCode: 0, document: { whole: true } })
  expect((await newest()).checkedAt).not.toBeNull()
  const pack = await largestPack()
  const bytes = await readFile(pack)
  bytes.fill(7, 3000, 3008)
  await writeFile(pack, bytes)
  const found = await installed.json('backup', 'verify', '--all')
  expect(found).toMatchObject({ exitCode: 4, document: { whole: false } })
  expect(found.document.hit.length).toBeGreaterThan(0)
  for (const run of found.document.hit)
    expect((await readCatalogue(NAME)).find((one) => one.run === run)).toMatchObject({
      refused: expect.any(String),
      checkedAt: null,
    })

  expect((await create()).exitCode).toBe(0)
  expect(await installed.json('backup', 'verify', (await newest()).run)).toMatchObject({ exitCode: 0 })
})

test('a pack that was cut or is gone does not take the new snapshot with it', async () => {
  for (const harm of [(pack: string) => truncate(pack, 4000), (pack: string) => rm(pack)]) {
    await harm(await largestPack())
    // The first one may lean on what is not there: then it says so, and does not count.
    await create()
    expect((await create()).exitCode).toBe(0)
    expect(await newest()).toMatchObject({ refused: null })
    expect(await installed.json('backup', 'verify', (await newest()).run)).toMatchObject({ exitCode: 0 })
  }
})

test('without its key, or with another one, nothing is done', async () => {
  const key = await readFile(folder.archiveKey, 'utf8')
  const before = await inArchive()
  try {
    await chmod(folder.archiveKey, 0o600)
    await writeFile(folder.archiveKey, 'x'.repeat(43))
    expect(await create()).toMatchObject({ exitCode: 4, document: { error: { code: 'ARCHIVE_KEY_WRONG' } } })
    await rm(folder.archiveKey)
    expect(await create()).toMatchObject({ exitCode: 3, document: { error: { code: 'ARCHIVE_KEY_MISSING' } } })
  } finally {
    await writeFile(folder.archiveKey, key, { mode: 0o400 })
  }
  expect(await inArchive()).toEqual(before)
})

test('what is held in the archive stays held, until it is left to the policy', async () => {
  const { run } = await newest()
  expect(await installed.json('backup', 'hold', run, 'before, the; audit')).toMatchObject({
    document: { changed: true },
  })
  expect(await installed.json('backup', 'hold', run, 'before, the; audit')).toMatchObject({
    document: { changed: false },
  })
  expect(await inArchive()).toEqual(await inCatalogue())
  expect((await newest()).hold).toBe('before, the; audit')
  await installed.json('backup', 'release', run)
  expect((await newest()).hold).toBeNull()
  expect(await inArchive()).toEqual(await inCatalogue())
})
