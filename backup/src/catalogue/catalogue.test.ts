import { describe, expect, test } from 'vitest'
import { BackupRefusal } from '../refusal.ts'
import { snapshotAt } from '../snapshots.fixture.ts'
import { catalogueText, findSnapshot, parseCatalogue, readableIn } from './index.ts'

const first = snapshotAt('2026-11-19T01:30:00Z')
const second = snapshotAt('2026-11-20T01:30:00.500Z')
const bad = snapshotAt('2026-11-21T01:30:00Z', { refused: 'DUMP_TOO_SMALL' })
const all = [bad, first, second]

const refusal = (work: () => unknown): Pick<BackupRefusal, 'code' | 'kind' | 'message'> => {
  try {
    work()
  } catch (error) {
    if (error instanceof BackupRefusal) return { code: error.code, kind: error.kind, message: error.message }
    throw error
  }
  throw new Error('It was taken.')
}

describe('the text of a catalogue', () => {
  test('is read as it was written, oldest first', () => {
    expect(parseCatalogue(catalogueText(all))).toEqual([first, second, bad])
    expect(parseCatalogue('')).toEqual([])
  })

  test('orders by instants, not by how they are written', () => {
    const whole = { ...snapshotAt('2026-11-20T01:30:00Z'), at: '2026-11-20T01:30:00Z' }

    expect(parseCatalogue(catalogueText([second, whole]))).toEqual([whole, second])
  })

  test.each([
    ['{"run":', 'it is not JSON'],
    ['null', 'it is not as it must be'],
    ['[]', 'it is not as it must be'],
    [JSON.stringify({ ...first, kind: 'other' }), 'kind is not as it must be'],
    [JSON.stringify({ ...first, run: '../../etc/passwd' }), 'run is not as it must be'],
    [JSON.stringify({ ...first, bytes: { ...first.bytes, dump: -1 } }), 'bytes.dump is not as it must be'],
    [JSON.stringify({ ...first, at: 'yesterday' }), 'at is not as it must be'],
    [JSON.stringify({ ...first, also: 1 }), 'it is not as it must be'],
    ['', 'it is not JSON'],
    [`"${'x'.repeat(9000)}"`, 'it is longer than 8000 characters'],
  ])('that is broken in a line is not read, and the line named: %#', (line, why) => {
    const text = `${JSON.stringify(second)}\n${line}\n${JSON.stringify(bad)}\n`

    expect(refusal(() => parseCatalogue(text))).toEqual({
      ...{ code: 'CATALOGUE_BROKEN', kind: 'unverified' },
      message: `The catalogue of snapshots is broken in line 2: ${why}.`,
    })
  })

  test('has every run once', () => {
    const text = catalogueText([first]) + catalogueText([first])

    expect(refusal(() => parseCatalogue(text)).message).toContain(`line 2: ${first.run} is in it twice`)
  })

  test('was cut in its last line', () => {
    const text = catalogueText(all).slice(0, -20)

    expect(refusal(() => parseCatalogue(text)).message).toContain('line 3')
  })

  test('of ten thousand snapshots is one', () => {
    const many = Array.from({ length: 10_000 }, (_, hour) => snapshotAt(new Date(hour * 3_600_000)))

    expect(parseCatalogue(catalogueText(many))).toEqual(many)
  })
})

describe('the snapshot that is meant', () => {
  test('by its name or the beginning of it, also when it does not count', () => {
    expect(findSnapshot(all, { name: first.run })).toBe(first)
    expect(findSnapshot(all, { name: '20261121' })).toBe(bad)
  })

  test('by `latest`: the newest that counts', () => {
    expect(findSnapshot(all, { name: 'latest' })).toBe(second)
  })

  test('by an instant: the newest that counts, of then or before', () => {
    expect(findSnapshot(all, { at: new Date('2026-11-21T09:00:00Z') })).toBe(second)
    expect(findSnapshot(all, { at: new Date('2026-11-20T01:30:00.500Z') })).toBe(second)
    expect(findSnapshot(all, { at: new Date('2026-11-20T01:30:00.499Z') })).toBe(first)
  })

  test.each([
    ['another name', { name: '2025' }, all],
    ['no name', { name: '' }, all],
    ['latest, when none counts', { name: 'latest' }, [bad]],
    ['an instant before all', { at: new Date('2026-11-19T01:29:59Z') }, all],
    ['an instant, when there is none', { at: new Date() }, []],
  ])('is not there: %s', (_, selector, snapshots) => {
    expect(refusal(() => findSnapshot(snapshots, selector))).toMatchObject({
      ...{ code: 'SNAPSHOT_UNKNOWN', kind: 'missing' },
    })
  })

  test('is not clear when several begin so', () => {
    expect(refusal(() => findSnapshot(all, { name: '2026112' }))).toMatchObject({
      ...{ code: 'SNAPSHOT_AMBIGUOUS', kind: 'usage' },
    })
  })
})

test('of a broken catalogue what can be read is found, each run once', () => {
  const text = `${catalogueText([second])}{"run":\n${catalogueText([first])}${catalogueText([{ ...first, seconds: 5 }])}${catalogueText([bad]).slice(0, -9)}`

  expect(readableIn(text)).toEqual([first, second])
  expect(readableIn('\0\0\0')).toEqual([])
})
