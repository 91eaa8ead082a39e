import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { ExitCode, UserError } from '../kernel/index.ts'

/**
 * What an operation meant to do and what it did, one JSON line each, on the disk before the next step begins.
 * A line that was cut by a power failure is the last one and is ignored: its step counts as started.
 */
export type Entry =
  | {
      readonly event: 'begin'
      readonly operation: string
      readonly id: string
      readonly at: string
      readonly subject: string
    }
  | { readonly event: 'start'; readonly step: string; readonly at: string; readonly before: unknown }
  | { readonly event: 'done'; readonly step: string; readonly at: string; readonly seconds: number }
  | { readonly event: 'failed'; readonly step: string; readonly at: string; readonly message: string }
  | { readonly event: 'undone'; readonly step: string; readonly at: string }
  | { readonly event: 'end'; readonly at: string; readonly result: 'done' | 'rolled-back' | 'needs-person' }

export interface Unfinished {
  readonly operation: string
  readonly id: string
  readonly subject: string
  /** Steps that were started and not undone, in order, with what was there before the first start. */
  readonly started: readonly { readonly step: string; readonly before: unknown }[]
  readonly done: ReadonlySet<string>
}

/** The last operation in the journal if it has no end; `undefined` when there is none or it ended. */
export function unfinished(entries: readonly Entry[]): Unfinished | undefined {
  const start = entries.findLastIndex(({ event }) => event === 'begin')
  const begin = entries[start]
  if (begin?.event !== 'begin') return undefined
  const rest = entries.slice(start + 1)
  if (rest.some(({ event }) => event === 'end')) return undefined
  const started = new Map<string, unknown>()
  const done = new Set<string>()
  for (const entry of rest) {
    if (entry.event === 'start' && !started.has(entry.step)) started.set(entry.step, entry.before)
    if (entry.event === 'done') done.add(entry.step)
    if (entry.event === 'undone') {
      started.delete(entry.step)
      done.delete(entry.step)
    }
  }
  const { operation, id, subject } = begin
  return { operation, id, subject, started: [...started].map(([step, before]) => ({ step, before })), done }
}

export class Journal {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** @throws UserError RECORD_INVALID (2) when a line before the last one is not one of ours */
  read(): Entry[] {
    const lines = this.#text().split('\n')
    return lines.flatMap((line, index) => {
      try {
        return line ? [JSON.parse(line) as Entry] : []
      } catch {
        if (index === lines.length - 1) return []
        throw damaged(this.path, index + 1)
      }
    })
  }

  /** Appends and flushes: when this returns, a power cut cannot take the entry away. */
  write(entry: Entry): void {
    this.#dropCutLine()
    const file = openSync(this.path, 'a', 0o640)
    try {
      writeSync(file, `${JSON.stringify(entry)}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  }

  /** What comes after a cut line would become part of it, and two entries would be lost. */
  #dropCutLine(): void {
    const text = this.#text()
    if (text === '' || text.endsWith('\n')) return
    truncateSync(this.path, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)))
  }

  #text(): string {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8') : ''
  }
}

const damaged = (path: string, line: number) =>
  new UserError(`${path} is damaged: line ${line} is not an entry.`, {
    code: 'RECORD_INVALID',
    hint: 'Look at that line and bring the file back from a backup. `domicile uninstall` works without it.',
    exitCode: ExitCode.Usage,
  })
