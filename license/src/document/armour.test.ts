import { expect, test } from 'vitest'
import { armouredIn, MOST_BYTES } from './armour.ts'
import { parseDocument, splitDocuments, verifyDocument } from './index.ts'
import { NOW, signed, trust } from './testing.fixture.ts'

const text = signed.receipt()
const read = (file: string) => verifyDocument(file, ['receipt'], trust(), NOW).claims.seq

test('lines are 64 characters long and end as they do on any system', () => {
  const lines = text.trimEnd().split('\n').slice(1, -1)

  expect(new Set(lines.slice(0, -1).map(({ length }) => length))).toEqual(new Set([64]))
  expect(read(text.replaceAll('\n', '\r\n'))).toBe(4)
  expect(read(text.trimEnd())).toBe(4)
})

test('text above the document is not read, whatever it says', () => {
  expect(read(`-----Original Message-----\nUsers: 1000000\n{"seq": 9}\n\n${text}\n\n`)).toBe(4)
})

test.each([
  ['something follows', `${text}P.S. Please pay.\n`, /Line 10 .*follows/],
  ['a line is longer', text.replace(/\n(.{64})\n/, '\n$1A\n'), /Line 2 .*65 characters/],
  ['a line is shorter', text.replace(/\n(.{63}).\n/, '\n$1\n'), /Line 2 .*missing/],
  ['a line is missing its end', text.replace(/\n(.{64})\n/, '\n$1\n\n'), /Line 3 .*missing/],
  ['a quotation mark of a mail program stands before it', text.replaceAll('\n', '\n> '), /Line 2 .*">"/],
  ['its end is missing', text.replace(/-----END.*/, ''), /no end/],
  [
    'its end is of another kind',
    text.replace('END DOMICILE RECEIPT', 'END DOMICILE ORDER'),
    /expected -----END DOMICILE RECEIPT/,
  ],
  ['its beginning is of no kind', text.replace('BEGIN DOMICILE RECEIPT', 'BEGIN DOMICILE PARKING'), /Line 1 .*PARKING/],
  ['nothing is in it', '-----BEGIN DOMICILE ORDER-----\n-----END DOMICILE ORDER-----\n', /empty/],
  ['its beginning was lost', text.replace(/^.*\n/, ''), /Line 8 .*END DOMICILE RECEIPT/],
  ['there is none', 'Dear customer,\n', /holds no document/],
])('a file is refused by its line when %s', (_, file, message) => {
  expect(() => read(file)).toThrow(message)
})

test('a file that is too large is not looked into', () => {
  expect(() => read(`${' '.repeat(MOST_BYTES)}${text}`)).toThrow(/bytes/)
})

test('several documents of one file come one by one, each with the lines of the file', () => {
  const file = `Dear customer,\nthis is the receipt:\n${text}and the order\n${signed.order()}`
  const [receipt = '', order = '', ...none] = splitDocuments(file)

  expect(none).toEqual([])
  expect([receipt, order].map((one) => parseDocument(one).kind)).toEqual(['receipt', 'order'])
  expect(armouredIn(order)[0]?.firstLine).toBe(armouredIn(file)[1]?.firstLine)
  expect(() => parseDocument(file)).toThrow('second document')
})

test('at most twenty documents are in one file', () => {
  expect(splitDocuments(text.repeat(20))).toHaveLength(20)
  expect(() => splitDocuments(text.repeat(21))).toThrow('more than 20')
})
