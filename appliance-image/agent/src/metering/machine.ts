import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { get } from 'node:http'

/** Processor time since the machine started, all processors together, in ticks. */
interface Ticks {
  readonly busy: number
  readonly all: number
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; null when it is another text. */
export function ticksOf(stat: string): Ticks | null {
  const numbers = /^cpu +([\d ]+)/.exec(stat)?.[1]?.split(' ').slice(0, 8).map(Number) ?? []
  if (numbers.length < 4) return null
  const all = numbers.reduce((sum, value) => sum + value, 0)
  return { all, busy: all - (numbers[3] ?? 0) - (numbers[4] ?? 0) }
}

/** In percent of all processors, from then until now; null when it cannot be known. */
export function loadPercent(then: Ticks | null, now: Ticks | null): number | null {
  if (!then || !now || now.all <= then.all) return null
  return Math.min(100, Math.max(0, Math.round((100 * (now.busy - then.busy)) / (now.all - then.all))))
}

/** Asks for the load since it was last asked. */
export function loadSinceAsked(read = () => readFileSync('/proc/stat', 'utf8')): () => number | null {
  let before = ticks(read)
  return () => {
    const now = ticks(read)
    const load = loadPercent(before, now)
    before = now
    return load
  }
}

function ticks(read: () => string): Ticks | null {
  try {
    return ticksOf(read())
  } catch {
    return null
  }
}

/** Bytes that are used on the file system of a folder; null when it does not say. */
export async function diskBytes(folder: string): Promise<number | null> {
  try {
    const { blocks, bfree, bsize } = await statfs(folder)
    return (blocks - bfree) * bsize
  } catch {
    return null
  }
}

/** What the gateway's counter says: which one it is, since it starts anew with the gateway, and bytes sent. */
export interface Traffic {
  readonly counter: string
  readonly bytes: number
}

const PATIENCE_MS = 2000
const LONGEST_ANSWER = 200

/** Null when the gateway does not answer. */
export const gatewayTraffic = ({ host, port }: { host: string; port: number }): Promise<Traffic | null> =>
  new Promise((resolve) => {
    const asked = get({ host, port, path: '/__domicile/traffic', timeout: PATIENCE_MS, agent: false }, (response) => {
      let text = ''
      response.setEncoding('latin1').on('data', (chunk) => {
        text += chunk
        if (text.length > LONGEST_ANSWER) response.destroy()
      })
      // What came of it is said when it closes.
      response.on('error', () => undefined)
      response.on('close', () => resolve(response.complete && response.statusCode === 200 ? trafficIn(text) : null))
    })
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(null))
  })

export function trafficIn(text: string): Traffic | null {
  const [, counter, bytes] = /^(\S{1,100}) (\d{1,15})\s*$/.exec(text) ?? []
  return counter && bytes ? { counter, bytes: Number(bytes) } : null
}

/** Sent from then until now; a counter that began since counts from nothing. Null when that cannot be known. */
export function sentSince(then: Traffic | null, now: Traffic | null): number | null {
  if (!then || !now) return null
  return now.counter === then.counter && now.bytes >= then.bytes ? now.bytes - then.bytes : now.bytes
}
