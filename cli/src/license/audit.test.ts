import { hash } from 'node:crypto'
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditReport } from '@domicile/license/audit'
import type { LicenceClaims } from '@domicile/license/document'
import { samplesText } from '@domicile/license/testing/ledger/ledger'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fairUseReport, HOSTILE, weekReport } from './audit.fixture.ts'
import { auditCsv } from './audit-csv.ts'
import { explain } from './audit-explain.ts'
import { auditHtml } from './audit-html.ts'
import { takeReport } from './audit-take.ts'
import { auditText } from './audit-text.ts'
import { minutesInWords } from './audit-words.ts'

const week = await weekReport()

describe('on a terminal', () => {
  test('an audit says who used what, when it was too much and what is missing', async () => {
    const text = auditText(week).replace(/its end [0-9a-f]+/, 'its end …')

    await expect(`${text}\n`).toMatchFileSnapshot(join(import.meta.dirname, 'golden/audit-week.txt'))
  })

  test('fair use is held against what was counted', async () => {
    const text = auditText(await fairUseReport())

    expect(text).toMatch(/database +6\.4 +at most +12 GB +10 GB +2 GB/)
    expect(text).toMatch(/transfer to the customer +6\.4 +2026-05 +1\.5 GB +1 GB +500 MB/)
  })

  test('a licence that names one installation licenses no other, and none is none yet', async () => {
    const { licences } = week
    const claims = { ...licences[0]?.claims, installation: null } as LicenceClaims
    const free = { ...week, licences: [{ from: '2026-05-10T22:00:00.000Z', claims }] }
    const withoutNumber = { ...week.figures, installations: { licensed: null, reporting: 1 } as const }

    expect(auditText(week)).toContain('production; licensed: 2 installations\n')
    expect(auditText({ ...week, figures: withoutNumber })).toContain('production; licensed: this installation\n')
    expect(auditText({ ...free, figures: withoutNumber })).toContain('licensed: no number of installations is named\n')
    expect(auditText({ ...week, licences: [], figures: withoutNumber })).toContain('production; no licence yet\n')
  })

  test('what does not hold is named at the end', () => {
    const findings = [{ code: 'HOURS_CHANGED', day: '2026-05-13', message: 'They are others.' }] as const

    expect(auditText({ ...week, findings })).toMatch(
      /1 finding; .*\n {2}HOURS_CHANGED \(2026-05-13\): They are others\.$/,
    )
  })

  test.each([
    [0, '0 min'],
    [59, '59 min'],
    [60, '1 h'],
    [200, '3 h 20 min'],
    [2879, '47 h 59 min'],
    [2880, '2 days'],
    [6000, '4 days 4 h'],
  ])('%i minutes are %s', (minutes, words) => {
    expect(minutesInWords(minutes)).toBe(words)
  })
})

describe('as a page', () => {
  test('is the same whoever makes it, and needs nothing else', () => {
    const page = auditHtml(week)

    expect(auditHtml(structuredClone(week))).toBe(page)
    expect(page).not.toMatch(/<script|<link|<img|https?:|\bsrc=|url\(|@import/)
    expect(page.match(/<figure>/g)).toHaveLength(3)
    for (const tag of ['main', 'table', 'section', 'svg', 'figure', 'tr', 'dl']) {
      expect(page.match(new RegExp(`<${tag}[ >]`, 'g'))).toHaveLength(
        page.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0,
      )
    }
  })

  test('shows the figures that the terminal shows', () => {
    const words = auditHtml(week).replaceAll(/<[^>]+>/g, ' ')

    for (const part of [
      '2 h in 1 stretch',
      '45 min in 1 stretch',
      '2026-05-13 10:00',
      '5 users, from 2026-01-01',
      '10,020 of 10,080',
    ])
      expect(words).toContain(part)
  })

  test('draws each level as steps, its limit, and in red what is above it', () => {
    const [users = '', sessions = ''] = auditHtml(week).split('<figure>').slice(1)
    const red = (figure: string) => figure.match(/<path d="([^"]+)" fill="#e8a09a"/)?.[1]?.match(/M/g)?.length ?? 0
    // Two hours of users, one of sessions, drawn by the hour.
    expect([red(users), red(sessions)]).toEqual([2, 1])
    expect(users).toContain('limit 10')
    // The line breaks where nothing was counted.
    expect(users.match(/<path d="(M[^"]+)" fill="none" stroke="#2f6f9f"/)?.[1]?.match(/M/g)).toHaveLength(2)
  })

  test('names nobody’s limit where there is none, and draws nothing of what was not counted', () => {
    const { figures } = week
    const bare = {
      ...week,
      licences: [],
      figures: { ...figures, users: null, sessions: null, contract: null, covered: null, modules: {}, meters: {} },
    }

    expect(auditHtml(bare as AuditReport)).not.toContain('<figure>')
    expect(auditText(bare as AuditReport)).toContain('nothing in this period')
    expect(auditCsv({ ...week, evidence: { ...week.evidence, days: [] } })).toMatch(/^hour,[^\n]+\r\n$/)
  })

  test('whatever titles, queries, names and findings say is text on it', async () => {
    const report = await weekReport({
      descriptions: HOSTILE,
      licence: { customer: { name: '"><svg onload=alert(1)> & sons', taxNumber: 'SI1' } },
    })
    const gaps = [{ ...week.figures.gaps[0], from: 'no instant', reason: '<b onclick=x>' }]
    const findings = [{ code: 'HOURS_CHANGED', day: null, message: '<i>“’"</i>' }]
    const page = auditHtml({ ...report, findings, figures: { ...report.figures, gaps } } as AuditReport)

    expect(page).not.toMatch(/<script|<img|<b |<i>|onload=alert\(1\)>/)
    expect(page).toContain('&lt;script&gt;')
    expect(page).toContain('a &lt; 1 and b &gt; 2')
  })
})

describe('as rows', () => {
  const [head = [], ...rows] = auditCsv(week)
    .split('\r\n')
    .slice(0, -1)
    .map((line) => line.split(','))
  const column = (row: readonly string[], name: string) => row[head.indexOf(name)] ?? ''
  const of = (meter: string) => rows.filter((row) => column(row, 'meter') === meter)

  test('every row is whole, and begins within the period', () => {
    expect(rows.every((row) => row.length === head.length)).toBe(true)
    expect([column(rows[0] ?? [], 'hour'), column(rows[0] ?? [], 'hour_utc')]).toEqual([
      '2026-05-11 00:00',
      '2026-05-10T22:00Z',
    ])
    expect(column(rows.at(-1) ?? [], 'hour')).toBe('2026-05-17 23:00')
  })

  test('they add up to the figures', () => {
    const sum = (meter: string, name: string) => of(meter).reduce((total, row) => total + Number(column(row, name)), 0)
    const { users, sessions, modules } = week.figures

    expect(sum('users', 'minutes_over')).toBe(users?.overMinutes)
    expect(sum('users', 'minutes_known')).toBe(users?.knownMinutes)
    expect(Math.max(...of('sessions').map((row) => Number(column(row, 'greatest'))))).toBe(sessions?.peak?.value)
    expect(sum('sale.transactions', 'count')).toBe(modules['sale']?.transactions?.total)
  })

  test('an hour that was counted twice is in them once, as in the figures', () => {
    const [flow] = week.evidence.days.flatMap(({ flows }) => flows)
    const days = week.evidence.days.map((day) => ({ ...day, flows: [...day.flows, ...(flow ? [flow] : [])] }))
    const twice = auditCsv({ ...week, evidence: { ...week.evidence, days } })

    const sorted = (text: string) => text.split('\r\n').sort()
    expect(sorted(twice)).toEqual(sorted(auditCsv(week)))
  })
})

describe('explained', () => {
  const lines = samplesText([
    { day: '2026-05-13', levels: ['users', 'sessions'], counts: [], limits: {} },
    [480, 12, 2],
    [481, 12, 2],
    [482, 12, 6],
    [483, 12, null],
    [539, 12, 2],
  ])
    .split('\n')
    .slice(0, -1)
  const asked: unknown[] = []
  const samples = async (hour: unknown) => {
    asked.push(hour)
    return lines
  }

  test('a level: its minutes around the greatest, in the time of the contract', async () => {
    const text = await explain(week, 'sessions', samples)

    expect(asked.splice(0)).toEqual([{ day: '2026-05-13', hour: 8 }])
    expect(text).toBe(
      [
        'sessions: Concurrent sessions',
        '  Counted by the appliance itself, once a minute.',
        '  Known in 10,020 minutes, on average 2.01. Above its limit in 45 of them.',
        '  The most, 6, in the hour from 2026-05-13 10:00:',
        '    10:00–10:01  2',
        '    10:02        6',
        '    10:03        not known',
        '    10:59        2',
      ].join('\n'),
    )
  })

  test('a query: as whom it is asked, and for how long', async () => {
    const text = await explain(week, 'sale.transactions', samples)

    expect(text).toContain(
      'as the role domicile_meter, which can only read, for at most 2 seconds:\n    select count(*) from sale',
    )
    expect(text).toContain('Known of 2 hours. In all: 18.')
    expect(text).toMatch(/^sale\.transactions: Sales, transactions\n/)
    expect(await explain(week, 'sale.users', samples)).toMatch(/^sale\.users: Users of Sales\n/)
    expect(auditHtml(week)).toContain('<td>sale.users</td><td>Users of Sales</td><td>level</td>')
  })

  test('what the application reported: that there is no query to repeat', async () => {
    const mails = { name: 'mails', kind: 'count', title: 'Mails sent', sql: null, module: null } as const
    const report = await weekReport({ descriptions: [mails] })

    expect(await explain(report, 'mails', samples)).toContain('  Reported by the application itself')
    expect(auditHtml(report)).toContain('<td>Mails sent</td><td>count</td><td>reported by the application</td>')
  })

  test('minutes that were dropped are vouched for by the seal', async () => {
    expect(await explain(week, 'users', async () => null)).toContain('were dropped since')
  })

  test('all of them, or one that there is', async () => {
    const all = await explain(week, null, samples)

    for (const { name } of week.figures.descriptions) expect(all).toContain(`${name}: `)
    await expect(explain(week, 'user', samples)).rejects.toMatchObject({ code: 'NO_SUCH_METER', exitCode: 2 })
  })

  test('samples that somebody spoilt are none', async () => {
    expect(await explain(week, 'users', async () => ['x', 'null', `${'0'.repeat(64)} {"levels":`])).toContain(
      'no minute of it',
    )
  })
})

describe('a report is taken', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taken-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const TEXT = 'a report\n'
  const left = { file: 'audit-1.jsonl', bytes: TEXT.length, sha256: hash('sha256', TEXT) }

  const nobodyStops = new AbortController().signal

  test('as it was left, and away', async () => {
    await writeFile(join(folder, left.file), TEXT)

    expect(await takeReport(folder, left, nobodyStops)).toBe(TEXT)
    expect(await readdir(folder)).toEqual([])
  })

  test('who stopped the command gets nothing of it, and nothing is left there', async () => {
    await writeFile(join(folder, left.file), TEXT)

    await expect(takeReport(folder, left, AbortSignal.abort())).rejects.toMatchObject({ exitCode: 130 })
    expect(await readdir(folder)).toEqual([])
  })

  test.each([
    ['that is not there', async () => undefined, left],
    ['that is another', async (path: string) => writeFile(path, 'another\n.'), left],
    ['that is longer', async (path: string) => writeFile(path, `${TEXT}${TEXT}`), left],
    ['that leads elsewhere', async (path: string) => symlink('/etc/hostname', path), left],
    ['by a name that leads elsewhere', async () => undefined, { ...left, file: '../../etc/hostname' }],
  ])('never one %s', async (_, leave, said) => {
    await leave(join(folder, left.file))

    await expect(takeReport(folder, said, nobodyStops)).rejects.toMatchObject({ code: 'REPORT_NOT_THERE', exitCode: 1 })
  })
})
