import { expect, test } from 'vitest'
import { type AuditLine, brokenLink, hashOf } from './audit-trail.ts'

/** A chain as the program writes it. */
function chain(...whats: string[]): AuditLine[] {
  const lines: AuditLine[] = []
  for (const [index, what] of whats.entries()) {
    const line = {
      number: index + 1,
      at: '2026-11-22T10:00:00Z',
      who: 'root (0)',
      what,
      event: 'end' as const,
      previous: lines.at(-1)?.hash ?? '0'.repeat(64),
    }
    lines.push({ ...line, hash: hashOf(line) })
  }
  return lines
}

test('a chain that nobody touched holds', () => {
  expect(brokenLink(chain('install', 'apply', 'stop'))).toBeUndefined()
  expect(brokenLink([])).toBeUndefined()
})

test('an edited line is found', () => {
  const lines = chain('install', 'apply', 'stop')
  const edited = lines.map((line) => (line.number === 2 ? { ...line, what: 'nothing' } : line))

  expect(brokenLink(edited)).toBe('line 2 was changed after it was written')
})

test('an edited line with a hash made to fit breaks the line after it', () => {
  const lines = chain('install', 'apply', 'stop').map((line) => {
    if (line.number !== 2) return line
    const forged = { ...line, what: 'nothing' }
    return { ...forged, hash: hashOf(forged) }
  })

  expect(brokenLink(lines)).toBe('line 3 does not follow the line before it')
})

test('a removed line is found', () => {
  const lines = chain('install', 'apply', 'stop')

  expect(brokenLink(lines.filter(({ number }) => number !== 2))).toMatch(/line 2 carries the number 3/)
  expect(brokenLink(lines.slice(1))).toMatch(/line 1 carries the number 2/)
})
