import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LicenceRefusal } from '../refusal.ts'
import { parseTerms, TERMS_MAX_BYTES } from './parse-terms.ts'
import { terminationDay } from './termination.ts'

const FOLDER = join(import.meta.dirname, '../../terms')
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8')

test('there is a profile for each of the five contracts', () => {
  expect(files.toSorted()).toEqual([
    'active-users-tiered.yaml',
    'erp-on-premises.yaml',
    'hrm-subscription.yaml',
    'invoicing-prepaid.yaml',
    'managed-hosting.yaml',
  ])
})

describe.each(files)('%s', (file) => {
  const terms = parseTerms(read(file))

  test('is named after its file', () => {
    expect(`${terms.name}.yaml`).toBe(file)
  })

  test('every notice is used', () => {
    const used = [
      ...terms.tracks.flatMap(({ stages }) => stages.map(({ notice }) => notice)),
      ...Object.values(terms.limits).map((rule) => rule?.notice),
      ...terms.fairUse.map(({ notice }) => notice),
    ]
    expect(Object.keys(terms.notices).filter((id) => !used.includes(id))).toEqual([])
  })

  test('both languages speak of the same things', () => {
    const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted()
    for (const { texts } of Object.values(terms.notices)) {
      expect(names(texts.sl.text)).toEqual(names(texts.en.text))
    }
  })

  test('whoever is kept out, or kept from writing, can take the data along: nothing is purged before it was said', () => {
    for (const { stages } of terms.tracks) {
      const purge = stages.findIndex(({ effects }) => effects.purge)
      const before = stages.slice(0, Math.max(purge, 0))
      if (purge >= 0) expect(before.some(({ effects }) => effects.readOnly || effects.blocked)).toBe(true)
    }
  })
})

describe('what is wrong is named with its line', () => {
  const good = read('erp-on-premises.yaml')
  const broken = (from: string | RegExp, to: string) => {
    const text = good.replace(from, to)
    expect(text).not.toBe(good)
    return text
  }

  test.each([
    ['an unknown key', broken('timezone:', 'timezon: x\ntimezone:'), /line 5, timezon is not known here/],
    [
      'an unknown state',
      broken('state: suspended', 'state: paused'),
      /line \d+, tracks\.0\.stages\.1\.state must be one of/,
    ],
    [
      'an unknown behaviour',
      broken('behaviour: warn', 'behaviour: punish'),
      /limits\.installations\.behaviour must be one of: refuse, warn, count/,
    ],
    ['an unknown anchor', broken('anchor: paidThrough', 'anchor: fullMoon'), /tracks\.0\.anchor must be one of/],
    ['an unknown page', broken('blocked: suspended', 'blocked: somewhere'), /effects\.blocked must be one of/],
    ['a zone that is none', broken('Europe/Ljubljana', 'Europe/Atlantis'), /line 5, timezone is no time zone/],
    [
      'a notice that is not there',
      broken('notice: rent-reminder', 'notice: rent-remainder'),
      /names a notice that is not there: rent-remainder/,
    ],
    [
      'a stage that skips the notice before it',
      broken('after: { notice: rent-reminder }\n', '\n'),
      /tracks\.0\.stages\.1\.id is harder, but does not wait for “rent-reminder”/,
    ],
    [
      'a wait for what nobody says',
      broken('after: { notice: rent-reminder }', 'after: { notice: term-ends }'),
      /waits for “term-ends”, which no stage before it says/,
    ],
    ['stages that go back', broken('state: terminated', 'state: notice'), /is milder than “suspended”/],
    ['days that go back', broken('days: 53', 'days: 13'), /days is sooner than the stage before/],
    ['two stages of one name', broken('id: rescinded', 'id: suspended'), /names a second stage/],
    ['two tracks of one name', broken('name: term\n', 'name: rent-overdue\n'), /names a second track/],
    [
      'a placeholder that nobody fills',
      broken('{paidThrough} and overdue', '{paidTrough} and overdue'),
      /unknown placeholder \{paidTrough\}/,
    ],
    [
      'a language that is missing',
      broken(/ {6}sl:\n.*\n.*\n/, ''),
      /notices\.rent-reminder\.texts\.sl must be given, as object/,
    ],
    [
      'a language that nobody speaks',
      broken(/ {6}en:\n/, '      e_n: { title: a, text: b }\n      en:\n'),
      /texts\.e_n is no language tag/,
    ],
    [
      'a stage without a text',
      broken(/ {8}text: The rent is paid through .paidThrough. and overdue.*\n/, ''),
      /tracks\.0\.stages\.0\.text must be given, as string/,
    ],
    [
      'a clause that YAML takes for a number',
      broken('clause: "3.4"', 'clause: 3.4'),
      /tracks\.0\.stages\.2\.clause must be given, as string/,
    ],
    [
      'fair use in a unit that no meter counts',
      broken('maintenance:\n', 'fairUse: [{ what: a, max: 1, unit: parsecs, meter: a, clause: "1" }]\nmaintenance:\n'),
      /fairUse\.0\.unit cannot be counted by a meter; units are: bytes, kB/,
    ],
    [
      'a meter for each single file',
      broken(
        'maintenance:\n',
        'fairUse: [{ what: a, max: 1, unit: MB, each: file, meter: a, clause: "1" }]\nmaintenance:\n',
      ),
      /fairUse\.0\.each cannot be counted by a meter/,
    ],
    [
      'fair use with a notice that is not there',
      broken('maintenance:\n', 'fairUse: [{ what: a, max: 1, unit: MB, notice: b, clause: "1" }]\nmaintenance:\n'),
      /fairUse\.0\.notice names a notice that is not there: b/,
    ],
    [
      'a penalty that is no number of times',
      broken('penaltyTimes: 10', 'penaltyTimes: 0'),
      /excess\.penaltyTimes must be at/,
    ],
    ['no YAML', 'name: [', /line \d+: /],
    ['an alias', broken('name: erp-on-premises', 'name: &a erp-on-premises\ntitle2: *a'), /cannot be read: .*alias/i],
    ['a list', '- a', /line 1, the profile must be given, as object/],
    ['nothing', '', /the profile must be given, as object/],
    ['too much', `${good}#${'x'.repeat(TERMS_MAX_BYTES)}`, /larger than 65536 bytes/],
  ])('%s', (_, text, message) => {
    const attempt = () => parseTerms(text)

    expect(attempt).toThrow(LicenceRefusal)
    expect(attempt).toThrow(message)
    expect(attempt).toThrow(expect.objectContaining({ code: 'TERMS_INVALID' }))
  })
})

test('fair use that no meter counts may be of any unit', () => {
  const text = `${read('erp-on-premises.yaml')}fairUse: [{ what: patience, max: 1, unit: parsecs, clause: "1" }]\n`

  expect(parseTerms(text).fairUse).toEqual([{ what: 'patience', max: 1, unit: 'parsecs', clause: '1' }])
})

test.each([
  ['hrm-subscription.yaml', '2026-01-10T10:00:00Z', '2026-02-28', '30 days, then the end of that month'],
  ['hrm-subscription.yaml', '2026-01-29T10:00:00Z', '2026-02-28', '30 days end on the last day of February'],
  ['hrm-subscription.yaml', '2026-01-30T10:00:00Z', '2026-03-31', '30 days end on 1 March'],
  ['hrm-subscription.yaml', '2026-01-29T23:30:00Z', '2026-03-31', 'the day is that of the contract’s zone'],
  ['active-users-tiered.yaml', '2026-11-30T10:00:00Z', '2027-02-28', '3 months'],
  ['managed-hosting.yaml', '2028-01-30T10:00:00Z', '2028-02-29', '30 days, in a leap year'],
  ['erp-on-premises.yaml', '2026-05-04T10:00:00Z', '2026-05-04', 'no period'],
])('by %s notice given at %s ends the contract with %s: %s', (file, given, day) => {
  expect(terminationDay(parseTerms(read(file)), Date.parse(given))).toBe(day)
})
