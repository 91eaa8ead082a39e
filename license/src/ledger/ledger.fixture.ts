import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { lineAfter, type RecordLine } from '../record/index.ts'
import { plusDays } from '../utc.ts'
import { hoursText } from './day-text.ts'
import { NO_LINE, readSamples, sampleLine } from './samples.ts'
import { signSeal, unsignedSeal } from './seal.ts'
import { summarize } from './summary.ts'
import { type ColumnsBody, type FlowBody, type SampleBody, SEAL } from './types.ts'
import type { LedgerEvidence } from './verify-ledger.ts'

/** Ledgers for tests: every number comes from a seed, every key from a plain word. */

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export function keyOf(name: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const seed = createHash('sha256').update(`a key for tests alone: ${name}`).digest()
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

export const samplesText = (bodies: readonly SampleBody[]): string => {
  let [text, head] = ['', NO_LINE]
  for (const body of bodies) {
    const line = sampleLine(head, body)
    text += line.text
    head = line.hash
  }
  return text
}

export const columns = (day: string, more: Partial<ColumnsBody> = {}): ColumnsBody => ({
  day,
  levels: ['users', 'sessions', 'sale.users'],
  counts: ['sessions_refused', 'transfer_bytes'],
  limits: { users: 10, sessions: 4 },
  ...more,
})

/** A day as it may come: gaps, minutes twice, levels that could not be asked, limits that change, flows of the day before. */
export function randomDay(day: string, random: () => number, minutes = 1440): SampleBody[] {
  const upTo = (most: number) => Math.floor(random() * (most + 1))
  const bodies: SampleBody[] = [columns(day)]
  for (let minute = 0; minute < minutes; minute++) {
    if (random() < 0.02)
      bodies.push(columns(day, { limits: random() < 0.3 ? {} : { users: upTo(14), sessions: upTo(6) } }))
    if (random() < 0.02) bodies.push(flow(random() < 0.2 ? plusDays(day, -1) : day, upTo(23), upTo(90)))
    const times = random() < 0.05 ? 0 : random() < 0.03 ? 2 : 1
    for (let time = 0; time < times; time++) {
      const levels = [upTo(14), upTo(6), upTo(9)].map((value) => (random() < 0.03 ? null : value))
      bodies.push([minute, ...levels, upTo(2), upTo(1_000_000)])
    }
  }
  return bodies
}

export const flow = (day: string, hour: number, count: number): FlowBody => ({
  hour: `${day}T${String(hour).padStart(2, '0')}`,
  counts: { 'sale.transactions': count, 'stock.transactions': count * 2 },
})

/** A ledger in memory, to be spoilt at will. */
export class TestLedger {
  readonly lines: RecordLine[] = []
  readonly samples = new Map<string, string>()
  readonly hours = new Map<string, string>()
  readonly key = keyOf('installation')

  constructor(day = '2026-11-20') {
    this.note(`${day}T00:00:00.000Z`, 'begun', { installation: '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f' })
  }

  note(at: string, kind: string, data: Record<string, unknown>): this {
    this.lines.push(lineAfter(this.lines.at(-1) ?? null, { at, wall: at, kind, data }))
    return this
  }

  /** Samples, sums up and seals a day. */
  day(day: string, bodies: readonly SampleBody[], key: KeyObject = this.key.privateKey): this {
    const text = samplesText(bodies)
    const hours = summarize(day, bodies)
    this.samples.set(day, text)
    this.hours.set(day, hoursText(hours))
    const { n, hash } = this.lines.at(-1) as RecordLine
    const seal = signSeal(unsignedSeal(readSamples(text, day), hours), { n, hash }, key)
    return this.note(`${plusDays(day, 1)}T00:00:30.000Z`, SEAL, { ...seal })
  }

  get record(): string {
    return this.lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  }

  evidence(today: string, more: Partial<LedgerEvidence> = {}): LedgerEvidence {
    return {
      record: this.record,
      filesOf: (day) => ({ samples: this.samples.get(day) ?? null, hours: this.hours.get(day) ?? null }),
      filedDays: [...new Set([...this.samples.keys(), ...this.hours.keys()])],
      publicKey: this.key.publicKey,
      today,
      ...more,
    }
  }
}
