import { describe, expect, test } from 'vitest'
import { BackupRefusal } from '../refusal.ts'
import { checkConfigured, effectiveTerms } from './terms.ts'

const ERP = { dailyDays: 7, weeklyWeeks: 4, monthlyMonths: 2, places: 1, clause: '7.1.4, 11.6' }
const LITTLE = { dailyDays: 1, weeklyWeeks: 0, monthlyMonths: 0, places: 2, clause: 'App. 1' }
const MUCH = { dailyDays: 30, weeklyWeeks: 12, monthlyMonths: 12, places: 1, clause: '9' }

describe('the rule that holds', () => {
  test('without a contract is 7 days, 4 weeks, 2 months', () => {
    expect(effectiveTerms(null, {})).toEqual({
      ...{ days: 7, weeks: 4, months: 2 },
      least: { days: 7, weeks: 4, months: 2 },
      leastFrom: { days: 'default', weeks: 'default', months: 'default' },
      origins: { days: 'default', weeks: 'default', months: 'default' },
      ...{ clause: null, places: 1 },
    })
  })

  test('is the contract’s, with its clause', () => {
    const origins = { days: 'contract', weeks: 'contract', months: 'contract' }
    expect(effectiveTerms(ERP, {})).toMatchObject({ days: 7, weeks: 4, months: 2, origins, clause: '7.1.4, 11.6' })
    expect(effectiveTerms(MUCH, {})).toMatchObject({ days: 30, weeks: 12, months: 12, origins, clause: '9' })
  })

  test('is not less than the default where a contract asks for less', () => {
    const origins = { days: 'default', weeks: 'default', months: 'default' }
    expect(effectiveTerms(LITTLE, {})).toMatchObject({ days: 7, weeks: 4, months: 2, origins, places: 2 })
  })

  test('is what was chosen where that is more, and never where it is less', () => {
    const origins = { days: 'configured', weeks: 'contract', months: 'contract' }
    expect(effectiveTerms(ERP, { days: 14, weeks: 1, months: 0 })).toMatchObject({
      days: 14,
      weeks: 4,
      months: 2,
      origins,
    })
    // A contract that came later asks for more than was chosen.
    expect(effectiveTerms(MUCH, { days: 14 })).toMatchObject({ days: 30, least: { days: 30 } })
  })
})

describe('what is chosen', () => {
  test('may be as much or more', () => {
    expect(() => checkConfigured({ days: 7, weeks: 520, months: 3 }, effectiveTerms(ERP, {}))).not.toThrow()
  })

  test.each([
    [{ days: 6 }, 'POLICY_TOO_SHORT', 'refused'],
    [{ days: 14, weeks: 0 }, 'POLICY_TOO_SHORT', 'refused'],
    [{ months: 1201 }, 'POLICY_TOO_LONG', 'usage'],
  ])('may not be %j', (chosen, code, kind) => {
    const attempt = () => checkConfigured(chosen, effectiveTerms(ERP, {}))

    expect(attempt).toThrow(BackupRefusal)
    expect(attempt).toThrow(expect.objectContaining({ code, kind }))
  })

  test.each([
    [ERP, /^The contract says so \(clause 7\.1\.4, 11\.6\)\. Give days=7 or more\.$/],
    [LITTLE, /^That is the least, whatever a contract says\./],
  ])('is refused with the clause, or with the default where the contract asks for less: %#', (contract, hint) => {
    const attempt = () => checkConfigured({ days: 1 }, effectiveTerms(contract, { days: 30 }))

    expect(attempt).toThrow(expect.objectContaining({ hint: expect.stringMatching(hint) }))
  })
})
