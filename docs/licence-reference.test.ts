import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLAIMS, DOCUMENT_TYPES } from '@domicile/license/document'
import { expect, test } from 'vitest'
import { failuresIn } from './generator/errors.ts'

const page = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8')
const REFERENCE = page('vendor/licence-reference.md')

test.each(Object.entries(CLAIMS))('every field of a %s is in the reference', (kind, { shape }) => {
  const missing = [DOCUMENT_TYPES[kind as keyof typeof CLAIMS], ...Object.keys(shape)].filter(
    (field) => !REFERENCE.includes(`\`${field}\``),
  )

  expect(missing).toEqual([])
})

test('whatever a document is refused for is in the troubleshooting, with its exit code', () => {
  const root = join(import.meta.dirname, '..')
  const refused = globSync('license/src/{document,standing,terms}/*.ts', { cwd: root })
    .filter((path) => !path.includes('.test.') && !path.includes('.fixture.'))
    .flatMap((path) => failuresIn(readFileSync(join(root, path), 'utf8')))
    // What only a vendor's commands say.
    .filter(({ code }) => code !== 'REQUEST_KEY_DIFFERS')
    .map(({ code, exitCode }) => `${exitCode} ${code}`)
  const told = [...page('admin/troubleshooting.md').matchAll(/^\| (\d) \| ([^|]+) \|/gm)].flatMap(
    ([, exit, codes = '']) => [...codes.matchAll(/[A-Z_]{4,}/g)].map(([code]) => `${exit} ${code}`),
  )

  expect(refused.length).toBeGreaterThan(25)
  expect([...new Set(refused)].filter((one) => !told.includes(one))).toEqual([])
  expect(told.filter((one) => !refused.includes(one))).toEqual([])
})
