/**
 * Licence time. It never runs backwards; it follows the computer's clock as long as that says what observed running time
 * leads to expect, within a day; and it does not take a clock's word for a jump further ahead. A server that was switched
 * off for longer than a day is such a jump: nobody watched, so licence time stands until the jump is corroborated, and a
 * customer gains those days rather than losing its licence to a clock that was set wrong. All instants are in
 * milliseconds since 1970; the state is plain JSON.
 */
export interface ClockState {
  /** Licence time at the last tick: the floor below which it never falls. */
  readonly now: number
  /** Where observed running time alone would put it. Never behind `now`; runs on while the clock lags behind. */
  readonly expected: number
  /** What the computer's clock said at the last tick. */
  readonly wall: number
  /** A jump ahead that is not believed yet: the least that the clock has claimed throughout so much running time. */
  readonly jump: { readonly leastMs: number; readonly ranSeconds: number } | null
  /** The clock is further behind than is tolerated, and that was said. */
  readonly behind: boolean
}

/** Something about the clock that belongs into the record. `byMs`: from what was expected to what the clock says. */
export interface ClockEvent {
  readonly kind: 'jumped-ahead' | 'set-back' | 'believed' | 'agrees-again'
  /** Licence time. */
  readonly at: number
  readonly byMs: number
}

export interface Tick {
  readonly state: ClockState
  /** Licence time. */
  readonly now: number
  readonly events: readonly ClockEvent[]
}

const TOLERANCE_MS = 24 * 3600 * 1000
const CORROBORATED_AFTER_SECONDS = 72 * 3600

/** A clock that is believed as it stands: at the installation, when there is nothing to compare it with. */
export const startClock = (now: number, wall = now): ClockState => ({
  now,
  expected: now,
  wall,
  jump: null,
  behind: false,
})

/**
 * Licence time now. `ranSeconds` is what a monotonic clock saw since the last tick: nothing of the time in which the
 * process did not run.
 *
 * Within a day of what is expected the computer's clock is followed, ahead at once; behind, licence time stands until it
 * is caught up with. That tolerance is spent once, not anew with each correction, or time could be stopped with it.
 * Beyond it licence time goes on by running time alone: for good after a jump back; after a jump ahead until 72 hours of
 * running have passed in which the clock claimed it throughout. What it claimed least in them is then believed.
 */
export function tick(before: ClockState, { wall, ranSeconds }: { wall: number; ranSeconds: number }): Tick {
  const ran = Math.max(0, ranSeconds)
  const expected = before.expected + ran * 1000
  const byMs = wall - expected
  const state = { ...before, wall, expected }
  if (Math.abs(byMs) <= TOLERANCE_MS) return followed(state, byMs)
  const floor = before.now + ran * 1000
  return byMs < 0 ? wentBack({ ...state, now: floor }, byMs) : ranAhead({ ...state, now: floor }, byMs, ran)
}

function followed(state: ClockState, byMs: number): Tick {
  const now = Math.max(state.now, state.wall)
  const again = state.jump !== null || state.behind
  return {
    state: { ...state, now, expected: Math.max(state.expected, now), jump: null, behind: false },
    now,
    events: again ? [{ kind: 'agrees-again', at: now, byMs }] : [],
  }
}

function wentBack(state: ClockState, byMs: number): Tick {
  return {
    state: { ...state, jump: null, behind: true },
    now: state.now,
    events: state.behind ? [] : [{ kind: 'set-back', at: state.now, byMs }],
  }
}

function ranAhead(state: ClockState, byMs: number, ran: number): Tick {
  const { now, jump } = state
  if (!jump) {
    const begun = { ...state, behind: false, jump: { leastMs: byMs, ranSeconds: 0 } }
    return { state: begun, now, events: [{ kind: 'jumped-ahead', at: now, byMs }] }
  }
  const lasting = { leastMs: Math.min(jump.leastMs, byMs), ranSeconds: jump.ranSeconds + ran }
  if (lasting.ranSeconds < CORROBORATED_AFTER_SECONDS) return { state: { ...state, jump: lasting }, now, events: [] }
  const believed = setAhead(state, state.expected + lasting.leastMs)
  const event: ClockEvent = { kind: 'believed', at: believed.now, byMs: lasting.leastMs }
  return { state: believed, now: believed.now, events: [event] }
}

/** Licence time is at least this from now on; what the clock claims beyond a day more is a jump of its own. */
function setAhead(state: ClockState, instant: number): ClockState {
  const now = Math.max(state.now, instant)
  const rest = state.wall - now
  if (Math.abs(rest) <= TOLERANCE_MS) return startClock(Math.max(now, state.wall), state.wall)
  return { ...state, now, expected: now, jump: rest > 0 ? { leastMs: rest, ranSeconds: 0 } : null }
}

/**
 * Takes a document that the vendor signed as a witness: it is at least as late as when it was signed, and the clock is
 * believed when it is within a day of that. One signed before licence time says nothing new.
 */
export function corroborate(state: ClockState, signedAt: number): ClockState {
  if (signedAt <= state.now) return state
  const moved = setAhead(state, signedAt)
  return moved.jump && state.jump ? { ...moved, jump: { ...moved.jump, ranSeconds: state.jump.ranSeconds } } : moved
}

/** Sets licence time right, in either direction: what an unlock of the vendor says, and only that. */
export const unlock = (state: ClockState, at: number): ClockState => startClock(at, state.wall)
