import { readFile } from 'node:fs/promises'
import { fingerprint } from '@domicile/backup/targets'
import { requireRoot } from '../../../appliance/appliance.ts'
import { resolveName } from '../../../appliance/records.ts'
import { ApplianceCommand, nameFlag } from '../../../appliance-command.ts'
import { readTargetState, readTargets, targetFiles } from '../../../backup/targets/store.ts'
import { labelled } from '../../../screen/columns.ts'

export default class BackupTargetList extends ApplianceCommand {
  static override summary = 'Second copies: where they are, how old, and whether they can be removed from here.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(BackupTargetList)
    requireRoot()
    const name = await resolveName(flags.name)
    const targets = await readTargets(name)
    const items = await Promise.all(targets.map((target) => itemOf(name, target)))
    this.log(
      items.length > 0
        ? items.map(itemText).join('\n\n')
        : 'There is no second copy. Losing this host would lose everything: domicile backup target add NAME URL',
    )
    return { items }
  }
}

type Item = Awaited<ReturnType<typeof itemOf>>

async function itemOf(appliance: string, target: Awaited<ReturnType<typeof readTargets>>[number]) {
  const { last, byLabel, removable, checkedAt, provenAt, error } = await readTargetState(appliance, target.name)
  const publicKey = await readFile(targetFiles(appliance, target.name).sshPublicKey, 'utf8').catch(() => null)
  return {
    ...{ name: target.name, url: target.url, labels: target.labels, limitKiB: target.limitKiB },
    ...{ hostKey: target.hostKey && fingerprint(target.hostKey), publicKey: publicKey?.trim() ?? null },
    ...{ last, byLabel, appendOnly: removable === null ? null : !removable, checkedAt, provenAt, error },
  }
}

const APPEND_ONLY = new Map<boolean | null, string>([
  [null, 'not tried: domicile backup target test'],
  [true, 'append-only'],
  [false, 'from here, too'],
])

function itemText({ name, url, last, byLabel, appendOnly, hostKey, publicKey, provenAt, error }: Item): string {
  return [
    labelled('Second copy', `${name}  ${url}`),
    labelled('Newest there', last ? `${last.run}` : 'nothing yet'),
    ...Object.entries(byLabel).map(([label, { run }]) => labelled(`Disk ${label}`, run)),
    labelled('Removable', APPEND_ONLY.get(appendOnly) ?? ''),
    labelled('Proven', provenAt ?? 'never'),
    ...(hostKey ? [labelled('Host key', hostKey)] : []),
    ...(publicKey ? [labelled('Public key', publicKey)] : []),
    ...(error ? [labelled('Last try failed', `${error.at}: ${error.message.split('\n')[0]}`)] : []),
  ].join('\n')
}
