import { BackupRefusal } from '@domicile/backup/refusal'
import type { Snapshot } from '@domicile/backup/snapshot'
import { Flags } from '@oclif/core'
import { openAppliance, requireRoot } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { reasonFlag } from '../../backup/reason-flag.ts'
import { backUp } from '../../backup/snapshot/back-up.ts'
import { tellingAgent } from '../../backup/tell-end.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { stage } from '../../screen/stage.ts'

export default class BackupCreate extends ApplianceCommand {
  static override summary = 'Make a snapshot of everything: database, documents, settings, secrets, licence.'
  static override description =
    'While people work on. Everything is of one point in time and encrypted; what is already in the archive is not stored again. Afterwards what the policy no longer keeps is removed. A dump that is empty or less than half of the last one does not count (exit code 4) unless somebody says why that is so.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --hold "before the audit"',
  ]
  static override flags = {
    name: nameFlag,
    hold: reasonFlag({ summary: 'keep it whatever the policy says, and say why' }),
    'accept-smaller': reasonFlag({ summary: 'why the database is so much smaller than before; then it counts' }),
    kind: Flags.option({
      options: ['manual', 'final'] as const,
      summary: 'final: the last one, kept outside the policy',
    })({
      default: 'manual',
    }),
  }

  async run() {
    const { flags } = await this.parse(BackupCreate)
    requireRoot()
    const appliance = await openAppliance(flags.name)
    const quiet = this.jsonEnabled()
    const request = { kind: flags.kind, hold: flags.hold ?? null, acceptSmaller: flags['accept-smaller'] ?? null }
    const tools = {
      ...{ engine: new DockerEngine(), stage: stage(quiet), signal: this.signal, now: () => new Date() },
      say: (text: string) => quiet || this.say(text),
    }
    const { snapshot, removed, steps } = await tellingAgent(
      appliance,
      'create',
      () => backUp(appliance, request, tools),
      ({ snapshot: { run, refused } }) => ({ run, outcome: refused === null ? 'done' : 'refused', code: refused }),
    )
    if (snapshot.refused !== null) throw doesNotCount(snapshot, snapshot.refused)
    this.log(
      `Snapshot ${snapshot.run}: ${megabytes(snapshot.bytes.dump)} of database and ${megabytes(snapshot.bytes.documents)} of documents, ${megabytes(snapshot.bytes.added)} new in the archive.`,
    )
    if (removed.length > 0) this.log(`Removed by the policy: ${removed.map(({ run }) => run).join(', ')}`)
    return { changed: true, snapshot, removed: removed.map(({ run }) => run), steps }
  }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

const SMALLER =
  'Nothing older was removed. See whether the database is the right one and whole. When it is, say why: domicile backup create --accept-smaller "REASON"'

/** Why it does not count, and what to do about it. */
const WHY: Readonly<Record<string, { so: string; hint: string }>> = {
  DUMP_EMPTY: { so: 'it has no tables, although the one before had', hint: SMALLER },
  DUMP_TOO_SMALL: { so: 'its dump is less than half as large as the one before', hint: SMALLER },
  SUSPECT: {
    so: 'the archive is damaged, and it leans on what cannot be read any more',
    hint: 'Run `domicile backup create` once more: it takes out what is damaged and writes it anew. Look at the disk, too (dmesg).',
  },
}
function doesNotCount({ run, bytes }: Snapshot, code: string): BackupRefusal {
  const { so, hint } = WHY[code] ?? { so: code, hint: SMALLER }
  return new BackupRefusal(`The snapshot ${run} (${megabytes(bytes.dump)}) does not count: ${so}.`, {
    ...{ code, kind: 'unverified', hint },
  })
}
