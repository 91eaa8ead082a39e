import { compareChains, verifyRequest } from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Args } from '@oclif/core'
import { ApplianceCommand } from '../../../appliance-command.ts'
import { readGiven } from '../../../given-file.ts'
import { KINSHIP } from '../../../vendor/audit/comparison.ts'

export default class VendorLicenseCompare extends ApplianceCommand {
  static override summary = 'Tell from two requests or usage reports whether an installation was copied.'
  static override description =
    'Each carries where the installation’s record stands. Records with one beginning and different ends cannot come from one installation that was never copied or put back (exit 4).'
  static override examples = ['<%= config.bin %> <%= command.id %> request-january.lic request-june.lic']
  static override args = {
    a: Args.string({ description: 'a request or usage report', required: true }),
    b: Args.string({ description: 'another', required: true }),
  }

  async run() {
    const { args } = await this.parse(VendorLicenseCompare)
    const now = new Date()
    const [a, b] = await Promise.all(
      [args.a, args.b].map(async (file) => verifyRequest(await readGiven(file), now).claims),
    )
    if (!a || !b) throw new RangeError('unreachable: two were read')
    const kinship = compareChains(a.chain, b.chain)
    if (kinship === 'forked') throw forked()
    this.log(KINSHIP[kinship])
    return { kinship, installations: [a.installation.id, b.installation.id], lengths: [a.chain.length, b.chain.length] }
  }
}

const forked = () =>
  new UserError(`It was copied, or put back. ${KINSHIP.forked}`, {
    code: 'RECORDS_FORKED',
    hint: 'Ask the customer which of the two it is: after a restore only one report goes on from now on; a copy goes on reporting too, and needs a licence of its own.',
    exitCode: ExitCode.Unverified,
  })
