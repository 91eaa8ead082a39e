import { createHash } from 'node:crypto'
import { WORDS } from './words.ts'

/** What keys are made of: letters and digits that are not mistaken for each other when read aloud. */
export const KEY_ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A key that opens a repository: 43 characters, 249 bits. */
export const KEY = /^[a-km-np-zA-HJ-NP-Z2-9]{43}$/

/** How many characters stand on each of its lines. */
export const LINE_LENGTHS = [11, 11, 11, 10] as const

const GROUP = 4

/** One line of a key as it is printed: `C2  abcd efgh jkm  amber-tiger`. */
export interface KeyLine {
  /** Which key and which of its lines. */
  readonly label: string
  readonly characters: string
  readonly word: string
}

/**
 * 16 bits of a digest as two words. It says nothing that helps to find what it was made from, and of 65 536 mistakes one
 * is not noticed.
 */
export function checkWord(text: string): string {
  const digest = createHash('sha256').update(text).digest()
  return `${WORDS[digest[0] ?? 0]}-${WORDS[digest[1] ?? 0]}`
}

/** The label is part of what is checked: lines that changed places are noticed, too. */
export const wordOfLine = (label: string, characters: string): string =>
  checkWord(`domicile recovery line\0${label}\0${characters}`)

/** @param letter which key it is on the sheet */
export function keyLines(letter: string, key: string): KeyLine[] {
  let from = 0
  return LINE_LENGTHS.map((length, index) => {
    const characters = key.slice(from, from + length)
    from += length
    const label = `${letter}${index + 1}`
    return { label, characters, word: wordOfLine(label, characters) }
  })
}

/** `abcd efgh jkm`: an eye finds its place again. */
export const grouped = (characters: string): string =>
  (characters.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).join(' ')
