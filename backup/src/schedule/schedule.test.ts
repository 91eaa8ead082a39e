import { describe, expect, test } from 'vitest'
import { snapshotAt } from '../snapshots.fixture.ts'
import { begun, due, freshState, next, noted, type ScheduleState, scheduleStateSchema, summaryOf } from './index.ts'
import { copy, ended, OTHER, RUN, TERMS, wellState } from './schedule.fixture.ts'

const ID = '6f1f0c1e-0000-4000-8000-000000000001'
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

const dueAt = (state: ScheduleState, at: string, terms = TERMS, id = ID) => due(state, terms, new Date(at), id)
/** The minutes from one instant to another in which something becomes due, each once. */
function changes(state: ScheduleState, from: string, until: string, terms = TERMS): string[] {
  const found: string[] = []
  let before: string | null = null
  for (let at = Date.parse(from); at < Date.parse(until); at += MINUTE_MS) {
    const one = due(state, terms, new Date(at), ID)
    const now = one && `${one.operation} ${one.why}`
    if (now && now !== before) found.push(`${new Date(at).toISOString().slice(0, 16)} ${now}`)
    before = now
  }
  return found
}

describe('a snapshot is due', () => {
  test('once the installation had time to end, and not before', () => {
    const fresh = freshState(new Date('2026-11-21T12:00:00Z'))

    expect(dueAt(fresh, '2026-11-21T12:09:59Z')).toBeNull()
    expect(dueAt(fresh, '2026-11-21T12:10:00Z')).toEqual({ operation: 'create', why: 'FIRST' })
  })

  test('every night, once, in the first half of the window, in the zone', () => {
    const [night] = changes(wellState(), '2026-11-21T06:00:00Z', '2026-11-22T03:00:00Z')
    const at = night?.slice(0, 16) ?? ''

    expect(night).toMatch(/ create NIGHT$/)
    // From one to three there.
    expect(at >= '2026-11-22T00:00' && at < '2026-11-22T02:00').toBe(true)
    const made = wellState({ snapshot: { run: OTHER, at: `${at}:00.000Z` } })
    expect(changes(made, `${at}:00Z`, '2026-11-22T23:30:00Z')).toEqual([])
  })

  test('also when somebody made one in the evening, and not when somebody made one in the window', () => {
    const evening = wellState({ snapshot: { run: OTHER, at: '2026-11-21T22:00:00.000Z' } })
    const early = wellState({ snapshot: { run: OTHER, at: '2026-11-22T00:01:00.000Z' } })

    expect(changes(evening, '2026-11-21T22:00:00Z', '2026-11-22T04:00:00Z')).toHaveLength(1)
    expect(changes(early, '2026-11-22T00:01:00Z', '2026-11-22T23:00:00Z')).toEqual([])
  })

  test('at other minutes on other appliances, and at the same one every night', () => {
    const turn = (id: string, day: string) => {
      const state = wellState({ snapshot: { run: RUN, at: `${day}T01:30:00.000Z` } })
      return next(state, TERMS, new Date(`${day}T12:00:00Z`), id).at
    }
    const ids = Array.from({ length: 200 }, (_, number) => `installation ${number}`)
    const minutes = new Set(ids.map((id) => turn(id, '2026-11-21').toISOString()))

    expect(minutes.size).toBeGreaterThan(80)
    expect(turn(ID, '2026-11-22').getTime() - turn(ID, '2026-11-21').getTime()).toBe(24 * HOUR_MS)
  })

  test('at its minute, and not before, also when the window has begun', () => {
    for (const id of Array.from({ length: 20 }, (_, number) => `installation ${number}`)) {
      const { at } = next(wellState(), TERMS, new Date('2026-11-21T12:00:00Z'), id)
      const before = new Date(at.getTime() - MINUTE_MS)

      expect(due(wellState(), TERMS, before, id), id).toBeNull()
      expect(next(wellState(), TERMS, before, id), id).toEqual({ operation: 'create', at })
      expect(due(wellState(), TERMS, at, id), id).toEqual({ operation: 'create', why: 'NIGHT' })
    }
  })

  test('at once when the server comes up and the last is too old, whatever the hour', () => {
    expect(dueAt(wellState(), '2026-11-24T14:00:00Z')).toEqual({ operation: 'create', why: 'MISSED' })
    // Up again after the window, and the last is of the evening before.
    const evening = wellState({ snapshot: { run: OTHER, at: '2026-11-21T21:00:00.000Z' } })
    expect(dueAt(evening, '2026-11-22T03:59:00Z')).toEqual({ operation: 'create', why: 'NIGHT' })
    expect(dueAt(evening, '2026-11-22T04:00:00Z')).toBeNull()
    expect(dueAt(evening, '2026-11-22T23:01:00Z')).toEqual({ operation: 'create', why: 'MISSED' })
  })

  test('once in the nights in which an hour is left out or there twice', () => {
    for (const [before, from, until] of [
      ['2026-03-28T01:00:00.000Z', '2026-03-28T12:00:00Z', '2026-03-29T03:00:00Z'],
      ['2026-10-24T00:00:00.000Z', '2026-10-24T12:00:00Z', '2026-10-25T04:00:00Z'],
    ] as const) {
      for (const id of Array.from({ length: 16 }, (_, number) => `installation ${number}`)) {
        let state = wellState({ snapshot: { run: OTHER, at: before }, proof: { run: OTHER, at: before } })
        let made = 0
        for (let at = Date.parse(from); at < Date.parse(until); at += MINUTE_MS) {
          const now = new Date(at)
          if (due(state, TERMS, now, id)?.operation !== 'create') continue
          made += 1
          state = { ...state, summary: { ...state.summary, snapshot: { run: RUN, at: now.toISOString() } } }
        }
        expect(made, `${id} ${from}`).toBe(1)
      }
    }
  })

  test('in a window over midnight, once', () => {
    const terms = { ...TERMS, window: { from: '22:00', until: '02:00' } }
    const state = wellState({ snapshot: { run: OTHER, at: '2026-11-20T21:30:00.000Z' } })

    const [night, ...more] = changes(state, '2026-11-21T12:00:00Z', '2026-11-22T00:30:00Z', terms)
    expect(night).toMatch(/^2026-11-21T2[123].* NIGHT$/)
    expect(more.every((one) => one.endsWith('MISSED'))).toBe(true)
  })

  test('at once when the clock was moved back, and then no more', () => {
    const state = wellState({ snapshot: { run: OTHER, at: '2031-01-01T01:30:00.000Z' } })
    expect(dueAt(state, '2026-11-21T12:00:00Z')).toEqual({ operation: 'create', why: 'CLOCK_BACK' })

    const made = [
      snapshotAt('2031-01-01T01:30:00Z'),
      snapshotAt('2026-11-21T12:00:00Z', { checkedAt: '2026-11-21T12:01:00Z' }),
    ]
    const summary = summaryOf(made, [], new Date('2026-11-21T12:05:00Z'))
    expect(summary).toMatchObject({ snapshot: { at: '2026-11-21T12:00:00.000Z' }, checked: true })
    const after = noted(state, {
      operation: 'create',
      outcome: 'done',
      code: null,
      at: '2026-11-21T12:05:00Z',
      summary,
    })
    expect(dueAt(after, '2026-11-21T13:00:00Z')?.operation).not.toBe('create')
  })
})

describe('after a failure', () => {
  test('it is tried again after 15 minutes, then after twice as long, at most three hours', () => {
    let state = wellState()
    let at = Date.parse('2026-11-24T06:00:00Z')
    const pauses: number[] = []
    for (let round = 0; round < 7; round += 1) {
      state = ended(
        begun(state, 'create', new Date(at)),
        'create',
        new Date(at).toISOString(),
        'failed',
        'ARCHIVE_FAILED',
      )
      const failed = at
      while (due(state, TERMS, new Date(at), ID)?.operation !== 'create') at += MINUTE_MS
      pauses.push((at - failed) / MINUTE_MS)
    }
    expect(pauses).toEqual([15, 30, 60, 120, 180, 180, 180])
    // One that succeeds, and the next failure is the first again.
    const well = ended(state, 'create', new Date(at).toISOString(), 'done')
    expect(well.attempts.create).toEqual({ at: new Date(at).toISOString(), failures: 0, code: null })
  })

  test('another operation at work is none', () => {
    const state = ended(wellState(), 'create', '2026-11-24T06:00:00.000Z', 'failed', 'LOCKED')

    expect(state.attempts.create?.failures).toBe(0)
    expect(dueAt(state, '2026-11-24T06:04:00Z')?.operation).not.toBe('create')
    expect(dueAt(state, '2026-11-24T06:05:00Z')?.operation).toBe('create')
  })

  test('other things are done meanwhile', () => {
    const state = ended(wellState({ checked: false }), 'create', '2026-11-24T06:00:00.000Z', 'failed', 'DISK_FULL')

    expect(dueAt(state, '2026-11-24T06:01:00Z')).toEqual({ operation: 'check', why: 'NOT_CHECKED' })
  })

  test('what succeeded and is due all the same does not go round every minute', () => {
    const state = ended(wellState({ checked: false }), 'check', '2026-11-21T06:00:00.000Z', 'done')

    expect(dueAt(state, '2026-11-21T06:01:00Z')).toBeNull()
    expect(dueAt(state, '2026-11-21T06:15:00Z')?.operation).toBe('check')
  })

  test('of a time that is yet to come it does not wait', () => {
    const state = ended(wellState(), 'create', '2031-01-01T00:00:00.000Z', 'failed', 'ARCHIVE_FAILED')

    expect(dueAt(state, '2026-11-24T06:00:00Z')?.operation).toBe('create')
  })
})

describe('one thing at a time', () => {
  test('nothing is due while something is at work, until it is not believed any more', () => {
    const state = begun(wellState({ checked: false }), 'create', new Date('2026-11-24T06:00:00Z'))

    expect(dueAt(state, '2026-11-24T11:59:00Z')).toBeNull()
    expect(dueAt(state, '2026-11-24T12:01:00Z')?.operation).toBe('create')
    // The clock was moved back meanwhile.
    expect(dueAt(state, '2026-11-24T05:00:00Z')?.operation).toBe('create')
  })

  test('a snapshot, then its check, its copy, its drill', () => {
    const copies = [copy(null)]
    const missing = { checked: false, proof: null, copies }

    expect(dueAt(wellState(missing), '2026-11-24T06:00:00Z')?.operation).toBe('create')
    expect(dueAt(wellState(missing), '2026-11-21T06:00:00Z')?.operation).toBe('check')
    expect(dueAt(wellState({ ...missing, checked: true }), '2026-11-21T06:00:00Z')).toEqual({
      ...{ operation: 'second-copy', why: 'NOT_COPIED' },
    })
    expect(
      dueAt(
        wellState({ proof: null, copies: [copy({ run: RUN, at: '2026-11-21T01:30:00.000Z' })] }),
        '2026-11-21T06:00:00Z',
      ),
    ).toEqual({
      ...{ operation: 'drill', why: 'FIRST' },
    })
  })

  test('what is kept over a restart is what was there', () => {
    const state = ended(begun(wellState(), 'drill', new Date()), 'check', new Date().toISOString(), 'failed', 'X')

    expect(scheduleStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state)
    expect(state.running?.operation).toBe('drill')
  })

  test('a restore that ended tells how things are, and is no attempt of anything', () => {
    const summary = wellState({ checked: false }).summary
    const state = noted(wellState(), {
      operation: 'restore',
      outcome: 'done',
      code: null,
      at: '2026-11-21T06:00:00Z',
      summary,
    })

    expect(state).toEqual({ ...wellState(), summary })
  })
})

describe('a drill is due', () => {
  const drilled = (proof: string, made: string) =>
    wellState({ proof: { run: RUN, at: proof }, snapshot: { run: OTHER, at: made } })

  test('in the seventh night after the last proof, once it has its snapshot', () => {
    const sixth = drilled('2026-11-14T02:00:00.000Z', '2026-11-20T01:30:00.000Z')
    const seventh = drilled('2026-11-14T02:00:00.000Z', '2026-11-21T01:30:00.000Z')

    expect(dueAt(sixth, '2026-11-20T02:00:00Z')).toBeNull()
    expect(dueAt(seventh, '2026-11-21T01:40:00Z')).toEqual({ operation: 'drill', why: 'NIGHT' })
    // The window is over, and it is not so late yet.
    expect(dueAt(seventh, '2026-11-21T06:00:00Z')).toBeNull()
    expect(dueAt(seventh, '2026-11-21T08:01:00Z')).toEqual({ operation: 'drill', why: 'MISSED' })
  })

  test('as often as is wanted', () => {
    const state = drilled('2026-11-20T02:00:00.000Z', '2026-11-21T01:30:00.000Z')

    expect(dueAt(state, '2026-11-21T01:40:00Z')).toBeNull()
    expect(dueAt(state, '2026-11-21T01:40:00Z', { ...TERMS, drillDays: 1 })?.operation).toBe('drill')
  })

  test('at once when the last proof seems to be of the future', () => {
    expect(dueAt(drilled('2031-01-01T00:00:00.000Z', '2026-11-21T01:30:00.000Z'), '2026-11-21T06:00:00Z')).toEqual({
      ...{ operation: 'drill', why: 'CLOCK_BACK' },
    })
  })
})

describe('what comes next', () => {
  test('is the night’s snapshot, what waits to be tried again, or what is due', () => {
    const at = (state: ScheduleState, now: string) => next(state, TERMS, new Date(now), ID)
    const tonight = at(wellState(), '2026-11-21T12:00:00Z')
    expect(tonight.operation).toBe('create')
    expect(tonight.at.toISOString().slice(0, 10)).toBe('2026-11-22')

    const failed = ended(wellState({ checked: false }), 'check', '2026-11-21T12:00:00.000Z', 'failed', 'X')
    expect(at(failed, '2026-11-21T12:01:00Z')).toEqual({ operation: 'check', at: new Date('2026-11-21T12:15:00Z') })
    const now = '2026-11-24T12:01:00Z'
    expect(at(wellState(), now)).toEqual({ operation: 'create', at: new Date(now) })
  })
})

describe('the summary of a catalogue', () => {
  const now = new Date('2026-11-21T12:00:00Z')

  test('names the newest good one, whether it was read back, and the last proof', () => {
    const proven = snapshotAt('2026-11-18T01:30:00Z', { provenAt: '2026-11-19T02:00:00.000Z' })
    const newest = snapshotAt('2026-11-20T01:30:00Z')
    const refused = snapshotAt('2026-11-21T01:30:00Z', {
      refused: 'DUMP_TOO_SMALL',
      provenAt: '2026-11-21T02:00:00.000Z',
    })

    expect(summaryOf([refused, newest, proven], [copy(null)], now)).toEqual({
      snapshot: { run: newest.run, at: newest.at },
      checked: false,
      proof: { run: proven.run, at: '2026-11-19T02:00:00.000Z' },
      copies: [copy(null)],
    })
    expect(summaryOf([refused], [], now)).toEqual({ snapshot: null, checked: false, proof: null, copies: [] })
  })
})
