import { type Appliance, openAppliance } from '../appliance/appliance.ts'
import { checkSnapshots } from '../backup/check/check-snapshots.ts'
import { drillCopyDue } from '../backup/drill/copy-due.ts'
import { DRILL_FAILED, runDrill } from '../backup/drill/run-drill.ts'
import { withBackupLock } from '../backup/lock.ts'
import { checkPointInTime, type Finding, nightlyBase, pointInTimeOn } from '../backup/point-in-time/index.ts'
import { backUp } from '../backup/snapshot/back-up.ts'
import { copyToAll } from '../backup/targets/copy-to-all.ts'
import { DockerEngine } from '../engine/docker-engine.ts'
import { stage } from '../screen/stage.ts'
import type { Operations, Result } from './worker.ts'

const say = (text: string) => process.stderr.write(`${text}\n`)
const now = () => new Date()

type Tools = ReturnType<typeof toolsFor>
const toolsFor = (signal: AbortSignal) => ({ engine: new DockerEngine(), stage: stage(false), signal, say, now })

/** What the helper does for each operation: the same as the commands, on the appliance as it is when it is asked. */
export const hostOperations = (name: string): Operations => {
  const on =
    (work: (appliance: Appliance, tools: Tools) => Promise<Result>) =>
    async (signal: AbortSignal): Promise<Result> =>
      work(await openAppliance(name), toolsFor(signal))
  return { create: on(create), drill: on(drill), check: on(check), 'second-copy': on(copy) }
}

/** A night's work. That no base can be made does not undo the snapshot: `doctor` says since when there is none. */
async function create(appliance: Appliance, tools: Tools): Promise<Result> {
  const request = { kind: 'scheduled', hold: null, acceptSmaller: null } as const
  const { snapshot } = await backUp(appliance, request, tools)
  await withBackupLock(appliance.name, 'backup point-in-time base', () => nightlyBase(appliance, tools)).catch(
    (error: Error) => {
      tools.signal.throwIfAborted()
      say(`No base for point in time was made: ${error.message}`)
    },
  )
  return { run: snapshot.run, refused: snapshot.refused }
}

async function drill(appliance: Appliance, tools: Tools): Promise<Result> {
  const { snapshot, problems } = await runDrill(appliance, 'latest', tools)
  const copy = await drillCopyDue(appliance, tools)
  if (problems.length > 0) return { run: snapshot.run, refused: DRILL_FAILED }
  return { run: snapshot.run, refused: copy && copy.problems.length > 0 ? 'SECOND_COPY_DIFFERS' : null }
}

async function check(appliance: Appliance, tools: Tools): Promise<Result> {
  const { complaints } = await checkSnapshots(appliance, 'next', tools)
  if (complaints.length > 0) return { run: null, refused: 'ARCHIVE_DAMAGED' }
  const damaged = pointInTimeOn(appliance.wanted) && (await checkPointInTime(appliance, tools)).findings.some(isDamage)
  return { run: null, refused: damaged ? 'POINT_IN_TIME_DAMAGED' : null }
}

const isDamage = ({ code }: Finding) => ['DAMAGED', 'BASE_DAMAGED', 'UNREADABLE'].includes(code)

async function copy(appliance: Appliance, tools: Tools): Promise<Result> {
  await copyToAll(appliance, tools)
  return { run: null, refused: null }
}
