import { expect, test } from 'vitest'
import { chainOf, EXCHANGE, lineAfter, type RecordLine } from '../record/index.ts'
import { compareChains } from './index.ts'

const at = '2026-03-01T12:00:00.000Z'
const grow = (before: readonly RecordLine[], ...kinds: string[]): RecordLine[] => {
  const lines = [...before]
  for (const kind of kinds) lines.push(lineAfter(lines.at(-1) ?? null, { at, wall: at, kind, data: {} }))
  return lines
}

const beginning = grow([], 'installed', EXCHANGE)
const reported = grow(beginning, 'metered', EXCHANGE)

test('a report that goes on where the other ended continues it, in whatever order they are laid', () => {
  const [earlier, later] = [chainOf(reported), chainOf(grow(reported, 'metered', 'metered', EXCHANGE))]

  expect(compareChains(earlier, later)).toBe('continued')
  expect(compareChains(later, earlier)).toBe('continued')
  expect(compareChains(earlier, earlier)).toBe('same')
})

test('two copies of one appliance are noticed by their next reports', () => {
  const one = chainOf(grow(reported, 'metered', EXCHANGE))
  const other = chainOf(grow(reported, 'applied', EXCHANGE))

  expect(compareChains(one, other)).toBe('forked')
  expect(compareChains(one, chainOf(grow(reported, 'applied', 'metered', EXCHANGE)))).toBe('forked')
  expect(compareChains(one, chainOf(grow(reported, 'applied', EXCHANGE, 'metered', EXCHANGE)))).toBe('forked')
})

test('an appliance that was put back to an earlier backup is noticed', () => {
  const restored = grow(beginning, 'metered', 'metered', 'metered', EXCHANGE)

  expect(compareChains(chainOf(reported), chainOf(restored))).toBe('forked')
})

test('two installations have nothing to do with each other', () => {
  expect(compareChains(chainOf(reported), chainOf(grow([], 'another', EXCHANGE)))).toBe('foreign')
})
