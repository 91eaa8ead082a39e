import { expect, test } from 'vitest'
import { parseRelease } from './release-document.ts'

test('what a release says of itself can do nothing to the terminal that shows it', () => {
  const document = { format: 1, title: 'ERP\u001b]0;root#\u0007', domicile: '0.1.0\r' }

  expect(() => parseRelease(JSON.stringify(document))).toThrow(/one line without control characters → at title/)
  expect(() => parseRelease(JSON.stringify(document))).toThrow(/one line without control characters → at domicile/)
})
