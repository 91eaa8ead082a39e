import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getAsset, getAssetKeys, isSea } from 'node:sea'
import type { LicenceClaims } from '@domicile/license/document'
import { parseTerms } from '@domicile/license/terms'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { readGiven } from '../../given-file.ts'

/** The terms profiles that ship: assets of the single executable, files while developing. */
const FOLDER = join(import.meta.dirname, '../../../../license/terms')
const ASSET = /^terms\/(.+)\.yaml$/

const profileNames = (): string[] =>
  (isSea() ? getAssetKeys() : readdirSync(FOLDER).map((file) => `terms/${file}`))
    .map((key) => ASSET.exec(key)?.[1] ?? '')
    .filter((name) => name !== '')
    .sort()

/**
 * @param nameOrFile the name of a profile that ships, or a file with one
 * @throws UserError NO_TERMS, NO_FILE; LicenceRefusal when the profile does not hold together
 */
export async function readTerms(nameOrFile: string): Promise<LicenceClaims['terms']> {
  const text = await termsText(nameOrFile)
  const { name, version } = parseTerms(text)
  return { name, version, sha256: createHash('sha256').update(text).digest('hex'), text }
}

async function termsText(nameOrFile: string): Promise<string> {
  const names = profileNames()
  if (names.includes(nameOrFile)) {
    return isSea()
      ? getAsset(`terms/${nameOrFile}.yaml`, 'utf8')
      : readFileSync(join(FOLDER, `${nameOrFile}.yaml`), 'utf8')
  }
  if (/[./]/.test(nameOrFile)) return readGiven(nameOrFile)
  throw new UserError(`There are no terms called “${nameOrFile}”.`, {
    code: 'NO_TERMS',
    hint: `Give one of ${names.join(', ')}, or a file with terms of your own.`,
    exitCode: ExitCode.Usage,
  })
}
