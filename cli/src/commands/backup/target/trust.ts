import { fingerprint, knownHost, parsePlace } from '@domicile/backup/targets'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Args, Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../../appliance-command.ts'
import { withBackupLock } from '../../../backup/lock.ts'
import { onTrail } from '../../../backup/on-trail.ts'
import { ensureShipping } from '../../../backup/point-in-time/shipping.ts'
import { scanHostKey } from '../../../backup/targets/ssh.ts'
import { findTarget, rootOnly, targetFiles, writeTarget } from '../../../backup/targets/store.ts'
import { DockerEngine } from '../../../engine/docker-engine.ts'

export default class BackupTargetTrust extends ApplianceCommand {
  static override summary = 'Pin the new host key of a server that was set up anew.'
  static override description =
    'It must show exactly the key whose fingerprint you give: compare it on the server itself.'
  static override examples = ['<%= config.bin %> <%= command.id %> nas --host-key SHA256:…']
  static override args = { target: Args.string({ description: 'name of the second copy', required: true }) }
  static override flags = {
    name: nameFlag,
    'host-key': Flags.string({ summary: 'its fingerprint', helpValue: 'SHA256:…', required: true }),
  }

  async run() {
    const { args, flags } = await this.parse(BackupTargetTrust)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const target = await findTarget(appliance.name, args.target)
    const place = parsePlace(target.url)
    if (place.kind !== 'sftp') throw noServer(target.name)
    const tools = { engine: new DockerEngine(), signal: this.signal }
    const shown = await withBackupLock(appliance.name, 'backup target trust', () =>
      onTrail(
        appliance.name,
        `backup target trust ${target.name}`,
        () => new Date(),
        async () => {
          const hostKey = await scanHostKey(appliance, { ...place, network: 'edge' }, tools)
          const shown = fingerprint(hostKey)
          if (shown !== flags['host-key'].trim()) throw another(place.host, shown)
          await rootOnly(targetFiles(appliance.name, target.name).knownHosts, knownHost(place, hostKey))
          await writeTarget(appliance.name, { ...target, hostKey })
          await ensureShipping(appliance, tools)
          return shown
        },
      ),
    )
    this.log(`Pinned ${shown} for “${target.name}”. The recovery sheet names the host key: print it anew.`)
    return { changed: true, target: target.name, hostKey: shown }
  }
}

const noServer = (name: string) =>
  new UserError(`“${name}” is no server with a host key.`, {
    code: 'USAGE',
    hint: 'Only sftp:// places have one.',
    exitCode: ExitCode.Usage,
  })

const another = (host: string, shown: string) =>
  new UserError(`${host} shows ${shown}, which is another key. The old one stays pinned.`, {
    code: 'HOST_KEY_NOT_TRUSTED',
    hint: 'Compare it on the server itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
    exitCode: ExitCode.Unverified,
  })
