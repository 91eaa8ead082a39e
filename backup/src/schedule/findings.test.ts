import { describe, expect, test } from 'vitest'
import { begun, type Copy, findings, freshState, type ScheduleState } from './index.ts'
import { copy, ended, OTHER, RUN, TERMS, wellState } from './schedule.fixture.ts'

const HOUR_MS = 3_600_000

describe('an alarm', () => {
  const codes = (state: ScheduleState, at: string, terms = TERMS) =>
    findings(state, terms, new Date(at)).map(({ code, severity }) => `${severity} ${code}`)

  test('does not come while all is well', () => {
    expect(codes(wellState(), '2026-11-21T12:00:00Z')).toEqual([])
    expect(codes(wellState(), '2026-11-22T03:29:00Z')).toEqual([])
  })

  test.each([
    ['2026-11-22T03:29:00Z', []],
    ['2026-11-22T03:31:00Z', ['warn BACKUP_LATE']],
    ['2026-11-23T03:29:00Z', ['warn BACKUP_LATE']],
    ['2026-11-23T03:31:00Z', ['fail BACKUP_LATE']],
    ['2026-11-29T02:01:00Z', ['fail BACKUP_LATE', 'warn PROOF_LATE']],
    ['2026-12-06T02:01:00Z', ['fail BACKUP_LATE', 'fail PROOF_LATE']],
  ])('comes by the age of what there is: at %s %j', (at, expected) => {
    expect(codes(wellState(), at)).toEqual(expected)
  })

  test('comes although every run says that it succeeded', () => {
    let state = wellState()
    for (let hour = 0; hour < 60; hour += 1) {
      state = ended(
        state,
        'create',
        new Date(Date.parse('2026-11-21T02:00:00Z') + hour * HOUR_MS).toISOString(),
        'done',
      )
    }

    expect(codes(state, '2026-11-23T14:00:00Z')).toContain('fail BACKUP_LATE')
  })

  test('does not come for a run that failed, while what there is is young', () => {
    const state = ended(wellState(), 'create', '2026-11-21T06:00:00.000Z', 'failed', 'ARCHIVE_FAILED')

    expect(codes(state, '2026-11-21T12:00:00Z')).toEqual([])
  })

  test('waits a little for a snapshot that is being made, but not for ever', () => {
    const making = begun(wellState(), 'create', new Date('2026-11-22T01:30:00Z'))

    expect(codes(making, '2026-11-22T04:00:00Z')).toEqual([])
    expect(codes(making, '2026-11-22T07:31:00Z')).toEqual(['warn BACKUP_LATE'])
  })

  test('comes when there never was one, from the day on which it began', () => {
    const fresh = freshState(new Date('2026-11-21T12:00:00Z'))

    expect(codes(fresh, '2026-11-22T13:59:00Z')).toEqual([])
    expect(codes(fresh, '2026-11-22T14:01:00Z')).toEqual(['warn BACKUP_NONE'])
    expect(codes(fresh, '2026-11-30T14:01:00Z')).toEqual(['fail BACKUP_NONE', 'warn PROOF_NONE'])
    expect(codes(fresh, '2026-12-07T14:01:00Z')).toEqual(['fail BACKUP_NONE', 'fail PROOF_NONE'])
  })

  test('goes by how often drills are wanted', () => {
    const state = wellState({ snapshot: { run: OTHER, at: '2026-11-24T01:30:00.000Z' } })
    const daily = { ...TERMS, drillDays: 1 }

    expect(codes(state, '2026-11-23T01:00:00Z', daily)).not.toContain('warn PROOF_LATE')
    expect(codes(state, '2026-11-23T03:00:00Z', daily)).toContain('warn PROOF_LATE')
    expect(codes(state, '2026-11-24T03:00:00Z', daily)).toContain('fail PROOF_LATE')
  })

  test('is not silenced by what seems to be of the future', () => {
    const state = wellState({
      snapshot: { run: OTHER, at: '2031-01-01T00:00:00.000Z' },
      proof: { run: OTHER, at: '2031-01-01T01:00:00.000Z' },
    })

    expect(codes(state, '2026-11-21T12:00:00Z')).toEqual(['warn BACKUP_IN_FUTURE', 'warn PROOF_IN_FUTURE'])
  })

  test('comes for a snapshot that nobody read back', () => {
    expect(codes(wellState({ checked: false }), '2026-11-22T03:00:00Z')).toEqual([])
    const old = begun(wellState({ checked: false }), 'create', new Date('2026-11-22T03:00:00Z'))
    expect(codes(old, '2026-11-22T04:00:00Z')).toEqual(['warn BACKUP_UNCHECKED'])
  })

  test('comes for a second copy that lags behind, and not for one that is as old as the newest', () => {
    const behind = (newest: Copy['newest'], since?: string) =>
      wellState({ snapshot: { run: OTHER, at: '2026-11-24T01:30:00.000Z' }, copies: [copy(newest, since)] })
    const at = '2026-11-24T02:00:00Z'

    expect(codes(behind({ run: RUN, at: '2026-11-23T01:30:00.000Z' }), at)).toEqual([])
    expect(codes(behind({ run: RUN, at: '2026-11-21T23:00:00.000Z' }), at)).toEqual(['warn COPY_LATE'])
    expect(codes(behind({ run: RUN, at: '2026-11-15T23:00:00.000Z' }), at)).toEqual(['fail COPY_LATE'])
    expect(codes(behind(null), at)).toEqual(['fail COPY_NONE'])
    expect(codes(behind(null, '2026-11-23T12:00:00.000Z'), at)).toEqual([])
    const same = wellState({ copies: [copy({ run: RUN, at: '2026-11-21T01:30:00.000Z' })] })
    expect(codes(same, '2026-11-24T02:00:00Z')).toEqual(['fail BACKUP_LATE'])
  })

  test('comes when the contract wants more places than there are', () => {
    const two = { ...TERMS, places: 2 }

    expect(codes(wellState(), '2026-11-21T12:00:00Z', two)).toEqual(['warn PLACES_TOO_FEW'])
    const copied = wellState({ copies: [copy({ run: RUN, at: '2026-11-21T01:30:00.000Z' })] })
    expect(codes(copied, '2026-11-21T12:00:00Z', two)).toEqual([])
  })

  test('says what is so and what to do', () => {
    expect(findings(wellState(), TERMS, new Date('2026-11-30T12:00:00Z'))).toEqual([
      {
        ...{ code: 'BACKUP_LATE', severity: 'fail' },
        message: 'The last good snapshot is of 2026-11-21 01:30 UTC, 9 days ago; there should be one every night.',
        hint: 'Make one now and see what it says: `domicile backup create`.',
      },
      {
        ...{ code: 'PROOF_LATE', severity: 'warn' },
        message:
          'The last proof that a snapshot can be restored is of 2026-11-21 02:00 UTC, 9 days ago; there should be one every 7 days.',
        hint: 'Restore one on trial now and see what it says: `domicile backup drill`.',
      },
    ])
  })
})
