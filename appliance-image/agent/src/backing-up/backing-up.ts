import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { LicenceKeeper } from '../licensing/licence-keeper.ts'
import type { Log } from '../log.ts'
import type { BackupStatus } from '../protocol.ts'
import type { Job } from '../scheduler.ts'
import type { Verbs } from '../socket-server.ts'
import { BackupKeeper } from './backup-keeper.ts'
import { helperAt } from './helper-client.ts'
import { HELPER_SOCKET } from './helper-protocol.ts'
import type { Planner } from './planner.ts'
import { Proofs } from './proofs.ts'
import { ScheduleFile } from './schedule-file.ts'

export interface BackingUp {
  readonly verbs: Pick<Verbs, 'backup-note' | 'backup-prove' | 'backup-proofs'>
  readonly jobs: readonly Job[]
  status(): Promise<BackupStatus>
}

const EVERY_SECONDS = 60

/** Puts together what has backups made by the host and knows how they are. Whatever its files hold, it starts. */
export async function startBackingUp(
  { appliance, folders, backup: wanted }: Config,
  { keeper, planner, clock, log }: { keeper: LicenceKeeper; planner: Planner; clock: () => Date; log: Log },
): Promise<BackingUp> {
  const folder = join(folders.state, 'backup')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const proofs = await Proofs.open(folders.state, appliance, keeper)
  const socket = join(folders.run, HELPER_SOCKET)
  const backups = await BackupKeeper.open({
    ...{
      helper: helperAt(socket),
      reachable: () => existsSync(socket),
      file: new ScheduleFile(join(folder, 'state.json'), log),
    },
    plan: ({ schedule, goneSince, brokenAt }, now) => {
      const [terms, installation] = [keeper.licence?.terms.text ?? null, keeper.installation.id]
      return planner.plan({
        kept: { schedule, goneSince, brokenAt },
        wanted,
        terms,
        now: now.toISOString(),
        installation,
      })
    },
    ...{ clock, log },
  })
  return {
    verbs: {
      'backup-note': async (request) => {
        const { operation, outcome, run, at, lostFrom } = request
        // An audit must find it beside what the ledger says of a database that was put back.
        if (operation === 'restore' && outcome === 'done' && lostFrom) keeper.note('restored', { run, at, lostFrom })
        await backups.note(request)
        return {}
      },
      'backup-prove': (drill) => proofs.prove(drill),
      'backup-proofs': (request) => proofs.list(request),
    },
    jobs: [{ name: 'backups', intervalSeconds: EVERY_SECONDS, jitterSeconds: 0, run: backups.run }],
    status: () => backups.status(),
  }
}
