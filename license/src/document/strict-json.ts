import { LicenceRefusal } from '../refusal.ts'
import { AGAIN, quoted } from './armour.ts'

/**
 * JSON as everybody reads it alike: UTF-8 without faults, one object, no name twice in any object. Two readers that choose
 * differently between two equal names would read two different licences under one signature.
 * @param what for the message, such as `the content`
 * @throws LicenceRefusal DOCUMENT_UNREADABLE
 */
export function parseStrictJson(bytes: Uint8Array, what: string): Record<string, unknown> {
  const text = decode(bytes, what)
  const value = parse(text, what)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(`${what} is not an object`)
  const flaw = flawIn(text)
  if (flaw !== null) throw refused(`${what} ${flaw}`)
  return value as Record<string, unknown>
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refused(`${what} is not UTF-8`)
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refused(`${what} is not JSON`)
  }
}

/** Far beyond any document; deeper ones would only exhaust the stack of whoever walks through them. */
const DEEPEST = 20

/** @param text valid JSON */
function flawIn(text: string): string | null {
  const open: Set<string>[] = []
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') {
      open.push(new Set())
      if (open.length > DEEPEST) return 'is nested too deeply'
    }
    if (token === '}' || token === ']') open.pop()
    else if (colon && string) {
      const name: string = JSON.parse(string)
      const names = open.at(-1)
      if (names?.has(name)) return `says ${quoted(name)} twice`
      names?.add(name)
    }
  }
  return null
}

const refused = (why: string) =>
  new LicenceRefusal(`The document cannot be read: ${why}.`, {
    code: 'DOCUMENT_UNREADABLE',
    hint: AGAIN,
    kind: 'unreadable',
  })
