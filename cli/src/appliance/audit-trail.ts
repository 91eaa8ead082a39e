import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { canonical, layoutOf } from '@domicile/stacks/plan'

/** One command that changes something: a line when it begins and one when it has ended. */
export interface AuditLine {
  readonly number: number
  readonly at: string
  readonly who: string
  readonly what: string
  readonly event: 'begin' | 'end'
  readonly result?: string
  readonly exitCode?: number
  /** Hash of the line before; the first line carries 64 zeros. */
  readonly previous: string
  /** SHA-256 of this line’s other fields as canonical JSON. */
  readonly hash: string
}

const GENESIS = '0'.repeat(64)

export const trailPath = (appliance: string) => `${layoutOf(appliance).lib}/audit.jsonl`

export const hashOf = ({ hash: _, ...rest }: Partial<AuditLine>) =>
  createHash('sha256').update(canonical(rest)).digest('hex')

/** Appends a line. Does nothing while the appliance has no folder yet: before that, nothing was changed. */
export function appendToTrail(
  appliance: string,
  entry: Pick<AuditLine, 'at' | 'what' | 'event'> & Partial<Pick<AuditLine, 'result' | 'exitCode'>>,
): void {
  const path = trailPath(appliance)
  if (!existsSync(dirname(path))) return
  dropCutLine(path)
  const last = readTrail(appliance).at(-1)
  const line = { number: (last?.number ?? 0) + 1, who: person(), ...entry, previous: last?.hash ?? GENESIS }
  appendFileSync(path, `${JSON.stringify({ ...line, hash: hashOf(line) })}\n`, { mode: 0o640, flush: true })
}

/** A line without its end was cut by a power failure while it was written: it never counted. */
function dropCutLine(path: string): void {
  if (!existsSync(path)) return
  const text = readFileSync(path, 'utf8')
  if (text !== '' && !text.endsWith('\n'))
    truncateSync(path, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)))
}

export function readTrail(appliance: string): AuditLine[] {
  const path = trailPath(appliance)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line, index) => parseLine(line, index))
}

function parseLine(line: string, index: number): AuditLine {
  try {
    return JSON.parse(line) as AuditLine
  } catch {
    // Shown by `verify` as the broken line it is.
    return { number: index + 1, at: '', who: '', what: 'unreadable line', event: 'begin', previous: '', hash: '' }
  }
}

/** The first thing wrong with the chain, in words; `undefined` when it holds. */
export function brokenLink(lines: readonly AuditLine[]): string | undefined {
  let previous = GENESIS
  for (const [index, line] of lines.entries()) {
    if (line.number !== index + 1)
      return `line ${index + 1} carries the number ${line.number}: a line was removed or added`
    if (line.previous !== previous) return `line ${index + 1} does not follow the line before it`
    if (line.hash !== hashOf(line)) return `line ${index + 1} was changed after it was written`
    previous = line.hash
  }
  return undefined
}

/** The account that ran the command, and the one behind sudo. Not proof of a person; what the host knows. */
function person(): string {
  const { username, uid } = userInfo()
  const behind = process.env['SUDO_USER']
  return `${username} (${uid})${behind ? ` by sudo from ${behind}` : ''}`
}
