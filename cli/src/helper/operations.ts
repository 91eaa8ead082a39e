import { policy } from '@domicile/backup/policy'
import { UserError } from '@domicile/stacks/kernel'
import { type Appliance, openAppliance } from '../appliance/appliance.ts'
import { runDrill } from '../backup/drill/run-drill.ts'
import { policyInForce } from '../backup/list/policy-in-force.ts'
import { withBackupLock } from '../backup/lock.ts'
import { nightlyBase } from '../backup/point-in-time/index.ts'
import { backUp } from '../backup/snapshot/back-up.ts'
import { secondCopy } from '../backup/targets/second-copy.ts'
import { readTargets } from '../backup/targets/store.ts'
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

/** A night's work. That no base can be made does not undo the snapshot, and is said. */
async function create(appliance: Appliance, tools: Tools): Promise<Result> {
  const request = { kind: 'scheduled', hold: null, acceptSmaller: null } as const
  const { snapshot } = await backUp(appliance, request, tools)
  await withBackupLock(appliance.name, 'backup create (point in time)', () => nightlyBase(appliance, tools))
  return { run: snapshot.run, refused: snapshot.refused }
}

async function drill(appliance: Appliance, tools: Tools): Promise<Result> {
  const { snapshot, problems } = await runDrill(appliance, 'latest', tools)
  return { run: snapshot.run, refused: problems.length > 0 ? 'DRILL_FAILED' : null }
}

async function check(): Promise<Result> {
  throw new UserError('This is not carried out yet.', { code: 'NOT_YET', hint: 'Use a newer program.' })
}

/** To each place that there is; one that cannot be reached does not keep the others from getting theirs. */
async function copy(appliance: Appliance, tools: Tools): Promise<Result> {
  const terms = await policyInForce(appliance)
  const expired = (snapshots: Parameters<typeof policy>[0]) =>
    // The contract may want more than what is known without it.
    terms.contract === 'unknown' ? [] : policy(snapshots, now(), terms).flatMap(({ keep, run }) => (keep ? [] : [run]))
  let failure: unknown
  await withBackupLock(appliance.name, 'backup second copy', async () => {
    for (const target of await readTargets(appliance.name)) {
      await secondCopy(appliance, target, { ...tools, expired }).catch((error) => {
        tools.signal.throwIfAborted()
        say(`${target.name}: ${(error as Error).message}`)
        failure ??= error
      })
    }
  })
  if (failure !== undefined) throw failure
  return { run: null, refused: null }
}
