import { closeSync, existsSync, openSync, readSync } from 'node:fs'

const CHUNK_BYTES = 64 * 1024
const NEWLINE = 0x0a
/** Longer lines are not written here: a file of documents of 512 KiB makes the longest. */
const LONGEST_BYTES = 2 * 1024 * 1024

export interface FileLine {
  readonly text: string
  /** Where the next line begins. */
  readonly end: number
}

/**
 * The whole lines of a file, one after the other and never all in memory; what follows the last line break is left out, and
 * so is everything from a line on that is longer than any that is written here. None when there is no such file.
 */
export function* linesOf(path: string): Generator<FileLine> {
  let rest: Buffer = Buffer.alloc(0)
  let end = 0
  for (const chunk of chunksOf(path)) {
    rest = Buffer.concat([rest, chunk])
    let from = 0
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE, from)) {
      end += at + 1 - from
      yield { text: rest.toString('utf8', from, at), end }
      from = at + 1
    }
    rest = rest.subarray(from)
    if (rest.length > LONGEST_BYTES) return
  }
}

/** The bytes of a file, a piece at a time; each is overwritten by the next. */
export function* chunksOf(path: string): Generator<Buffer> {
  if (!existsSync(path)) return
  const file = openSync(path, 'r')
  const buffer = Buffer.alloc(CHUNK_BYTES)
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) yield buffer.subarray(0, read)
  } finally {
    closeSync(file)
  }
}
