import { hash } from 'node:crypto'
import { readJson } from '../record/index.ts'
import { columnsSchema, flowSchema, whyNot } from './shapes.ts'
import type { ColumnsBody, MinuteBody, SampleBody } from './types.ts'

/** What the first line of a day follows. */
export const NO_LINE = '0'.repeat(64)

/** A day has 1440 minutes; this many lines only a broken program writes. */
const MOST_LINES = 20_000
const LONGEST_LINE = 64 * 1024
const DIGITS = 64
const LAST_MINUTE = 1439

/**
 * A line of a day's samples: `<64 hexadecimal digits> <JSON>\n`.
 * @param previous digits of the line before; `NO_LINE` at the first of a day
 * @returns the line with its end, and its digits
 * @throws RangeError when nobody could read it back: numbers that are no safe integers, names of no meter
 */
export function sampleLine(previous: string, body: SampleBody): { text: string; hash: string } {
  const checked = checkShape(body)
  if ('problem' in checked) throw new RangeError(`Not a sample: ${checked.problem}.`)
  const json = JSON.stringify(checked.body)
  const digits = digest(previous, json)
  return { text: `${digits} ${json}\n`, hash: digits }
}

export interface ReadSamples {
  /** What the lines say that hold. */
  readonly bodies: readonly SampleBody[]
  /** Digits of the last of them; `NO_LINE` when there is none. */
  readonly head: string
  /** How many they are. */
  readonly lines: number
  /** Bytes up to the end of the last whole line: what follows was cut while it was written and never counted. */
  readonly wholeBytes: number
  /** The first thing that is wrong, in words and with its line; null when all holds. Everything from there on is left out. */
  readonly problem: string | null
}

/**
 * Reads a file of samples; believes nothing of it.
 * @param day UTC day it should be of; a file of another day is a problem then
 */
export function readSamples(text: string, day?: string): ReadSamples {
  const wholeBytes = Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1))
  const bodies: SampleBody[] = []
  const place: Place = { columns: null, minute: 0, day: day ?? null }
  let [head, start] = [NO_LINE, 0]
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    const read = bodies.length < MOST_LINES ? readLine(text, start, end, head, place) : TOO_MANY
    if ('problem' in read) {
      return { bodies, head, lines: bodies.length, wholeBytes, problem: `line ${bodies.length + 1}: ${read.problem}` }
    }
    bodies.push(read.body)
    head = read.digits
    start = end + 1
  }
  return { bodies, head, lines: bodies.length, wholeBytes, problem: null }
}

/** What the lines before mean for the next. */
interface Place {
  columns: ColumnsBody | null
  minute: number
  /** Of all columns; the first says it when nobody knew. */
  day: string | null
}

type ReadLine = { readonly body: SampleBody; readonly digits: string } | { readonly problem: string }

const TOO_MANY: ReadLine = { problem: 'a day has not so many lines' }

function readLine(text: string, start: number, end: number, previous: string, place: Place): ReadLine {
  if (end - start > LONGEST_LINE) return { problem: 'it is too long' }
  if (text[start + DIGITS] !== ' ') return { problem: 'it does not begin with 64 digits' }
  const json = text.slice(start + DIGITS + 1, end)
  const digits = digest(previous, json)
  // Computed digits are returned, not those that were read: a slice would keep the whole file in memory.
  if (!text.startsWith(digits, start)) return { problem: 'its content does not fit its hash and the line before' }
  const checked = checkShape(readJson(json))
  if ('problem' in checked) return checked
  // One content, one text: no other number, and no name twice.
  if (JSON.stringify(checked.body) !== json) return { problem: 'it is written in another way' }
  const problem = problemIn(checked.body, place)
  return problem ? { problem } : { body: checked.body, digits }
}

/** Goes on to the next place when nothing is wrong. */
function problemIn(body: SampleBody, place: Place): string | null {
  const { columns, minute, day } = place
  if (isColumns(body)) {
    if (day !== null && body.day !== day) return `it is of ${body.day}, not of ${day}`
    place.columns = body
    place.day = body.day
    return null
  }
  if (!columns) return 'nothing says yet what the columns are'
  if (!isMinute(body)) return body.hour.slice(0, 10) <= columns.day ? null : 'it counts an hour of a later day'
  const values = columns.levels.length + columns.counts.length
  if (body.length !== values + 1) return `it has ${body.length - 1} values for ${values} columns`
  if (body[0] < minute) return `minute ${body[0]} comes after minute ${minute}`
  place.minute = body[0]
  return null
}

export const isMinute = (body: SampleBody): body is MinuteBody => Array.isArray(body)
export const isColumns = (body: SampleBody): body is ColumnsBody => Object.hasOwn(body, 'levels')

/** What a line says by itself, its names in the order in which they are always written. */
function checkShape(body: unknown): { readonly body: SampleBody } | { readonly problem: string } {
  if (Array.isArray(body)) {
    const problem = problemOfMinute(body)
    return problem ? { problem } : { body: body as unknown as MinuteBody }
  }
  if (typeof body !== 'object' || body === null) return { problem: 'it is neither columns, a minute nor an hour' }
  const { data, error } = (Object.hasOwn(body, 'levels') ? columnsSchema : flowSchema).safeParse(body)
  return error ? { problem: whyNot(error) } : { body: data }
}

function problemOfMinute(body: readonly unknown[]): string | null {
  const [minute] = body
  if (!Number.isInteger(minute) || (minute as number) < 0 || (minute as number) > LAST_MINUTE) {
    return 'it does not begin with a minute of the day'
  }
  for (const value of body) {
    if (value !== null && !Number.isSafeInteger(value)) return 'a value is neither a safe integer nor null'
  }
  return null
}

const digest = (previous: string, json: string): string => hash('sha256', previous + json)
