import { Flags } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { readGiven } from '../../../given-file.ts'
import { keyFlag, passphraseFlag, readSecretKey } from '../../../vendor/keys.ts'
import { checkExchange, readExchange } from '../../../vendor/license/exchange.ts'
import { dayFlag, lastDayFlag, outFlag, perpetualOr, requestFlag, seqFlag } from '../../../vendor/license/flags.ts'
import { issueDocument, opening, printed, report } from '../../../vendor/license/issue-document.ts'
import { readIssuedLicence, renewalOf } from '../../../vendor/license/renewal.ts'

export default class VendorLicenseRenew extends ApplianceCommand {
  static override summary = 'Move the dates or the numbers of a licence that you issued.'
  static override description =
    'What is not named stays as it is. An appliance takes it offline and at once, in every standing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --licence k-17.lic --seq 2 --until 2027-12-31 --paid-through 2027-03-31 --key vendor.key',
  ]
  static override flags = {
    licence: Flags.string({ char: 'l', summary: 'the licence, as it was issued', required: true, helpValue: 'FILE' }),
    until: lastDayFlag('last day of use'),
    'maintenance-until': dayFlag('last day of maintenance'),
    'paid-through': dayFlag('last day that is paid for'),
    users: Flags.integer({ summary: 'named users from now on', min: 0 }),
    sessions: Flags.integer({ summary: 'concurrent sessions from now on', min: 0 }),
    seq: seqFlag,
    request: requestFlag,
    key: keyFlag,
    'passphrase-file': passphraseFlag,
    out: outFlag,
  }

  async run() {
    const { flags } = await this.parse(VendorLicenseRenew)
    const now = new Date()
    const signer = await readSecretKey(flags.key, flags['passphrase-file'])
    const { claims: licence, warning } = readIssuedLicence(await readGiven(flags.licence), signer.publicKey, now)
    if (warning) this.say(`Warning: ${warning}`)
    const { seq, users, sessions } = flags
    const exchange = await readExchange(flags.request, now)
    if (exchange) checkExchange(exchange, { contract: licence.contract, seq }, licence)
    const changes = {
      until: perpetualOr(flags.until),
      maintenanceUntil: flags['maintenance-until'],
      paidThrough: flags['paid-through'],
    }
    const renewal = { ...opening(now, licence.iss), ...renewalOf(licence, { seq, users, sessions, ...changes }) }
    const issued = await issueDocument('renewal', renewal, { signer, out: flags.out, now, exchange })
    this.log(report(issued))
    return printed(issued)
  }
}
