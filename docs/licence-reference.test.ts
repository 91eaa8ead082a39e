import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLAIMS, DOCUMENT_TYPES } from '@domicile/license/document'
import { expect, test } from 'vitest'

const REFERENCE = readFileSync(join(import.meta.dirname, 'vendor/licence-reference.md'), 'utf8')

test.each(Object.entries(CLAIMS))('every field of a %s is in the reference', (kind, { shape }) => {
  const missing = [DOCUMENT_TYPES[kind as keyof typeof CLAIMS], ...Object.keys(shape)].filter(
    (field) => !REFERENCE.includes(`\`${field}\``),
  )

  expect(missing).toEqual([])
})
