import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseTerms } from './parse-terms.ts'
import { profileInWords } from './what-happens-when.fixture.ts'

const ROOT = join(import.meta.dirname, '../../..')
const PAGE = join(ROOT, 'docs/admin/what-happens-when.md')
const BEGIN = '<!-- from the profiles in license/terms -->\n'

/** To write the tables anew after a profile has changed: run this test with `-u`. */
test('the page for administrators says of every profile what the profile says', async () => {
  const folder = join(ROOT, 'license/terms')
  const profiles = readdirSync(folder)
    .toSorted()
    .map((file) => profileInWords(parseTerms(readFileSync(join(folder, file), 'utf8'))))
  const [prose = ''] = readFileSync(PAGE, 'utf8').split(BEGIN)

  await expect(`${prose}${BEGIN}\n${profiles.join('\n\n')}\n`).toMatchFileSnapshot(PAGE)
})
