import { isIP } from 'node:net'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { changeWanted } from '../../appliance/mend.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'
import { stage } from '../../screen/stage.ts'

export default class TlsUse extends ApplianceCommand {
  static override summary = 'Choose who issues the certificate: the internal CA or an ACME service.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> internal',
    '<%= config.bin %> <%= command.id %> acme --email admin@example.com',
  ]
  static override args = {
    mode: Args.string({ options: ['internal', 'acme'], required: true, description: 'who issues it' }),
  }
  static override flags = {
    name: nameFlag,
    email: Flags.string({ summary: 'address for the ACME account' }),
    directory: Flags.string({
      summary: 'directory URL of the ACME service (Let’s Encrypt by default)',
      helpValue: 'URL',
    }),
  }

  async run() {
    const { args, flags } = await this.parse(TlsUse)
    const appliance = await openAppliance(flags.name)
    if (args.mode === 'acme') requireDnsName(appliance.wanted.settings['hostname'])
    const tools = { stage: stage(this.jsonEnabled()), signal: this.signal }
    const choice =
      args.mode === 'acme'
        ? {
            mode: 'acme' as const,
            email: requireEmail(flags.email),
            ...(flags.directory && { directory: flags.directory }),
          }
        : { mode: 'internal' as const }
    const tls = await change(appliance.name, `tls use ${args.mode}`, async () => {
      // The agent gets a way out for ACME, and loses it again otherwise.
      await changeWanted(appliance, { ...appliance.wanted, tls: choice }, tools)
      return agentOf(appliance.blueprint.layout.lib).call('tls-use', choice)
    })
    this.log(
      tls.lastError
        ? `Not yet: ${tls.lastError.message}`
        : `Serving a certificate of ${tls.issuer} for ${tls.names.join(', ')}.`,
    )
    return { changed: true, tls, steps: [] }
  }
}

function requireEmail(email: string | undefined): string {
  if (email) return email
  throw new UserError('An ACME account needs an e-mail address.', {
    code: 'USAGE',
    hint: 'Add --email.',
    exitCode: ExitCode.Usage,
  })
}

/** Said before anything is changed: an ACME service proves names, not addresses. */
function requireDnsName(hostname: unknown): void {
  if (typeof hostname === 'string' && hostname.includes('.') && isIP(hostname) === 0) return
  throw new UserError(
    `The appliance is reached as ${hostname}; an ACME service issues certificates for public DNS names.`,
    {
      code: 'TLS_ACME_NEEDS_HOSTNAME',
      hint: 'Give it one first: domicile settings set hostname=erp.example.com',
    },
  )
}
