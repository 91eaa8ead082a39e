import type { Claims } from '../document/index.ts'
import { laterByDays, ORDER_NOTICE, type Stage, type Track } from '../terms/index.ts'

/** One run of a track: from one due date, one order, one end. */
export interface Occasion {
  readonly track: Track
  /** Tells this run from others of its track: part of the keys of its notices. */
  readonly name: string
  /** What the stages' days count from. */
  readonly anchor: number
  /** No stage begins before it; minus infinity when dates alone count. */
  readonly known: number
  /** From then on it counts no more: an order was lifted. */
  readonly ends: number | null
  readonly order: Claims<'order'> | null
  /** What notices and reasons say about it. */
  readonly words: Readonly<Record<string, string>>
}

/** A stage and when it begins, or would. */
export interface Beginning {
  readonly stage: Stage
  readonly at: number
  /** Notices (their ids) not shown yet, which were counted as if they were shown at the time that was asked about. */
  readonly waitsFor: readonly string[]
}

export type Shown = ReadonlyMap<string, number>

export const noticeKey = (occasion: Pick<Occasion, 'track' | 'name'>, notice: string) =>
  `${occasion.track.name}/${notice}@${occasion.name}`

/**
 * When the stages of an occasion begin, in their order. A stage begins when its days are over, the notices that it waits
 * for were shown long enough ago and the stage before it has begun: whichever is last. Without `ifShownAt` the list ends
 * before the first stage that waits for a notice; with it such notices count as if they were first shown then, or when
 * the stage that says them begins.
 */
export function beginnings(occasion: Occasion, shown: Shown, zone: string, ifShownAt?: number): Beginning[] {
  const found: Beginning[] = []
  const said = new Map<string, number>()
  let before = occasion.known
  let waitsFor: string[] = []
  for (const stage of occasion.track.stages) {
    let at = Math.max(before, stage.days === null ? before : laterByDays(occasion.anchor, stage.days, zone))
    for (const { notices, days } of stage.after) {
      const first = firstShown(occasion, notices, shown)
      if (first === null && ifShownAt === undefined) return found
      if (first === null) waitsFor = [...waitsFor, notices.at(-1) as string]
      const from =
        first ?? Math.max(ifShownAt as number, said.get(notices.at(-1) as string) ?? Number.NEGATIVE_INFINITY)
      if (Number.isFinite(from)) at = Math.max(at, laterByDays(from, days, zone))
    }
    found.push({ stage, at, waitsFor })
    if (stage.notice !== null) said.set(stage.notice, at)
    before = at
  }
  return found
}

/** When one of these notices was first shown. The notice of an order was given with it; an urgent order needs none. */
function firstShown(occasion: Occasion, notices: readonly string[], shown: Shown): number | null {
  const { order } = occasion
  const times = notices.flatMap((notice) => {
    if (notice !== ORDER_NOTICE) return shown.get(noticeKey(occasion, notice)) ?? []
    if (order?.notice) return Date.parse(order.notice.given)
    return order?.urgent ? Number.NEGATIVE_INFINITY : []
  })
  return times.length > 0 ? Math.min(...times) : null
}
