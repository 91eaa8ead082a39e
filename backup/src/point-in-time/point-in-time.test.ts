import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BackupRefusal } from '../refusal.ts'
import * as commands from './commands.ts'
import { archivingSettings, renderPgBackRest } from './configuration.ts'
import { type Info, parseInfo } from './info.ts'
import { type Listing, parseListing } from './listing.ts'
import { parseRecovery } from './recovery.ts'
import { parseVerify } from './verify.ts'
import { segmentName, segmentOf } from './wal.ts'
import { chooseBase, gapsIn, newestReach, reaches, windowOf } from './window.ts'

/** What pgBackRest 2.60.0 and PostgreSQL 17.12 printed. */
const printed = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8')

const info = () => parseInfo(printed('info.json'))
const whole = () => parseListing(printed('listing.json'))
const without = (gone: number): Listing => ({
  ...whole(),
  segments: whole().segments.filter(({ position }) => position !== gone),
})
const at = (text: string) => new Date(`2026-11-22T${text}Z`)
const code = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof BackupRefusal) return error.code
    throw error
  }
  return 'nothing was thrown'
}

test('bases are read as they were made, oldest first', () => {
  const { bases, ...rest } = info()
  expect(rest).toEqual({ known: true, problem: '', cluster: '7710979761544511507', busy: false })
  expect(bases.map(({ label, type, first, last }) => [label, type, first, last])).toEqual([
    ['20261122-125947F', 'full', 2, 2],
    ['20261122-125947F_20261122-130014I', 'incr', 7, 7],
  ])
  expect(bases[0]?.stop).toEqual(at('12:59:48'))
})

test('a repository that the key does not open is a problem in printable words, and one without a stanza is unknown', () => {
  const { problem, bases } = parseInfo(printed('info-wrong-key.bin'))
  expect(problem).toMatch(/^\[FormatError\] unable to load info file/)
  expect(problem).toMatch(/^[\x20-\x7e]{20,300}$/)
  expect(bases).toEqual([])
  const missing = '[{"name":"appliance","archive":[],"backup":[],"status":{"code":1,"message":"missing stanza path"}}]'
  expect(parseInfo(missing).known).toBe(false)
  expect(parseInfo('[]').known).toBe(false)
})

test('what is no answer is refused and quoted', () => {
  expect(code(() => parseInfo('P00 ERROR: no'))).toBe('POINT_IN_TIME_UNREADABLE')
  expect(code(() => parseListing('[]'))).toBe('POINT_IN_TIME_UNREADABLE')
  expect(() => parseListing('nothing of the kind')).toThrow('nothing of the kind')
})

test('the listing has every segment and the size of everything', () => {
  const { segments, bytes } = whole()
  expect(segments.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(bytes).toBeGreaterThan(4_000_000)
})

test.each([
  ['000000010000000000000002', { timeline: 1, position: 2 }],
  ['0000000A00000001000000FF', { timeline: 10, position: 511 }],
])('%s is a segment and back', (name, segment) => {
  expect(segmentOf(name)).toEqual(segment)
  expect(segmentName(segment)).toBe(name)
})

test.each([
  '00000002.history',
  '000000010000000000000002.00000028.backup',
  '000000010000000000000100',
  '',
])('%s is none', (name) => expect(segmentOf(name)).toBeUndefined())

test('one goes back to any second from the end of the first base to the last segment', () => {
  expect(windowOf(reaches(info(), whole()))).toEqual([{ from: at('12:59:49'), to: at('13:01:15') }])
  expect(gapsIn(info(), whole())).toEqual([])
})

test('a missing segment ends the window, and the base after it begins another', () => {
  const found = reaches(info(), without(4))
  expect(gapsIn(info(), without(4))).toMatchObject([
    { first: '000000010000000000000004', last: '000000010000000000000004', over: true },
  ])
  const [before, after] = windowOf(found)
  expect(before).toEqual({ from: at('12:59:49'), to: at('13:00:07') })
  expect(after?.from).toEqual(at('13:00:16'))
  expect(chooseBase(found, at('13:00:01'), String).label).toBe('20261122-125947F')
  expect(code(() => chooseBase(found, at('13:00:10'), String))).toBe('OUTSIDE_THE_WINDOW')
})

test('a base without its own last segment leads nowhere', () => {
  expect(reaches(info(), without(2)).map(({ base }) => base.type)).toEqual(['incr'])
})

test('what was lost before the first base is nobody’s loss', () => {
  const only: Info = { ...info(), bases: info().bases.slice(1) }
  expect(gapsIn(only, without(4))).toEqual([])
  expect(gapsIn(only, without(8))).toMatchObject([{ over: false }])
})

test('the newest base that was complete by the instant is taken, and none that is younger', () => {
  const found = reaches(info(), whole())
  expect(chooseBase(found, at('13:00:15'), String).type).toBe('full')
  expect(chooseBase(found, at('13:00:16'), String).type).toBe('incr')
  expect(newestReach(found).base.type).toBe('incr')
})

test.each(['12:59:48', '13:01:16'])('%s is outside, and the window is named', (time) => {
  const found = reaches(info(), whole())
  expect(() => chooseBase(found, at(time), (instant) => instant.toISOString().slice(11, 19))).toThrow(
    'from 12:59:49 to 13:01:15',
  )
})

test('with nothing at all one is told so', () => {
  expect(code(() => chooseBase([], at('13:00:00'), String))).toBe('OUTSIDE_THE_WINDOW')
  expect(code(() => newestReach([]))).toBe('OUTSIDE_THE_WINDOW')
})

test('another timeline is another life: its segments carry no base of the first on', () => {
  const { segments, bytes } = whole()
  const forked = segments.map((segment) => (segment.position > 7 ? { ...segment, timeline: 2 } : segment))
  expect(windowOf(reaches(info(), { bytes, segments: forked }))[0]?.to).toEqual(at('13:00:16'))
})

test('verify counts by what it says, not by how it ended', () => {
  expect(parseVerify(printed('verify-ok.txt'), 0)).toEqual({ ok: true, problems: [] })
  const { ok, problems } = parseVerify(printed('verify-damaged.txt'), 0)
  expect(ok).toBe(false)
  expect(problems.join('\n')).toContain('000000010000000000000004')
  expect(problems.join('\n')).toContain("invalid checksum '20261122-125947F/bundle/1'")
  expect(parseVerify(printed('verify-wrong-key.txt'), 0).problems).toContain('No usable backup.info file')
  expect(parseVerify('', 0).ok).toBe(false)
  expect(parseVerify(printed('verify-ok.txt'), 50).ok).toBe(false)
  expect(parseVerify(printed('verify-ok.txt').replaceAll('checksum invalid: 0', 'checksum invalid: 3'), 0).ok).toBe(
    false,
  )
})

test('how far a recovery got is read from what the server said', () => {
  expect(parseRecovery(printed('recovery.txt'))).toEqual({
    outcome: 'stopped',
    last: new Date('2026-11-22T13:06:15.645Z'),
    said: '',
  })
  const short = parseRecovery(printed('recovery-short.txt'))
  expect(short.outcome).toBe('short')
  expect(short.last).toBeInstanceOf(Date)
  expect(parseRecovery('FATAL:  could not locate required checkpoint record')).toEqual({
    outcome: 'failed',
    last: null,
    said: 'could not locate required checkpoint record',
  })
})

test('a restore names its base, its timeline and its instant in UTC', () => {
  const words = commands.restore('20261122-125947F', new Date('2026-11-22T13:06:16.250Z'))
  expect(words).toContain('--set=20261122-125947F')
  expect(words).toContain('--target-timeline=current')
  expect(words).toContain('--target=2026-11-22 13:06:16.250000+00')
  expect(commands.restore('20261122-125947F', 'latest').join(' ')).not.toContain('--type')
})

test('the configuration has no secret, and the same limit in both places', () => {
  expect(renderPgBackRest({ limitBytes: 77 })).toContain('archive-push-queue-max=77B\n')
  expect(renderPgBackRest()).not.toContain('pass')
  expect(archivingSettings({ limitBytes: 77 })['archive_command']).toBe(
    'archive-wal 77 pgbackrest --stanza=appliance archive-push "%p" || test $? = 127',
  )
})
