import { randomInt } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { isOnSheet, type Sheet, sheetHtml, sheetKeys, sheetText } from '@domicile/backup/keys'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { input } from '@inquirer/prompts'
import { Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../../appliance-command.ts'
import { readSheet } from '../../../backup/keys/read-sheet.ts'
import { markStored } from '../../../backup/keys/sheet-status.ts'
import { onTrail } from '../../../backup/on-trail.ts'
import { notWritten } from '../../../given-file.ts'

export default class BackupKeysExport extends ApplianceCommand {
  static override summary = 'The recovery sheet: the keys of all backups, for paper or a password safe.'
  static override description =
    'With it and a second copy everything comes back, without this host and without us. Store it elsewhere, then say that you have: type a pair of words that stands on it, here or later with --confirm. Until then `status` warns. A key or a second copy that changes makes the sheet void.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --html --to sheet.html',
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --confirm amber-tiger',
  ]
  static override flags = {
    name: nameFlag,
    to: Flags.string({ summary: 'new file, for root alone; the terminal when left out', helpValue: 'FILE' }),
    html: Flags.boolean({ summary: 'a page to print, with a picture for a camera' }),
    confirm: Flags.string({
      summary: 'it is stored: a pair of words that stands on it; nothing is printed then',
      helpValue: 'WORD',
      exclusive: ['html', 'yes'],
    }),
    yes: { ...yesFlag, summary: 'it is stored, whatever becomes of this output' },
  }

  async run() {
    const { flags } = await this.parse(BackupKeysExport)
    requireRoot()
    const { name } = await openAppliance(flags.name)
    const now = () => new Date()
    return onTrail(name, 'backup keys export', now, async () => {
      const sheet = await readSheet(name, now())
      const text = flags.html ? sheetHtml(sheet) : sheetText(sheet)
      const prints = flags.confirm === undefined || flags.to !== undefined
      if (flags.to !== undefined) await writeSheet(flags.to, text)
      else if (prints) this.log(text)
      const stored = flags.yes || (await this.#confirmed(sheet, flags.confirm))
      if (stored) await markStored(name, sheet, now())
      if (flags.to !== undefined)
        this.log(`Wrote ${flags.to}, which root alone can read. Print it, then remove it here.`)
      this.log(stored ? 'The recovery sheet counts as stored.' : LATER)
      return { changed: stored, file: flags.to ?? null, ...(prints && !flags.to && { sheet: text }), stored }
    })
  }

  /** On a terminal a line is asked for, which only the sheet tells. */
  async #confirmed(sheet: Sheet, word: string | undefined): Promise<boolean> {
    if (word !== undefined) {
      if (isOnSheet(sheet, word)) return true
      throw wrongWord()
    }
    if (!process.stdin.isTTY || !process.stderr.isTTY || this.jsonEnabled()) return false
    const lines = sheetKeys(sheet).flatMap(({ lines }) => lines)
    const line = lines[randomInt(lines.length)]
    const message = `Stored it? Then type the two words at the end of line ${line?.label} (empty: later):`
    const validate = (typed: string) =>
      typed.trim() === '' ||
      line?.word ===
        typed
          .trim()
          .toLowerCase()
          .split(/[\s-]+/)
          .join('-') ||
      'They are others.'
    return (await input({ message, validate }, { output: process.stderr })).trim() !== ''
  }
}

const LATER =
  'Once it is stored elsewhere: domicile backup keys export --confirm WORD   (a pair of words that stands on it)'

const writeSheet = (path: string, text: string): Promise<void> =>
  writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? isThere(path) : notWritten(path, error.message, false)
  })

const isThere = (path: string) =>
  new UserError(`${path} is there already, and a recovery sheet is never written over another file.`, {
    code: 'FILE_NOT_WRITTEN',
    hint: 'Choose another file with --to.',
    exitCode: ExitCode.Usage,
  })

const wrongWord = () =>
  new UserError('Those words do not stand on the recovery sheet that is good now.', {
    code: 'SHEET_WORD_WRONG',
    hint: 'Perhaps a key or a second copy changed since: export it anew. Otherwise take the sheet word, or the words at the end of any line.',
    exitCode: ExitCode.Usage,
  })
