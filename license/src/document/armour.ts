import { LicenceRefusal } from '../refusal.ts'
import type { DocumentKind } from './claims.ts'

/**
 * The form in which documents travel by mail and on sticks:
 *
 *     free text, which nobody signs and no program reads
 *     -----BEGIN DOMICILE LICENCE-----
 *     the signed token, 64 characters a line
 *     -----END DOMICILE LICENCE-----
 */

export const LABELS: Readonly<Record<DocumentKind, string>> = {
  licence: 'LICENCE',
  request: 'REQUEST',
  renewal: 'RENEWAL',
  order: 'ORDER',
  receipt: 'RECEIPT',
  keys: 'KEYS',
  unlock: 'UNLOCK',
  anchor: 'ANCHOR',
  usage: 'USAGE',
}

export const MOST_BYTES = 256 * 1024
const MOST_DOCUMENTS = 20
const WIDTH = 64
const MARK = /^-----(BEGIN|END) DOMICILE/
const BEGIN = /^-----BEGIN DOMICILE ([A-Z]+)-----$/

export interface Armoured {
  readonly kind: DocumentKind
  /** What stood between the marks, its lines joined. */
  readonly token: string
  /** Lines of the file with the two marks, counted from 1. */
  readonly firstLine: number
  readonly lastLine: number
}

export function armour(kind: DocumentKind, token: string): string {
  const lines = token.match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? []
  const label = `DOMICILE ${LABELS[kind]}-----`
  return `${[`-----BEGIN ${label}`, ...lines, `-----END ${label}`].join('\n')}\n`
}

/**
 * Every armoured document of a text, in the text's order.
 * @throws LicenceRefusal DOCUMENT_TOO_LARGE, DOCUMENT_MISSING, DOCUMENTS_TOO_MANY, DOCUMENT_UNREADABLE (which names the line)
 */
export function armouredIn(text: string): Armoured[] {
  const size = Buffer.byteLength(text)
  if (size > MOST_BYTES) throw tooLarge(size)
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''))
  const found: Armoured[] = []
  for (let at = 0; at < lines.length; at++) {
    if (!MARK.test(lines[at] ?? '')) continue
    const one = readArmour(lines, at)
    found.push(one)
    if (found.length > MOST_DOCUMENTS) throw tooMany()
    at = one.lastLine - 1
  }
  const last = found.at(-1)
  if (!last) throw missing()
  const rest = lines.findIndex((line, index) => index >= last.lastLine && line.trim() !== '')
  if (rest >= 0) throw unreadable(rest + 1, 'something follows the end of the document')
  return found
}

/**
 * The documents of one file, each a text of its own. Each keeps as many empty lines before it as lines stood there, so that
 * a refusal names the line of the file.
 * @throws LicenceRefusal as `armouredIn`
 */
export function splitDocuments(text: string): string[] {
  const lines = text.split('\n')
  return armouredIn(text).map(
    ({ firstLine, lastLine }) => `${'\n'.repeat(firstLine - 1)}${lines.slice(firstLine - 1, lastLine).join('\n')}\n`,
  )
}

function readArmour(lines: readonly string[], begin: number): Armoured {
  const label = BEGIN.exec(lines[begin] ?? '')?.[1]
  const kind = (Object.keys(LABELS) as DocumentKind[]).find((candidate) => LABELS[candidate] === label)
  if (!kind) throw unreadable(begin + 1, `no document begins with ${quoted(lines[begin] ?? '')}`)
  const end = lines.findIndex((line, index) => index > begin && (MARK.test(line) || strangeIn(line) !== null))
  const closing = lines[end]
  if (closing === undefined) {
    throw unreadable(lines.length, `the document that begins in line ${begin + 1} has no end; it was cut off`)
  }
  if (closing !== `-----END DOMICILE ${label}-----`) {
    throw unreadable(end + 1, strangeIn(closing) ?? `expected -----END DOMICILE ${label}-----`)
  }
  const body = lines.slice(begin + 1, end)
  const short = body.slice(0, -1).findIndex(({ length }) => length < WIDTH)
  if (short >= 0) throw unreadable(begin + 2 + short, 'something is missing: it is not full')
  if (!body.at(-1)) throw unreadable(end, 'the document is empty')
  return { kind, token: body.join(''), firstLine: begin + 1, lastLine: end + 1 }
}

/** Why a line cannot be part of a token; null when it can. */
function strangeIn(line: string): string | null {
  const stranger = MARK.test(line) ? null : /[^A-Za-z0-9_.-]/u.exec(line)
  if (stranger) return `${quoted(stranger[0])} cannot be part of a document`
  return line.length > WIDTH ? `it has ${line.length} characters; ${WIDTH} are the most` : null
}

/** A piece of a file or a claim for a message: short, and harmless on a terminal. */
export const quoted = (value: unknown): string => {
  const text = (JSON.stringify(value) ?? 'nothing').replaceAll(/[^\P{C}]/gu, '?')
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

export const AGAIN = 'Take the file as the vendor sent it, as an attachment and not as text, and try again.'

export const unreadable = (line: number, why: string): LicenceRefusal =>
  new LicenceRefusal(`Line ${line} of the file: ${why}.`, {
    code: 'DOCUMENT_UNREADABLE',
    hint: AGAIN,
    kind: 'unreadable',
  })

const tooLarge = (size: number) =>
  new LicenceRefusal(`The file has ${size} bytes; documents of a licence have at most ${MOST_BYTES}.`, {
    code: 'DOCUMENT_TOO_LARGE',
    hint: 'Give the file that the vendor sent.',
    kind: 'unreadable',
  })

const tooMany = () =>
  new LicenceRefusal(`The file holds more than ${MOST_DOCUMENTS} documents.`, {
    code: 'DOCUMENTS_TOO_MANY',
    hint: 'Cut it into several files, between an END line and the next BEGIN line.',
    kind: 'unreadable',
  })

const missing = () =>
  new LicenceRefusal('The file holds no document: no line begins with -----BEGIN DOMICILE.', {
    code: 'DOCUMENT_MISSING',
    hint: 'Give the file that the vendor sent.',
    kind: 'unreadable',
  })
