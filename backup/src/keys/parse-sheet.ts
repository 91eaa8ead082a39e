import { BackupRefusal } from '../refusal.ts'
import { KEY_ALPHABET, LINE_LENGTHS, wordOfLine } from './key-lines.ts'
import { WORDS } from './words.ts'

/** The keys of a sheet that was typed, pasted or scanned; of a key that is not on it there is null. */
export interface ParsedSheet {
  readonly appliance: string | null
  readonly installation: string | null
  readonly archiveKey: string | null
  readonly pointInTimeKey: string | null
  readonly copies: readonly ParsedCopy[]
  /** Labels of the lines that were mistyped in a way that their words put right. */
  readonly corrected: readonly string[]
}

export interface ParsedCopy {
  readonly letter: string
  readonly key: string
  /** Null: only the key was typed. */
  readonly name: string | null
  readonly url: string | null
  readonly hostKey: string | null
}

const MOST_CHARACTERS = 100_000

/**
 * Takes what a person typed: blanks wherever they are, words in capitals, and the mistakes that eyes make (0 for Q, s for
 * S, 5 for S), where the words of the line leave no doubt what was meant.
 * @throws BackupRefusal SHEET_UNREADABLE, SHEET_LINE_WRONG naming the line, SHEET_LINE_MISSING
 */
export function parseSheet(given: string): ParsedSheet {
  if (given.length > MOST_CHARACTERS) throw unreadable()
  const lines = plainText(given)
    .split(/\r?\n|\r/)
    .map((line) => line.trim())
  const found = new Map<string, string>()
  const corrected: string[] = []
  for (const line of lines) {
    const match = /^([A-HP])\s*([1-4])(?:[\s.:]+)(\S.*)$/i.exec(line)
    if (!match) continue
    const label = `${match[1]?.toUpperCase()}${match[2]}`
    const read = readLine(label, match[3] ?? '')
    if (read.corrected) corrected.push(label)
    if (found.has(label) && found.get(label) !== read.characters) throw twice(label)
    found.set(label, read.characters)
  }
  if (found.size === 0) throw unreadable()
  const letters = [...new Set([...found.keys()].map((label) => label.slice(0, 1)))].toSorted()
  return {
    appliance: factOf(lines, 'Appliance'),
    installation: factOf(lines, 'Installation'),
    archiveKey: letters.includes('A') ? keyOf('A', found) : null,
    pointInTimeKey: letters.includes('P') ? keyOf('P', found) : null,
    copies: letters
      .filter((letter) => letter !== 'A' && letter !== 'P')
      .map((letter) => ({ letter, key: keyOf(letter, found), ...placeOf(lines, letter) })),
    corrected,
  }
}

/** The page that we print is text between tags. */
const plainText = (given: string): string =>
  /^\s*<!doctype html/i.test(given)
    ? given
        .replace(/<(style|svg)[\s\S]*?<\/\1>/g, '')
        .replace(/<[^>]*>/g, '')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&')
    : given

function readLine(label: string, text: string): { characters: string; corrected: boolean } {
  const length = LINE_LENGTHS[Number(label[1]) - 1] ?? 0
  const { characters, rest } = take(text, length)
  const word = rest
    .toLowerCase()
    .split(/[\s.\-–]+/)
    .filter(Boolean)
    .join('-')
  const words = word.split('-')
  if (characters.length < length || words.length !== 2 || !words.every((one) => WORDS.includes(one)))
    throw wrong(label, `it must have ${length} characters and then its two words`)
  const meant = variants(characters).filter((variant) => wordOfLine(label, variant) === word)
  const [exact] = meant
  if (exact === characters) return { characters, corrected: false }
  if (exact === undefined || meant.length > 1) throw wrong(label, 'its characters and its words do not go together')
  return { characters: exact, corrected: true }
}

/** The first characters of a line, its blanks and hyphens left out, and what comes after them. */
function take(text: string, length: number): { characters: string; rest: string } {
  let characters = ''
  let at = 0
  for (; at < text.length && characters.length < length; at++) {
    const character = text[at] ?? ''
    if (!/[\s\-–.]/.test(character)) characters += character
  }
  return { characters, rest: text.slice(at) }
}

/** What eyes and fingers mistake for each other. What is not in the alphabet at all stands for what it looks like. */
const TWINS: readonly string[] = [
  ...'cC,fF,iI,jJ,kK,mM,pP,sS,uU,vV,wW,xX,yY,zZ'.split(','),
  ...'0OoQDC,1lIiLjJ,2Zz,5Ss,6bG,8B,9gq,7T,uv,UV,nh,rn,aA,bB,dD,eE,gG,hH,lL,nN,qQ,rR,tT'.split(','),
]

function twinsOf(character: string): string[] {
  const twins = TWINS.filter((group) => group.includes(character)).join('')
  return [...new Set(twins)].filter((twin) => twin !== character && KEY_ALPHABET.includes(twin))
}

/**
 * The characters themselves when they can be a key's, and what else may be meant: with what cannot be replaced by what it
 * looks like, and otherwise with one of them mistaken. More guesses would sooner or later meet any two words.
 */
function variants(characters: string): string[] {
  const impossible = [...characters].filter((character) => !KEY_ALPHABET.includes(character)).length
  if (impossible > MOST_IMPOSSIBLE) return []
  if (impossible === 0) return [characters, ...[...characters].flatMap((_, at) => changedAt(characters, at))]
  let all = [characters]
  for (const [at, character] of [...characters].entries())
    if (!KEY_ALPHABET.includes(character)) all = all.flatMap((text) => changedAt(text, at))
  return all
}

const MOST_IMPOSSIBLE = 2

const changedAt = (text: string, at: number): string[] =>
  twinsOf(text[at] ?? '').map((twin) => `${text.slice(0, at)}${twin}${text.slice(at + 1)}`)

function keyOf(letter: string, found: ReadonlyMap<string, string>): string {
  const parts = LINE_LENGTHS.map((_, index) => {
    const label = `${letter}${index + 1}`
    const part = found.get(label)
    if (part === undefined) throw missing(label)
    return part
  })
  return parts.join('')
}

const factOf = (lines: readonly string[], label: string): string | null => {
  const value =
    lines
      .find((line) => line.startsWith(`${label} `))
      ?.slice(label.length)
      .trim() ?? ''
  return /^[0-9a-z-]{1,40}$/.test(value) ? value : null
}

function placeOf(lines: readonly string[], letter: string): Omit<ParsedCopy, 'letter' | 'key'> {
  const form = new RegExp(`^${letter}\\s+([a-z][a-z0-9-]{0,30})\\s+((?:sftp:|s3:|/)\\S{1,500})$`)
  const at = lines.findIndex((line) => form.test(line))
  const [, name = null, url = null] = form.exec(lines[at] ?? '') ?? []
  const hostKey = /^host key (SHA256:[A-Za-z0-9+/]{43})$/.exec(lines[at + 1] ?? '')?.[1] ?? null
  return { name, url, hostKey: at < 0 ? null : hostKey }
}

const wrong = (label: string, why: string) =>
  new BackupRefusal(`Line ${label} of the recovery sheet is not right: ${why}.`, {
    code: 'SHEET_LINE_WRONG',
    hint: `Compare line ${label} with the sheet, character by character: capitals and small letters differ.`,
    kind: 'usage',
  })

const twice = (label: string) =>
  new BackupRefusal(`Line ${label} of the recovery sheet is there twice, and not the same.`, {
    code: 'SHEET_LINE_WRONG',
    hint: 'Give one sheet at a time: keys that were changed made an older sheet void.',
    kind: 'usage',
  })

const missing = (label: string) =>
  new BackupRefusal(`Line ${label} of the recovery sheet is missing.`, {
    code: 'SHEET_LINE_MISSING',
    hint: 'A key has four lines; type each on a line of its own, with its label and its two words.',
    kind: 'usage',
  })

const unreadable = () =>
  new BackupRefusal('This is not a recovery sheet: it has no line of a key.', {
    code: 'SHEET_UNREADABLE',
    hint: 'Give the file that `domicile backup keys export` wrote, or type lines like “C1 abcd efgh jkm amber-tiger”.',
    kind: 'usage',
  })
