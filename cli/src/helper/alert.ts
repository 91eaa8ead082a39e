import { setTimeout as sleep } from 'node:timers/promises'
import { layoutOf } from '@domicile/stacks/plan'
import { readWanted } from '../appliance/records.ts'
import { agentOf } from '../facts/running.ts'

/** What a webhook is sent. Codes and instants: nothing that a person wrote, no names of people, no secrets. */
export interface Alert {
  readonly appliance: string
  readonly at: string
  /** `ok` when nothing is bad any more. */
  readonly state: 'failing' | 'ok'
  /** What is bad, worst first (docs/admin/operate.md). */
  readonly codes: readonly string[]
  readonly lastSnapshot: string | null
  readonly lastProof: string | null
}

type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void

const TRIES = [0, 10_000, 60_000]
const TIMEOUT_MS = 10_000

/** Tells the admin's webhook what the agent finds bad now; without one nobody is told. Never throws. */
export async function alertOn(appliance: string, signal: AbortSignal, log: Log): Promise<void> {
  try {
    const webhook = (await readWanted(appliance))?.alerts?.webhook
    if (webhook === undefined) return
    const { backup } = await agentOf(layoutOf(appliance).lib).call('status', {})
    const codes = (backup?.findings ?? []).filter(({ severity }) => severity === 'fail').map(({ code }) => code)
    const { lastSnapshot = null, lastProof = null } = backup ?? {}
    const state = codes.length > 0 ? 'failing' : 'ok'
    await sendAlert(webhook, { appliance, at: new Date().toISOString(), state, codes, lastSnapshot, lastProof }, signal)
    log('alerted', { codes })
  } catch (error) {
    log('not-alerted', { message: (error as Error).message })
  }
}

/**
 * Tries it three times. Whoever is sent elsewhere is not followed there: the admin named one address.
 * @throws Error of the last try
 */
export async function sendAlert(
  webhook: string,
  alert: Alert,
  signal: AbortSignal,
  waits: readonly number[] = TRIES,
): Promise<void> {
  let failure = new Error('nothing was tried')
  for (const wait of waits) {
    await sleep(wait, undefined, { signal })
    try {
      return await post(webhook, alert, signal)
    } catch (error) {
      failure = error as Error
    }
  }
  throw failure
}

async function post(webhook: string, alert: Alert, signal: AbortSignal): Promise<void> {
  const answer = await fetch(webhook, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alert),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  })
  // What it says is nobody's business; how long that is, neither.
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`)
}
