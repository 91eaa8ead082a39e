import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Args } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { counted } from '../../../license/audit-words.ts'
import { readKey } from '../../../release/open-trusted.ts'
import { compareSent } from '../../../vendor/audit/comparison.ts'
import * as shared from '../../../vendor/audit/flags.ts'
import { readSent, type SentFile } from '../../../vendor/audit/sent-file.ts'
import { keyFlag, passphraseFlag, readSecretKey } from '../../../vendor/keys.ts'
import { anchorOf } from '../../../vendor/license/exchange.ts'
import { outFlag, vendorFlag } from '../../../vendor/license/flags.ts'
import { issueDocument, opening, printed, report, trustIn } from '../../../vendor/license/issue-document.ts'

export default class VendorAuditCountersign extends ApplianceCommand {
  static override summary =
    'Sign that an installation’s record stands so today: nobody can put another past in its place.'
  static override description =
    'For a report or request that came in when nothing else is due; answers made with --request hold the same. A report in which anything does not hold is not signed. The customer brings the document in with `license apply`; keep a copy.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> audit-2026.jsonl --since audit-2025.jsonl --key vendor.key',
  ]
  static override args = { file: Args.string({ description: 'the report or request', required: true }) }
  static override flags = {
    'vendor-key': shared.vendorKeysFlag,
    'installation-key': shared.installationKeyFlag,
    since: shared.sinceFlag,
    vendor: vendorFlag,
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    out: outFlag,
  }

  async run() {
    const { args, flags } = await this.parse(VendorAuditCountersign)
    const now = new Date()
    const signer = await readSecretKey(flags.key, flags['passphrase-file'])
    const others = await Promise.all((flags['vendor-key'] ?? []).map(readKey))
    const expected = await shared.readExpected(flags['installation-key'], now)
    const { vendorKeys } = trustIn([signer.publicKey, ...others])
    const reading = { now, vendorKeys, installationKey: expected?.publicKey ?? null }
    const sent = await readSent(args.file, reading)
    if (expected && expected.publicKey !== sent.claims.installation.publicKey) throw another(args.file)
    checkHolds(sent)
    if (flags.since !== undefined) checkContinues(await readSent(flags.since, reading), sent)
    const anchor = { ...opening(now, flags.vendor ?? `key ${signer.publicKey.keyId}`), ...anchorOf(sent) }
    const issued = await issueDocument('anchor', anchor, { signer, out: flags.out, now })
    this.log(report(issued))
    return printed(issued)
  }
}

function checkHolds({ file, report }: SentFile): void {
  const findings = report?.findings ?? []
  const [first, ...others] = findings
  if (!first) return
  const more = others.length === 0 ? '' : ` And ${counted(others.length, 'other finding')}.`
  throw notSigned(`${file} does not hold: ${first.message}${more}`)
}

function checkContinues(earlier: SentFile, sent: SentFile): void {
  checkHolds(earlier)
  const { kinship, earlier: shorter, words } = compareSent(earlier, sent)
  const goesOn = kinship === 'same' || (kinship === 'continued' && shorter === 'a')
  if (!goesOn) throw notSigned(`It does not continue the earlier one. ${words.join(' ')}`)
}

const another = (file: string) => notSigned(`${file} was made by another installation than the one that was expected.`)

const notSigned = (why: string) =>
  new UserError(`Nothing was signed. ${why}`, {
    code: 'NOT_COUNTERSIGNED',
    hint: 'Look at it with `domicile vendor audit verify`, and ask the customer before anything is signed.',
    exitCode: ExitCode.Unverified,
  })
