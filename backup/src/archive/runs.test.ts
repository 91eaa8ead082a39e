import { expect, test } from 'vitest'
import { check, dump, exactly, type Place, restore } from './commands.ts'
import { failure } from './failure.ts'
import type { ArchiveSnapshot } from './messages.ts'
import { holdTag, refusedTag, runsOf, tagsOf, unfinishedParts } from './runs.ts'

const [A, B] = ['20261122T013000Z-3f9a1c', '20261123T013000Z-000000']
const AT = new Date('2026-11-22T01:30:00Z')

let made = 0
const part = (run: string, name: 'database' | 'files' | 'manifest', more: readonly string[] = []): ArchiveSnapshot => ({
  ...{ id: `${name}-${++made}`, original: `${name}-${made}`, at: AT, host: 'erp', paths: [], bytes: 10, added: 5 },
  tags: [...tagsOf(run, 'scheduled', name), ...more],
})

test('a run is whole with all its parts, whatever the order of them and of their tags', () => {
  const parts = [part(A, 'manifest'), part(A, 'files'), part(A, 'database')].map((one) => ({
    ...one,
    tags: one.tags.toReversed(),
  }))
  expect(runsOf(parts)).toMatchObject([{ run: A, kind: 'scheduled', hold: null, refused: null, added: 15 }])
  expect(unfinishedParts(parts)).toEqual([])
})

test('a run that was copied is still known by what its manifest names', () => {
  const parts = [part(A, 'database'), part(A, 'files'), part(A, 'manifest')]
  const copied = parts.map((one) => ({ ...one, id: `copy-of-${one.id}` }))

  const [here] = runsOf(parts)
  expect(runsOf(copied)).toMatchObject([{ originals: here?.parts }])
  expect(runsOf(copied)[0]?.parts).not.toEqual(here?.parts)
})

test('a run that a newer version made is not known, and is not removed either', () => {
  const newer = (['database', 'files', 'manifest'] as const).map((name) => ({
    ...part(A, name),
    tags: [`run=${A}`, `part=${name}`, 'kind=pre-move'],
  }))
  expect(runsOf(newer)).toEqual([])
  expect(unfinishedParts(newer)).toEqual([])
})

test.each(['database', 'files', 'manifest'] as const)('without %s there is no run, and the rest may go', (missing) => {
  const kept = (['database', 'files', 'manifest'] as const).filter((name) => name !== missing)
  const parts = [...kept.map((name) => part(A, name)), part(B, 'database'), part(B, 'files'), part(B, 'manifest')]
  expect(runsOf(parts).map(({ run }) => run)).toEqual([B])
  expect(unfinishedParts(parts)).toEqual(parts.slice(0, 2).map(({ id }) => id))
})

test('what does not carry our tags is nobody’s to remove', () => {
  const foreign = { ...part(A, 'files'), tags: ['run=yesterday', 'mine'] }
  expect(unfinishedParts([foreign, { ...foreign, tags: [] }])).toEqual([])
})

test('why a snapshot is held comes through a tag whole: commas end one', () => {
  const reason = 'before the audit, of “2026”; = ä\\'
  const parts = [
    part(A, 'database'),
    part(A, 'files'),
    part(A, 'manifest', [holdTag(reason), refusedTag('DUMP_EMPTY')]),
  ]
  expect(holdTag(reason)).not.toMatch(/[,\s]/)
  expect(runsOf(parts)).toMatchObject([{ hold: reason, refused: 'DUMP_EMPTY' }])
})

const HERE: Place = { repository: '/repository', passwordFile: '/key', cache: '/cache' }

test('a path given as a pattern means that path alone', () => {
  expect(exactly('/a/[draft]*?\\x')).toBe('/a/\\[draft\\]\\*\\?\\\\x')
})

test('what begins with a dash is never an option', () => {
  for (const command of [dump(HERE, '--help', '-x'), restore(HERE, '-x', [], '/t')])
    expect(command.indexOf('--')).toBeLessThan(command.findIndex((word) => ['--help', '-x'].includes(word)))
})

test('a place that is only read from gets no lock', () => {
  expect(check({ ...HERE, readOnly: true }, 'all')).toContain('--no-lock')
  expect(check(HERE, 'all')).not.toContain('--no-lock')
})

test.each([
  [1, 'ARCHIVE_FAILED', 'failed', ''],
  [1, 'DISK_FULL', 'failed', 'write /repository/tmp: no space left on device'],
  [3, 'FILES_UNREADABLE', 'failed', ''],
  [10, 'NO_ARCHIVE', 'missing', ''],
  [11, 'ARCHIVE_LOCKED', 'failed', ''],
  [12, 'ARCHIVE_KEY_WRONG', 'unverified', ''],
  [130, 'INTERRUPTED', 'failed', ''],
  [137, 'ARCHIVE_FAILED', 'failed', ''],
] as const)('exit code %i is %s', (exitCode, code, kind, said) => {
  expect(failure(exitCode, said, 'Trying it')).toMatchObject({ code, kind, hint: expect.stringMatching(/\w/) })
  expect(failure(exitCode, said, 'Trying it').message).toMatch(/^Trying it failed: .+/)
})
