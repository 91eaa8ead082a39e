import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Snapshot } from '@domicile/backup/snapshot'
import { layoutOf } from '@domicile/stacks/plan'
import { execa } from 'execa'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readCatalogue } from '../catalogue.ts'
import { Installed, PROGRAM } from './drilled.fixture.ts'

/** Real drills of real snapshots of an installed appliance: what is equal is proven, and whatever is not is named. */

const NAME = 't-tried'
const installed = new Installed(NAME)

beforeAll(async () => {
  await installed.start()
  await installed.sql("INSERT INTO entry (name, message) SELECT 'n' || i, 'hello ' || i FROM generate_series(1, 500) i")
  const folder = await installed.documents()
  await mkdir(join(folder, '2026'))
  for (const path of ['2026/one two.txt', 'näme', 'a\\b\nc']) await writeFile(join(folder, path), `in ${path}`)
  await symlink('näme', join(folder, 'link'))
  await chown(folder, 8500, 8500)
})
afterAll(() => installed[Symbol.asyncDispose]())
afterEach(async () => {
  expect(await installed.remains()).toEqual([])
})

const drill = (snapshot?: Snapshot) => installed.json('backup', 'drill', ...(snapshot ? [snapshot.run] : []))
const known = async ({ run }: Snapshot) => (await readCatalogue(NAME)).find((one) => one.run === run)

test('a snapshot is restored, is what it was, and the application runs on it', async () => {
  const snapshot = await installed.snapshot()
  await installed.sql("INSERT INTO entry (name, message) VALUES ('later', 'not in the snapshot')")
  const { exitCode, document } = await drill()

  expect(document).toMatchObject({
    ...{ run: snapshot.run, verdict: 'proven', codes: [], problems: [], application: 'healthy', from: 'archive' },
    compared: {
      tables: { compared: 1, differ: 0 },
      rows: 500,
      sequences: { compared: 1, differ: 0 },
      invariants: { compared: 2, differ: 0 },
      documents: { compared: 3, differ: 0 },
    },
  })
  expect(exitCode).toBe(0)
  expect(document.recoverySeconds).toBeGreaterThan(0)
  expect(await known(snapshot)).toMatchObject({ refused: null, provenAt: expect.any(String) })
  // What was only in the copy is not in what runs.
  expect(await installed.sql("SELECT count(*) FROM entry WHERE name = 'later'")).toBe('1')
})

test('a row that was changed in the dump is named, and the snapshot does not count any more', async () => {
  const snapshot = await installed.snapshot()
  await installed.replaceDump(snapshot, "sed 's/^\\(.*\\)hello 17\\t/\\1hello 71\\t/'")
  const { exitCode, document } = await drill(snapshot)

  expect(exitCode).toBe(4)
  expect(document).toMatchObject({ verdict: 'failed', codes: ['SUM_DIFFERS'], application: 'healthy' })
  expect(document.problems[0].text).toContain('public.entry')
  expect(await known(snapshot)).toMatchObject({ refused: 'DRILL_FAILED', provenAt: null })
  const { document: status } = await installed.json('status')
  expect(status.backup.lastProof).not.toBeNull()
})

test('a dump with rows less is named with both numbers', async () => {
  const snapshot = await installed.snapshot()
  await installed.replaceDump(snapshot, "sed '/hello 4[0-9]\\t/d'")
  const { exitCode, document } = await drill(snapshot)

  expect(exitCode).toBe(4)
  expect(document.codes).toEqual(['INVARIANT_DIFFERS', 'ROWS_DIFFER'])
  expect(document.problems.map(({ text }: { text: string }) => text)).toContainEqual(
    expect.stringMatching(/public\.entry has 49\d rows; the snapshot had 50\d/),
  )
})

test('a dump that was cut within its rows, which PostgreSQL takes, is named by what is missing', async () => {
  const snapshot = await installed.snapshot()
  await installed.replaceDump(snapshot, "sed '/hello 250\\t/,$d'")
  const { exitCode, document } = await drill(snapshot)

  expect(exitCode).toBe(4)
  expect(document.codes).toContain('ROWS_DIFFER')
})

test('a dump that PostgreSQL refuses is named with what it said', async () => {
  const snapshot = await installed.snapshot()
  await installed.replaceDump(snapshot, "sed 's/^CREATE TABLE/CREATE TABEL/'")
  const { exitCode, document } = await drill(snapshot)

  expect(exitCode).toBe(4)
  expect(document).toMatchObject({ codes: ['DUMP_NOT_LOADED'], application: 'not-tried', recoverySeconds: null })
  expect(document.problems[0].text).toContain('syntax error at or near "TABEL"')
})

test('documents that are changed, gone or strange are named one by one', async () => {
  const snapshot = await installed.snapshot()
  const folder = 'cd documents/files'
  await installed.replaceFiles(snapshot, `${folder} && printf x >> näme && rm "2026/one two.txt" && touch strange`)
  const { exitCode, document } = await drill(snapshot)

  expect(exitCode).toBe(4)
  expect(document.codes).toEqual(['DOCUMENT_DIFFERS'])
  expect(document.compared.documents).toEqual({ compared: 3, differ: 3 })
  const texts = document.problems.map(({ text }: { text: string }) => text)
  expect(texts).toEqual(
    expect.arrayContaining([
      'The document files/näme is changed.',
      'The document files/2026/one two.txt is missing.',
      'The document files/strange is unexpected.',
    ]),
  )
})

test('secrets that are not in a snapshot are missed', async () => {
  const snapshot = await installed.snapshot()
  await installed.replaceFiles(snapshot, 'rm state/secrets/database_password')
  const { exitCode, document } = await drill(snapshot)

  expect(exitCode).toBe(4)
  expect(document.codes).toEqual(['SECRET_MISSING'])
  expect(document.problems[0].text).toContain('database_password')
})

test('an application that does not come up is named with what it printed', async () => {
  const snapshot = await installed.snapshot()
  const path = `${layoutOf(NAME).lib}/release/stack/compose.yaml`
  const compose = await readFile(path, 'utf8')
  await writeFile(path, compose.replace('command: [serve]', 'command: [no-such-thing]'))
  try {
    const { exitCode, document } = await drill(snapshot)

    expect(exitCode).toBe(4)
    expect(document).toMatchObject({ codes: ['APPLICATION_NOT_HEALTHY'], application: 'failed', recoverySeconds: null })
    expect(document.problems[0].text).toContain('usage: guestbook.py')
  } finally {
    await writeFile(path, compose)
  }
  // The next one refutes it.
  expect((await drill(snapshot)).exitCode).toBe(0)
  expect(await known(snapshot)).toMatchObject({ refused: null, provenAt: expect.any(String) })
})

test('a drill that is killed leaves no proof, and the next one removes what it left', async () => {
  const snapshot = await installed.snapshot()
  const before = (await installed.json('backup', 'report')).document.proofs.length
  const killed = execa('node', [PROGRAM, 'backup', 'drill', '--name', NAME], { reject: false })
  await expect
    .poll(() => installed.remains(), { timeout: 60_000, interval: 100 })
    .toContain(`${NAME}-drill-postgres-job`)
  killed.kill('SIGKILL')
  await killed

  expect(existsSync(`${layoutOf(NAME).lib}/backup/drill`)).toBe(true)
  expect(await known(snapshot)).toMatchObject({ refused: null, provenAt: null })
  expect((await drill()).exitCode).toBe(0)
  expect((await installed.json('backup', 'report')).document.proofs).toHaveLength(before + 1)
})

test('a drill that is interrupted cleans up behind itself', async () => {
  await installed.snapshot()
  const asked = execa('node', [PROGRAM, 'backup', 'drill', '--name', NAME], { reject: false })
  await expect
    .poll(() => installed.remains(), { timeout: 60_000, interval: 100 })
    .toContain(`${NAME}-drill-postgres-job`)
  asked.kill('SIGTERM')

  expect((await asked).exitCode).toBe(130)
})

test('the year of proofs holds, and anybody with the key can verify it', async () => {
  const folder = await installed.documents()
  const file = join(folder, '../proofs.txt')
  const { exitCode, document } = await installed.json('backup', 'report', '--out', file)
  expect(exitCode).toBe(0)
  expect(document.findings).toEqual([])
  expect(document.proofs.map(({ number }: { number: number }) => number)).toEqual(
    document.proofs.map((_: unknown, index: number) => index + 1),
  )

  const lines = (await readFile(file, 'utf8')).split('\n')
  await writeFile(file, [...lines.slice(0, 1), ...lines.slice(2)].join('\n'))
  const verified = await installed.json('backup', 'report', '--verify', file)
  expect(verified.exitCode).toBe(4)
  expect(verified.document.findings).toEqual([{ line: 2, code: 'PROOF_MISSING', message: 'Proof 2 is missing.' }])
})
