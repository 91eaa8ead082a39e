import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { isEncrypted, parseSecretKey, type SecretKey, type SignedKeyList } from '@domicile/stacks/release'
import { password } from '@inquirer/prompts'
import { Flags } from '@oclif/core'
import { readGiven } from '../given-file.ts'

export const keyFlag = Flags.string({
  char: 'k',
  summary: 'the vendor’s secret key file',
  required: true,
  helpValue: 'FILE',
})
export const passphraseFlag = Flags.string({ summary: 'file that holds the passphrase of the key', helpValue: 'FILE' })

/** Reads a secret key; asks for its passphrase when it has one and no file was given. */
export async function readSecretKey(path: string, passphraseFile: string | undefined): Promise<SecretKey> {
  const text = await readGiven(path)
  if (!isEncrypted(text)) return parseSecretKey(text)
  if (passphraseFile) return parseSecretKey(text, (await readGiven(passphraseFile)).replace(/\r?\n$/, ''))
  if (!process.stdin.isTTY) {
    throw new UserError(`The key ${path} has a passphrase and there is no terminal to ask for it.`, {
      code: 'NO_TERMINAL',
      hint: 'Put the passphrase into a file (mode 0600) and give it with --passphrase-file.',
      exitCode: ExitCode.Usage,
    })
  }
  return parseSecretKey(text, await password({ message: 'Passphrase of the key' }, { output: process.stderr }))
}

/** A key list file `X.json` with its signature `X.json.minisig` beside it. */
export async function readKeyList(path: string): Promise<SignedKeyList> {
  return { json: await readGiven(path), signature: await readGiven(`${path}.minisig`) }
}
