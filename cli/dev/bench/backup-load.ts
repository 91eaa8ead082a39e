import { execa } from 'execa'
import { DATABASE, POSTGRES } from './backup-data.ts'

const CLIENTS = 4
const SLICE_SECONDS = 3

/** Transactions a second of pgbench's own mix, as the application would ask: over a socket, several at once. */
async function transactionsPerSecond(duration: number): Promise<number> {
  const load = [`--client=${CLIENTS}`, '--jobs=1', `--time=${duration}`, '--no-vacuum', DATABASE]
  const { stdout } = await execa('docker', ['exec', '--user=70', POSTGRES, 'pgbench', ...load])
  const found = Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
  if (!(found > 0)) throw new Error(`pgbench said nothing of its speed:\n${stdout}`)
  return found
}

export interface Loss {
  readonly alone: number
  readonly beside: number
}

/**
 * The load alone before and after, and slices of it for as long as `work` runs; the last slice, in which it ends, does not
 * count.
 */
export async function lossDuring(work: () => Promise<unknown>, aloneSeconds: number): Promise<Loss> {
  const before = await transactionsPerSecond(aloneSeconds)
  let ended = false
  const working = work().finally(() => {
    ended = true
  })
  working.catch(() => undefined)
  const slices: number[] = []
  while (!ended) {
    const slice = await transactionsPerSecond(SLICE_SECONDS)
    if (!ended || slices.length === 0) slices.push(slice)
  }
  await working
  const after = await transactionsPerSecond(aloneSeconds)
  return { alone: (before + after) / 2, beside: slices.reduce((sum, each) => sum + each, 0) / slices.length }
}
