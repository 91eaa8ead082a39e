import { expect, test } from 'vitest'
import { isOf } from './snapshot-of.ts'

const run = '20261122T013000Z-3f9a1c'
const there = { run, originals: { database: 'd1', files: 'f1', manifest: 'm1' } }

test.each([
  ['its own', { run, parts: { database: 'd1', files: 'f1' } }, true],
  ['another run’s', { run: '20261121T013000Z-000000', parts: { database: 'd1', files: 'f1' } }, false],
  ['of another dump', { run, parts: { database: 'd0', files: 'f1' } }, false],
  ['of other files', { run, parts: { database: 'd1', files: 'f0' } }, false],
  ['none', undefined, false],
])('the manifest is %s', (_, manifest, expected) => {
  expect(isOf(manifest, there)).toBe(expected)
})
