import type { LicenceClaims } from '@domicile/license/document'
import type { Stage, Timed } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Appliance } from '../../appliance/appliance.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { agentOf } from '../../facts/running.ts'
import { readTerms } from '../../vendor/license/profiles.ts'
import { checkApplication } from './application-checks.ts'
import { checkBackup, checkExport, readableTables } from './database-checks.ts'
import { checkEntry } from './entry-check.ts'
import { planItinerary, type Stop } from './itinerary.ts'
import { expected, type Finding, type Judged, judge } from './laws.ts'
import { prepareScratch, raiseScratch, removeScratch } from './scratch.ts'
import { type ScratchPlan, volumesLeftOut } from './scratch-plan.ts'
import { ScratchVendor } from './scratch-vendor.ts'
import { StandingKeeper } from './standing-keeper.ts'

/** Terms that ship and know the standings that others do not. */
const OTHER_TERMS = ['erp-on-premises', 'hrm-subscription']

export interface Tried {
  readonly standing: string
  readonly terms: string | null
  readonly checks: readonly Judged[]
  readonly seconds: number
}

export interface SelftestReport {
  readonly standings: readonly Tried[]
  /** Standings that no terms at hand lead to. */
  readonly unreachable: readonly string[]
  readonly volumesLeftOut: readonly string[]
  readonly steps: readonly Timed[]
}

export interface SelftestTools {
  readonly engine: DockerEngine
  readonly stage: Stage
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

/**
 * Makes a scratch copy of a running appliance, takes it through every standing, tries in each what people do, and removes
 * it whatever happens. The running appliance is read and never written to.
 * @throws UserError NO_ROOM (3), NAME_TAKEN (3), STANDING_NOT_REACHED (1), INTERRUPTED (130)
 */
export async function selftest(appliance: Appliance, tools: SelftestTools): Promise<SelftestReport> {
  const { engine, say } = tools
  const vendor = new ScratchVendor()
  const { licence } = await agentOf(appliance.blueprint.layout.lib).call('licence-show', {})
  if (await removeScratch(appliance.name, engine)) say('Removed the scratch copy that an earlier run left.')
  const plan = await prepareScratch(appliance, engine, vendor.publicKey)
  const steps: Timed[] = []
  const timed = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    try {
      return await work()
    } finally {
      steps.push({ title, seconds: (performance.now() - began) / 1000 })
    }
  }
  try {
    steps.push(...(await raiseScratch(plan, appliance, engine, tools)))
    const terms = [...(licence ? [licence.terms] : []), ...(await Promise.all(OTHER_TERMS.map(readTerms)))]
    const tour = await timed('Try every standing', () => tryAll(appliance, plan, vendor, terms, tools))
    return { ...tour, volumesLeftOut: volumesLeftOut(appliance), steps }
  } catch (error) {
    throw tools.signal.aborted ? interrupted(error) : error
  } finally {
    await timed('Remove the scratch copy', () => removeScratch(appliance.name, engine))
  }
}

const interrupted = (cause: unknown) =>
  new UserError('The self-test was interrupted, and its scratch copy removed.', {
    code: 'INTERRUPTED',
    hint: 'Nothing was changed. Run it again from the beginning.',
    exitCode: ExitCode.Interrupted,
    cause,
  })

async function tryAll(
  { stack, state, blueprint: running }: Appliance,
  { blueprint }: ScratchPlan,
  vendor: ScratchVendor,
  terms: readonly LicenceClaims['terms'][],
  { engine, signal, say }: SelftestTools,
) {
  const keeper = new StandingKeeper(agentOf(blueprint.layout.lib), vendor, signal, say)
  const tables = await readableTables(engine, running)
  const { gateway, license, guards } = stack.manifest
  const application = {
    users: guards?.users ? await keeper.countUsers() : null,
    sessions: gateway.session !== undefined,
    closed: license === 'required',
  }
  const { stops, unreachable } = planItinerary(state.release.name, terms, application, new Date())
  const good = stops.find(({ name }) => name === 'good')?.way?.licence
  const standings: Tried[] = []
  for (const stop of stops) {
    signal.throwIfAborted()
    const began = performance.now()
    if (stop.way) await keeper.reach(stop.way.licence, stop.way.route)
    const findings = [
      ...(await checkApplication(engine, blueprint, gateway, expected(stop), signal)),
      await checkBackup(engine, blueprint, signal),
      await checkExport(engine, blueprint, tables, signal),
      await checkEntry(blueprint, expected(stop).entry ?? 'done', signal),
      ...(good ? [await keeper.lift(good)] : []),
    ]
    await keeper.backToNow()
    const tried = judged(stop, findings, (performance.now() - began) / 1000)
    standings.push(tried)
    say(lineOf(tried))
  }
  return { standings, unreachable }
}

const judged = (stop: Stop, findings: readonly Finding[], seconds: number): Tried => ({
  ...{ standing: stop.name, terms: stop.terms, seconds },
  checks: judge(stop, findings),
})

function lineOf({ standing, checks, seconds }: Tried): string {
  const broken = checks.filter(({ verdict }) => verdict === 'broken').map(({ check }) => check)
  const result = broken.length === 0 ? '✔' : `✗ ${broken.join(', ')}`
  return `  ${result} ${standing}  ${seconds.toFixed(1)} s`
}
