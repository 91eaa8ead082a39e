import { splitDocuments } from '@domicile/license/document'
import { Flags } from '@oclif/core'
import { readGiven } from '../../given-file.ts'
import { type InstallationKey, readInstallationKey } from '../../license/installation-key.ts'
import { readKey } from '../../release/open-trusted.ts'
import { trustIn } from '../license/issue-document.ts'

/** What the commands share that look into reports. */

export const vendorKeysFlag = Flags.string({
  summary: 'public key of the vendor, to check its documents in the report; all that count, when there are several',
  multiple: true,
  helpValue: 'KEY',
})
export const installationKeyFlag = Flags.string({
  summary: 'whose report it must be: a request that the installation made before, or its public key',
  helpValue: 'FILE|KEY',
})
export const anchorFlag = Flags.string({
  summary: 'what the vendor counter-signed before: the record must still hold it',
  multiple: true,
  dependsOn: ['vendor-key'],
  helpValue: 'FILE',
})
export const sinceFlag = Flags.string({ summary: 'an earlier report that this one must continue', helpValue: 'FILE' })

/** @throws UserError PUBLIC_KEY_INVALID */
export const readVendorKeys = async (keys: readonly string[] | undefined) =>
  trustIn(await Promise.all((keys ?? []).map(readKey))).vendorKeys

export const readExpected = async (given: string | undefined, now: Date): Promise<InstallationKey | null> =>
  given === undefined ? null : readInstallationKey(given, now)

/** Texts of the documents in files. */
export const readDocuments = async (files: readonly string[] | undefined): Promise<string[]> =>
  (await Promise.all((files ?? []).map(readGiven))).flatMap(splitDocuments)
