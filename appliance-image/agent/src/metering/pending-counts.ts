import type { MeterName } from '@domicile/license/ledger'
import { sentSince, type Traffic } from './machine.ts'

/** What came to be since the last sample that is on the disk: a sample that could not be written loses none of it. */
export class PendingCounts {
  #counts = new Map<MeterName, number>()
  #traffic: Traffic | null = null

  add(name: MeterName, more = 1): void {
    this.#counts.set(name, Math.min((this.#counts.get(name) ?? 0) + more, Number.MAX_SAFE_INTEGER))
  }

  /** What the gateway's counter says now. Before it is known a second time, nothing is known of it. */
  heed(traffic: Traffic | null): void {
    if (!traffic) return
    const sent = sentSince(this.#traffic, traffic)
    this.#traffic = traffic
    if (sent !== null) this.add('transfer_bytes', sent)
  }

  /** What there is now, for a sample; from here on it is counted anew. */
  take(): TakenCounts {
    const taken = this.#counts
    this.#counts = new Map()
    return taken
  }

  /** The sample was not written. */
  putBack(taken: TakenCounts): void {
    for (const [name, more] of taken) this.add(name, more)
  }
}

export type TakenCounts = ReadonlyMap<MeterName, number>

/** Null: not known. Only the gateway can be asked in vain. */
export const countsOf = (taken: TakenCounts, names: readonly MeterName[]): (number | null)[] =>
  names.map((name) => taken.get(name) ?? (name === 'transfer_bytes' ? null : 0))
