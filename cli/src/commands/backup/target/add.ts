import { readFileSync } from 'node:fs'
import { fingerprint } from '@domicile/backup/targets'
import { password } from '@inquirer/prompts'
import { Args, Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag, yesFlag } from '../../../appliance-command.ts'
import { withBackupLock } from '../../../backup/lock.ts'
import { onTrail } from '../../../backup/on-trail.ts'
import { ensureShipping } from '../../../backup/point-in-time/shipping.ts'
import { addTarget } from '../../../backup/targets/add-target.ts'
import { DockerEngine } from '../../../engine/docker-engine.ts'
import { readGiven } from '../../../given-file.ts'

export default class BackupTargetAdd extends ApplianceCommand {
  static override summary = 'Add a place for a second copy: a server, an S3 store, or a disk.'
  static override description =
    'It gets a key of its own, so the recovery sheet must be printed anew. Of a server the host key is shown and pinned; it must have the public key that is printed. The keys of an S3 store are asked for, or read from a file or standard input, never from the command line. Of disks that are changed give each label; one that has another label is not written to.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> nas sftp://backup@nas.example.com/srv/erp',
    '<%= config.bin %> <%= command.id %> store s3:https://s3.example.com/our-backups/erp --s3-keys keys.txt',
    '<%= config.bin %> <%= command.id %> disk /mnt/backup --label ERP-A --label ERP-B',
  ]
  static override args = {
    target: Args.string({ description: 'name of the second copy', required: true }),
    url: Args.string({
      description: 'sftp://user@host[:port]/path, s3:https://endpoint/bucket[/prefix] or /path',
      required: true,
    }),
  }
  static override flags = {
    name: nameFlag,
    yes: yesFlag,
    label: Flags.string({ summary: 'of a file system that may be mounted there', helpValue: 'LABEL', multiple: true }),
    limit: Flags.integer({ summary: 'send no faster than so many KiB a second', min: 1 }),
    'host-key': Flags.string({ summary: 'fingerprint that the server must show', helpValue: 'SHA256:…' }),
    ca: Flags.string({ summary: 'root certificate of an S3 store of the house, PEM', helpValue: 'FILE' }),
    's3-keys': Flags.string({ summary: 'two lines, id and secret; - is standard input', helpValue: 'FILE' }),
  }

  async run() {
    const { args, flags } = await this.parse(BackupTargetAdd)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const trust = async (shown: string, type: string) => {
      if (flags['host-key'] !== undefined) return flags['host-key'].trim() === shown
      this.say(`The server shows the host key ${shown} (${type}).`)
      this.requireTerminal('Is that the right server?', `--host-key ${shown}, once you have compared it there`)
      await this.confirm('Is that what `ssh-keygen -lf` says on the server itself?', false)
      return true
    }
    const wanted = { name: args.target, url: args.url, labels: flags.label ?? [], limitKiB: flags.limit ?? null }
    const ca = flags.ca === undefined ? undefined : await readGiven(flags.ca)
    const tools = { engine: new DockerEngine(), signal: this.signal, now: () => new Date(), trust }
    const added = await withBackupLock(appliance.name, 'backup target add', () =>
      onTrail(appliance.name, `backup target add ${args.target}`, tools.now, () =>
        addTarget(appliance, wanted, { ...tools, ca, s3Keys: () => this.#s3Keys(flags['s3-keys']) }),
      ),
    )
    const { target, publicKey } = added
    await ensureShipping(appliance, tools)
    this.log(`Added the second copy “${target.name}” at ${target.url}.`)
    if (publicKey) this.log(`\nPut this line into .ssh/authorized_keys of its user:\n\n${publicKey}\n`)
    this.log(`Try it:              domicile backup target test ${target.name}`)
    this.log('Print its key, too:  domicile backup keys export --to FILE   (the sheet of before is void)')
    const key = target.hostKey && fingerprint(target.hostKey)
    return { changed: true, target: { name: target.name, url: target.url, hostKey: key }, publicKey }
  }

  async #s3Keys(from: string | undefined): Promise<string> {
    if (from === '-') return readFileSync(0, 'utf8')
    if (from !== undefined) return readGiven(from)
    this.requireTerminal('The keys of the S3 store', '--s3-keys FILE')
    const ask = (message: string) => password({ message, mask: '*' }, { output: process.stderr })
    return `${await ask('Access key id:')}\n${await ask('Secret key:')}`
  }
}
