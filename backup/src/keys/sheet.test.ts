import { describe, expect, test } from 'vitest'
import { KEY_ALPHABET, keyLines } from './key-lines.ts'
import { parseSheet } from './parse-sheet.ts'
import { isOnSheet, type Sheet, sheetText, sheetWord } from './sheet.ts'
import { qrText, sheetHtml } from './sheet-html.ts'
import { WORDS } from './words.ts'

const ARCHIVE = 'aBcDeFgHjKmNpQrStUvWxYz23456789abcdefghjkmn'
const POINT = '23456789aBcDeFgHjKmNpQrStUvWxYzabcdefghjkmn'
const COPY = 'zYxWvUtSrQpNmKjHgFeDcBa98765432nmkjhgfedcba'

const sheet: Sheet = {
  appliance: 'erp',
  installation: '6f1c2f0e-8f43-4b5e-9d0b-0f6a3c1d2e4f',
  madeAt: new Date('2026-11-22T13:05:40Z'),
  archiveKey: ARCHIVE,
  pointInTimeKey: POINT,
  copies: [
    {
      name: 'nas',
      url: 'sftp://backup@nas.example.com:2222/srv/erp',
      key: COPY,
      hostKey: `SHA256:${'x'.repeat(43)}`,
    },
  ],
}

/** What a person types who has only the paper. */
const typed = (change: (line: string) => string = (line) => line) =>
  sheetText(sheet)
    .split('\n')
    .filter((line) => /^\s+[ACP][1-4] /.test(line))
    .map(change)
    .join('\n')
const onLine = (label: string, change: (line: string) => string) =>
  typed((line) => (line.trim().startsWith(label) ? change(line) : line))

describe('a sheet that was printed is read back', () => {
  const keys = { archiveKey: ARCHIVE, pointInTimeKey: POINT, corrected: [] }

  test.each([
    ['text', sheetText(sheet)],
    ['page', sheetHtml(sheet)],
    ['picture', qrText(sheet)],
  ])('from its %s, with where the second copies are', (_, text) => {
    const { copies, appliance, ...rest } = parseSheet(text)

    expect(rest).toMatchObject(keys)
    expect(appliance).toBe('erp')
    expect(copies).toEqual([{ letter: 'C', ...sheet.copies[0] }])
  })

  test('from its key lines alone', () => {
    expect(parseSheet(typed())).toMatchObject({ ...keys, appliance: null, copies: [{ key: COPY, url: null }] })
  })

  test.each<[string, (line: string) => string]>([
    ['without blanks between groups', (line) => line.replace(/(?<=\w{4}) (?=\w)/g, '')],
    [
      'with a colon after the label, in small letters',
      (line) => line.trim().replace(/^(\w\d)/, (label) => `${label.toLowerCase()}:`),
    ],
    [
      'with its words in capitals and apart',
      (line) => line.replace(/[a-z]+-[a-z]+$/, (word) => word.toUpperCase().replace('-', ' ')),
    ],
  ])('%s', (_, change) => {
    expect(parseSheet(typed(change))).toMatchObject(keys)
  })

  test('of one key when only that was typed', () => {
    const only = typed()
      .split('\n')
      .filter((line) => line.includes('C'))
      .filter((line) => line.trim().startsWith('C'))
    expect(parseSheet(only.join('\n'))).toMatchObject({
      archiveKey: null,
      pointInTimeKey: null,
      copies: [{ key: COPY }],
    })
  })
})

describe('a mistyped line', () => {
  test.each([
    ['a capital for a small letter', 'c', 'C'],
    ['O for Q', 'Q', 'O'],
    ['0 for Q', 'Q', '0'],
  ])('is put right where its words leave no doubt: %s', (_, right, wrong) => {
    const [line = ''] = keyLines('A', ARCHIVE)
      .filter(({ characters }) => characters.includes(right))
      .map(({ label }) => label)
    const text = onLine(line, (whole) => whole.replace(new RegExp(`(?<=  .*)${right}`), wrong))

    expect(text).not.toBe(typed())
    expect(parseSheet(text)).toMatchObject({ archiveKey: ARCHIVE, corrected: [line] })
  })

  test.each<[string, (line: string) => string]>([
    ['another character', (line) => line.replace(/(?<= {2}P2 {2})./, (first) => (first === 'h' ? 'r' : 'e'))],
    ['a character too few', (line) => line.replace(/(?<= {2}P2 {2})./, '')],
    ['a character too many', (line) => line.replace(/(?<= {2}P2 {2})/, 'k')],
    ['its words away', (line) => line.replace(/\S+$/, '')],
    ['a word that is on no list', (line) => line.replace(/-\S+$/, '-nowhere')],
    ['nothing but the label', () => 'P2 x'],
  ])('is named: %s', (_, change) => {
    const text = onLine('P2', change)

    expect(text).not.toBe(typed())
    expect(() => parseSheet(text)).toThrow(
      expect.objectContaining({ code: 'SHEET_LINE_WRONG', message: expect.stringContaining('Line P2 ') }),
    )
  })

  test('is noticed when two lines changed places', () => {
    const text = typed((line) => line.replace(/A([12])(?= )/, (_, digit) => (digit === '1' ? 'A2' : 'A1')))

    expect(() => parseSheet(text)).toThrow(expect.objectContaining({ code: 'SHEET_LINE_WRONG' }))
  })

  test('that was left out is named', () => {
    expect(() => parseSheet(onLine('C3', () => ''))).toThrow(
      expect.objectContaining({ code: 'SHEET_LINE_MISSING', message: expect.stringContaining('Line C3 ') }),
    )
  })

  test('never passes for another key: of every single wrong character either the right key comes out, or the line is named', () => {
    const { characters, label, word } = keyLines('A', ARCHIVE)[1] ?? { characters: '', label: '', word: '' }
    const lines = keyLines('A', ARCHIVE).map((line) => `${line.label} ${line.characters} ${line.word}`)
    for (let at = 0; at < characters.length; at++)
      for (const other of KEY_ALPHABET) {
        const changed = `${characters.slice(0, at)}${other}${characters.slice(at + 1)}`
        const text = lines.map((line) => (line.startsWith(label) ? `${label} ${changed} ${word}` : line)).join('\n')
        let key: string | null = ARCHIVE
        try {
          key = parseSheet(text).archiveKey
        } catch (error) {
          expect((error as Error).message).toContain(`Line ${label} `)
        }
        expect(key).toBe(ARCHIVE)
      }
  })
})

describe('what is no sheet', () => {
  test.each([
    ['nothing', ''],
    ['another text', 'Dear colleague,\nthe sheet is in the safe.'],
    ['far too long', 'A1 '.repeat(100_000)],
  ])('is refused: %s', (_, text) => {
    expect(() => parseSheet(text)).toThrow(expect.objectContaining({ code: 'SHEET_UNREADABLE', kind: 'usage' }))
  })

  test('and two sheets at once are refused', () => {
    const older = sheetText({ ...sheet, archiveKey: POINT })

    expect(() => parseSheet(`${sheetText(sheet)}\n${older}`)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('twice') }),
    )
  })
})

describe('words', () => {
  test('are one for each byte, and none is another with one letter changed', () => {
    expect(new Set(WORDS).size).toBe(256)
    const holes = WORDS.flatMap((word) => [...word].map((_, at) => `${word.slice(0, at)}_${word.slice(at + 1)}`))
    expect(new Set(holes).size).toBe(holes.length)
  })

  test('of the sheet change with every key, and with where a second copy is', () => {
    const [copy] = sheet.copies
    const others = [
      { ...sheet, archiveKey: POINT },
      { ...sheet, pointInTimeKey: null },
      { ...sheet, copies: [] },
      { ...sheet, copies: [{ ...copy, name: 'nas', key: COPY, hostKey: null, url: '/mnt/disk' }] },
    ]
    expect(new Set([sheet, ...others].map(sheetWord)).size).toBe(others.length + 1)
  })

  test('tell who has the sheet from who has not', () => {
    const [line] = keyLines('C', COPY)
    expect(isOnSheet(sheet, ` ${sheetWord(sheet).toUpperCase().replace('-', ' ')} `)).toBe(true)
    expect(isOnSheet(sheet, line?.word ?? '')).toBe(true)
    expect(isOnSheet(sheet, 'amber')).toBe(false)
    expect(isOnSheet(sheet, '')).toBe(false)
  })
})

test('a page has nothing that must be fetched, and says no key twice in its picture', () => {
  const page = sheetHtml({ ...sheet, appliance: 'a<b' })

  expect(page).not.toMatch(/src=|href=|<script/)
  expect(page).toContain('a&lt;b')
  expect(qrText(sheet).split(ARCHIVE.slice(0, 11))).toHaveLength(2)
})
