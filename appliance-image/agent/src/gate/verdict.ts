import { createHash } from 'node:crypto'
import type { Notice } from '@domicile/license/standing'
import type { BlockedPage, GateStanding, Pool } from './ports.ts'

/**
 * What became of a session's wish for a seat. `held`: it has one. `over`: the limit only warns or counts. `unproven`: the
 * application does not know the session and will say so itself. `unknown`: nobody can tell now. `refused`: all are taken.
 */
export type SeatResult = 'held' | 'over' | 'unproven' | 'unknown' | 'unlimited' | 'refused'

/** Of a request, as far as the gate looks at it. */
export interface Request {
  /** A person goes to a page with the browser, rather than a page asking for something. */
  readonly navigation: boolean
  /** Value of the cookie that says which notices this browser has shown. */
  readonly noticeCookie: string
}

export type Verdict =
  | { readonly outcome: 'pass' }
  | { readonly outcome: 'full' }
  | { readonly outcome: 'blocked'; readonly page: BlockedPage }
  | { readonly outcome: 'reminder'; readonly notices: readonly Notice[]; readonly cookie: string }

const PASS: Verdict = { outcome: 'pass' }

/** Work goes on unless there is a reason that is certain: whatever nobody can tell lets a request pass. */
export function verdict(standing: GateStanding, request: Request, seat: SeatResult, pool: Pool | null): Verdict {
  if (standing.blocked) return { outcome: 'blocked', page: standing.blocked.page }
  if (seat === 'refused') return { outcome: 'full' }
  if (!request.navigation) return PASS
  // An administrator is known only where the seat says that the application knows the session.
  const notices = noticesFor(standing.notices, pool === 'administrators' && (seat === 'held' || seat === 'over'))
  if (notices.length === 0) return PASS
  const cookie = noticeCookie(notices)
  return cookie === request.noticeCookie ? PASS : { outcome: 'reminder', notices, cookie }
}

export const noticesFor = (notices: readonly Notice[], administrator: boolean) =>
  notices.filter(({ audience }) => audience === 'everyone' || administrator)

/** 22 characters that stand for these notices and no others: something new is said again. */
export const noticeCookie = (notices: readonly Notice[]) =>
  createHash('sha256')
    .update(JSON.stringify(notices.map(({ key }) => key).sort()))
    .digest('base64url')
    .slice(0, 22)
