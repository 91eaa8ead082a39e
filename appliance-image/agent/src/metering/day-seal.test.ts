import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LedgerFolder } from './ledger-folder.ts'
import { CountingAppliance } from './metering.fixture.ts'

const DAY = '2026-11-22'

let appliance: CountingAppliance
beforeEach(async () => {
  appliance = new CountingAppliance(`${DAY}T22:50:10Z`)
  await appliance.start()
  await appliance.run(60)
})
afterEach(() => {
  vi.restoreAllMocks()
  appliance.remove()
})

/** What a sealed day is made of, for comparison. */
const sealed = () => {
  const { day, lines, head, hours } = appliance.lines('usage')[0]?.data ?? {}
  return { day, lines, head, hours }
}

describe('a process that ends while it seals a day', () => {
  /** The process ends at its n-th effect on the ledger's or the record's files from midnight on, before or after it. */
  async function endsAt(effect: number, after: boolean): Promise<boolean> {
    let effects = 0
    const killed = new Error('killed')
    const passes = <A extends unknown[], R>(work: (...args: A) => R) =>
      function (this: unknown, ...args: A): R {
        effects += 1
        if (effects < effect) return work.apply(this, args)
        if (effects === effect && after) work.apply(this, args)
        throw killed
      }
    const { writeHours, drop } = LedgerFolder.prototype
    vi.spyOn(appliance.keeper, 'seal').mockImplementation(passes(appliance.keeper.seal))
    vi.spyOn(LedgerFolder.prototype, 'drop').mockImplementation(passes(drop))
    vi.spyOn(LedgerFolder.prototype, 'writeHours').mockImplementation(passes(writeHours))
    appliance.now = new Date(`2026-11-23T00:00:10Z`)
    await appliance.run().catch(() => undefined)
    vi.restoreAllMocks()
    return effects >= effect
  }

  test.each(
    [1, 2, 3].flatMap((effect) => [false, true].map((after) => [effect, after] as const)),
  )('at effect %i (done: %s) leaves what the next start brings to the same end', async (effect, after) => {
    expect(await endsAt(effect, after)).toBe(true)
    await appliance.start()
    await appliance.run(3)

    expect(appliance.sealed()).toEqual([DAY])
    expect(sealed()).toMatchObject({ lines: appliance.samples(DAY).lines, head: appliance.samples(DAY).head })
    expect(appliance.hours(DAY)?.flows.map(({ hour }) => hour)).toEqual([`${DAY}T22`, `${DAY}T23`])
    expect(appliance.findings()).toEqual([])
  })
})

test('a disk that is full at midnight does not stop the sampling; the day is sealed when there is room', async () => {
  // As when there is no room for the draft.
  mkdirSync(`${appliance.hoursPath(DAY)}.new`)
  appliance.now = new Date(`2026-11-23T00:00:10Z`)
  await appliance.run(5)
  expect(appliance.sealed()).toEqual([])
  expect(appliance.samples('2026-11-23').bodies.filter(Array.isArray)).toHaveLength(5)

  rmdirSync(`${appliance.hoursPath(DAY)}.new`)
  await appliance.run()
  expect(appliance.sealed()).toEqual([DAY])
  expect(appliance.findings()).toEqual([])
})

test('what was changed before a day is sealed is written down, and what holds is sealed', async () => {
  const text = readFileSync(appliance.samplesPath(DAY), 'utf8')
  writeFileSync(appliance.samplesPath(DAY), text.replace('[1400,7,', '[1400,6,'))
  appliance.now = new Date(`2026-11-23T00:00:10Z`)
  await appliance.run(2)

  expect(appliance.lines('tampered')).toMatchObject([{ data: { with: 'ledger', code: 'SAMPLES_CHANGED', day: DAY } }])
  expect(appliance.sealed()).toEqual([DAY])
  expect(appliance.findings()).toEqual([])
})
