import { readFile } from 'node:fs/promises'
import { type LicenceTrust, parseDocument, splitDocuments, verifyDocument } from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'

const MOST_BYTES = 256 * 1024

/** The text of a file with signed documents. @throws UserError NO_FILE, LICENCE_TOO_LARGE (2) */
export async function readDocuments(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} cannot be read: ${error.message}`, {
      code: 'NO_FILE',
      hint: 'Check the path and its permissions.',
      exitCode: ExitCode.Usage,
    })
  })
  if (bytes.length <= MOST_BYTES) return bytes.toString('utf8')
  throw new UserError(`${path} has ${bytes.length} bytes; licence documents are much smaller.`, {
    code: 'LICENCE_TOO_LARGE',
    hint: 'Give the file that the vendor sent.',
    exitCode: ExitCode.Usage,
  })
}

/**
 * Whether these keys vouch for every document of the file: what can be told before there is an appliance. A key list in it
 * may bring keys for the rest, so from there on only the appliance can tell.
 * @throws LicenceRefusal with the reason
 */
export function verifyDocuments(text: string, vendorKeys: LicenceTrust['vendorKeys'], now: Date): void {
  const expected = ['licence', 'renewal', 'order', 'receipt', 'keys', 'unlock'] as const
  for (const document of splitDocuments(text)) {
    verifyDocument(document, expected, { vendorKeys, list: null }, now)
    if (parseDocument(document).kind === 'keys') return
  }
}
