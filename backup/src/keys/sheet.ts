import { createHash } from 'node:crypto'
import { BackupRefusal } from '../refusal.ts'
import { checkWord, grouped, KEY, type KeyLine, keyLines } from './key-lines.ts'

/** Everything that is needed to read the backups when the server is gone. Secret as the keys are. */
export interface Sheet {
  readonly appliance: string
  /** UUID of the installation; null before the agent made it. */
  readonly installation: string | null
  readonly madeAt: Date
  /** 43 characters each. */
  readonly archiveKey: string
  readonly pointInTimeKey: string | null
  readonly copies: readonly SheetCopy[]
}

export interface SheetCopy {
  readonly name: string
  /** Without credentials. */
  readonly url: string
  readonly key: string
  /** `SHA256:…` of an SFTP server's host key. */
  readonly hostKey: string | null
}

export interface SheetKey {
  readonly letter: string
  readonly title: string
  readonly lines: readonly KeyLine[]
}

/** Letters of second copies; more of them would not go on one page. */
const COPY_LETTERS = 'CDEFGH'
export const MOST_COPIES = COPY_LETTERS.length

const copyLetter = (index: number): string => COPY_LETTERS[index] ?? ''

/** Each key with its lines. @throws BackupRefusal KEY_MALFORMED, TOO_MANY_TARGETS */
export function sheetKeys({ archiveKey, pointInTimeKey, copies }: Sheet): SheetKey[] {
  if (copies.length > MOST_COPIES) throw tooManyCopies(copies.length)
  const one = (letter: string, title: string, key: string): SheetKey => {
    if (!KEY.test(key)) throw malformed(title)
    return { letter, title, lines: keyLines(letter, key) }
  }
  return [
    one('A', 'Key of the archive', archiveKey),
    ...(pointInTimeKey === null ? [] : [one('P', 'Key of point in time', pointInTimeKey)]),
    ...copies.map(({ name, key }, index) => one(copyLetter(index), `Key of second copy ${name}`, key)),
  ]
}

/** Everything that a sheet says but its date, as text: another key, another copy, another sheet. */
const contents = (sheet: Sheet): string =>
  JSON.stringify([
    'domicile recovery sheet',
    sheet.appliance,
    sheet.installation,
    sheet.archiveKey,
    sheet.pointInTimeKey,
    sheet.copies.map(({ name, url, key, hostKey }) => [name, url, key, hostKey]),
  ])

/** One pair of words for the whole sheet. */
export const sheetWord = (sheet: Sheet): string => checkWord(contents(sheet))

/** SHA-256 of its contents, hexadecimal: tells whether a sheet that was stored is still the right one. */
export const sheetDigest = (sheet: Sheet): string => createHash('sha256').update(contents(sheet)).digest('hex')

/** Whether somebody who has the sheet typed this: its own words, or those of one of its lines. */
export function isOnSheet(sheet: Sheet, typed: string): boolean {
  const word = typed
    .trim()
    .toLowerCase()
    .split(/[\s-]+/)
    .join('-')
  return [sheetWord(sheet), ...sheetKeys(sheet).flatMap(({ lines }) => lines.map((line) => line.word))].includes(word)
}

/** For paper and for a password safe; `parseSheet` reads it back. */
export function sheetText(sheet: Sheet): string {
  const keys = sheetKeys(sheet).map(
    ({ title, lines }) => `${title}\n${lines.map((line) => `  ${lineText(line)}`).join('\n')}`,
  )
  return [
    `DOMICILE RECOVERY SHEET`,
    `Keep it away from the server. Whoever has it and a copy of the backups can read everything.`,
    '',
    ...sheetFacts(sheet).map(([label, value]) => `${label.padEnd(14)}${value}`),
    '',
    ...keys.flatMap((key) => [key, '']),
    ...(sheet.copies.length > 0 ? ['Second copies', ...copyLines(sheet), ''] : []),
    'Capitals and small letters differ; l, o, I, O, 0 and 1 never occur. The two words at the end of a line check it.',
    '',
    ...howToRestore(sheet),
    '',
  ].join('\n')
}

/** What stands at its head, as label and value. */
export const sheetFacts = (sheet: Sheet): [string, string][] => [
  ['Appliance', sheet.appliance],
  ['Installation', sheet.installation ?? 'not known'],
  ['Made', `${sheet.madeAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`],
  ['Sheet word', sheetWord(sheet)],
]

/** A line as it is printed and typed: label, characters in groups, check words. */
export const lineText = ({ label, characters, word }: KeyLine): string =>
  `${label}  ${grouped(characters).padEnd(13)}  ${word}`

/** Where the second copies are, each by the letter of its key. */
export const copyLines = ({ copies }: Sheet): string[] =>
  copies.flatMap(({ name, url, hostKey }, index) => [
    `  ${copyLetter(index)}  ${name}  ${url}`,
    ...(hostKey === null ? [] : [`     host key ${hostKey}`]),
  ])

/** Three ways on three lines: with the program, and without it, when nobody of ours is there. */
export function howToRestore({ copies }: Sheet): string[] {
  const { url = 'URL' } = copies[0] ?? {}
  const repository = copies[0] ? resticUrl(url) : 'FOLDER'
  return [
    `1. With domicile, on an empty server:  domicile restore --to-new-host --from ${url} --sheet FILE --release RELEASE`,
    `2. Without it, database:  restic -r ${repository} dump --tag part=database latest database.sql | psql DATABASE   (restic asks for the key: its four lines without blanks and words)`,
    `3. Without it, documents and settings:  restic -r ${repository} restore --tag part=files latest --target FOLDER`,
  ]
}

/** As restic takes it on a command line. */
function resticUrl(url: string): string {
  const match = /^sftp:\/\/(.*?)(\/.*)$/.exec(url)
  return match ? `sftp://${match[1]}/${match[2]}` : url
}

const malformed = (title: string) =>
  new BackupRefusal(`${title} is not a key: it has other characters, or another length.`, {
    code: 'KEY_MALFORMED',
    hint: 'Its file was edited. Put back what was in it: it opens the backups that are there.',
    kind: 'unverified',
  })

const tooManyCopies = (count: number) =>
  new BackupRefusal(`A recovery sheet has room for ${MOST_COPIES} second copies; there are ${count}.`, {
    code: 'TOO_MANY_TARGETS',
    hint: 'Remove one that is not used any more: domicile backup target remove NAME',
  })
