import type { Notice } from '@domicile/license/standing'
import { describe, expect, test } from 'vitest'
import type { BlockedPage, GateStanding, Pool } from './ports.ts'
import { noticeCookie, type Request, type SeatResult, verdict } from './verdict.ts'

const notice = (id: string, audience: Notice['audience'] = 'everyone'): Notice => ({
  id,
  key: `track/${id}@2026-11-01`,
  audience,
  texts: { en: { title: id, text: id } },
})

const GOOD: GateStanding = {
  blocked: null,
  readOnly: false,
  notices: [],
  sessions: { max: 4, reserved: 0, services: 0, idleMinutes: 20, behaviour: 'refuse' },
  contact: null,
  title: 'ERP',
  maintenance: null,
}
const call: Request = { navigation: false, noticeCookie: '' }
const page: Request = { navigation: true, noticeCookie: '' }

const SEATS: readonly SeatResult[] = ['held', 'over', 'unproven', 'unknown', 'unlimited', 'refused']
const outcomes = (standing: Partial<GateStanding>, request: Request, pool: Pool | null = 'people') =>
  Object.fromEntries(SEATS.map((seat) => [seat, verdict({ ...GOOD, ...standing }, request, seat, pool).outcome]))
const all = (outcome: string) => Object.fromEntries(SEATS.map((seat) => [seat, outcome]))

describe('verdict', () => {
  test('only a seat that is refused for certain keeps anybody out', () => {
    expect(outcomes({}, call)).toEqual({ ...all('pass'), refused: 'full' })
    expect(outcomes({}, page)).toEqual({ ...all('pass'), refused: 'full' })
  })

  test.each<BlockedPage>(['suspended', 'switched-off', 'trial-over', 'ended'])('%s keeps everybody out', (name) => {
    const blocked = { page: name }
    for (const request of [call, page])
      for (const pool of ['people', 'administrators', 'services', null] as const)
        expect(outcomes({ blocked, notices: [notice('due')] }, request, pool)).toEqual(all('blocked'))
    expect(verdict({ ...GOOD, blocked }, page, 'held', 'people')).toEqual({ outcome: 'blocked', page: name })
  })

  test('a notice interrupts going to a page, and nothing else', () => {
    const notices = [notice('due')]
    expect(outcomes({ notices }, page)).toEqual({ ...all('reminder'), refused: 'full' })
    expect(outcomes({ notices }, page, null)).toEqual({ ...all('reminder'), refused: 'full' })
    expect(outcomes({ notices }, call)).toEqual({ ...all('pass'), refused: 'full' })
  })

  test('a notice is shown once to a browser; a new one is shown again', () => {
    const [due, late] = [notice('due'), notice('late')]
    const seen = { navigation: true, noticeCookie: noticeCookie([due]) }

    expect(verdict({ ...GOOD, notices: [due] }, seen, 'held', 'people').outcome).toBe('pass')
    expect(verdict({ ...GOOD, notices: [due, late] }, seen, 'held', 'people').outcome).toBe('reminder')
    expect(noticeCookie([due, late])).toBe(noticeCookie([late, due]))
  })

  test('a notice for administrators is for those whom the application knows as such', () => {
    const notices = [notice('due', 'administrators')]
    const shownTo = (seat: SeatResult, pool: Pool | null) =>
      verdict({ ...GOOD, notices }, page, seat, pool).outcome === 'reminder'

    expect(shownTo('held', 'administrators')).toBe(true)
    expect(shownTo('unproven', 'administrators')).toBe(false)
    expect(shownTo('held', 'people')).toBe(false)
    expect(shownTo('unlimited', null)).toBe(false)
  })
})
