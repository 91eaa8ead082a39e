import { randomBytes } from 'node:crypto'
import { ATTACHMENT_BYTES, DOCUMENT_BYTES } from './backup-scale.ts'

const VOWELS = ['a', 'e', 'i', 'o', 'u', 'ei', 'au', 'ä']
const CONSONANTS = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'r', 's', 'st', 't', 'sch', 'w', 'z']
const VOCABULARY = 40_000
const DRAWS = 2 ** 16

/** Equal seeds give equal numbers, so that every run works on the same text. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** Words as often as in a language: the second half as often as the first, the third a third as often. */
function drawer(): readonly string[] {
  const next = numbers(7)
  const one = (of: readonly string[]) => of[next() % of.length] ?? ''
  const word = () => Array.from({ length: 1 + (next() % 4) }, () => one(CONSONANTS) + one(VOWELS)).join('')
  const words = Array.from({ length: VOCABULARY }, word)
  const total = words.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0)
  return words.flatMap((text, rank) =>
    Array.from({ length: Math.max(1, Math.round(DRAWS / (rank + 1) / total)) }, () => text),
  )
}

const DRAWN = drawer()

/** About as compressible as prose. */
function proseOf(next: () => number): string {
  const words: string[] = []
  for (let bytes = 0; bytes < DOCUMENT_BYTES; ) {
    const number = next()
    const word = DRAWN[number % DRAWN.length] ?? ''
    const text = number >>> 28 === 0 ? `${word}.` : word
    words.push(text)
    bytes += text.length + 1
  }
  return words.join(' ')
}

/** Rows `id, title, body` for COPY, the ids from `from` on. */
export function* documentRows(from: number, count: number): Generator<string> {
  for (let id = from; id < from + count; id++) yield `${id}\tDocument ${id}\t${proseOf(numbers(id + 1000))}\n`
}

/** Rows `id, content` for COPY; nothing of it can be compressed. */
export function* attachmentRows(from: number, count: number): Generator<string> {
  for (let id = from; id < from + count; id++) yield `${id}\t\\\\x${randomBytes(ATTACHMENT_BYTES).toString('hex')}\n`
}
