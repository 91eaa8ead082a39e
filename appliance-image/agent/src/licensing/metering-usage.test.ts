import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Claims } from '@domicile/license/document'
import { hoursText, type MinuteBody, NO_LINE, type SampleBody, sampleLine, summarize } from '@domicile/license/ledger'
import { readRecord } from '@domicile/license/record'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LedgerReader } from '../auditing/ledger-reader.ts'
import { judgingBy } from './judging.ts'
import { LicenceKeeper, NO_USAGE } from './licence-keeper.ts'
import { licence, termsOf, VENDOR_KEYS } from './vendor.fixture.ts'

let folder: string
let now: Date
let read: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metered-'))
  now = new Date('2026-11-22T09:30:00Z')
  read = []
})
afterEach(() => rm(folder, { recursive: true }))

async function started(): Promise<LicenceKeeper> {
  const judge = judgingBy(function* (ledger, day) {
    read.push(day)
    yield* new LedgerReader(ledger).since(day)
  })
  const product = { name: 'erp', version: '7.0.30' }
  const ran = () => now.getTime() / 1000
  const keeper = new LicenceKeeper(
    { folder, product, vendorKeys: VENDOR_KEYS },
    { judge, wall: () => now, ran, log: () => undefined },
  )
  await keeper.load()
  return keeper
}

/** A day on which so many orders were counted in the first hour; with its seal to come, or over. */
function counted(day: string, orders: number, over = true): void {
  const first: MinuteBody = [0, orders]
  const bodies: SampleBody[] = [{ day, levels: [], counts: ['orders'], limits: {} }, first]
  const [kind, text] = over ? ['hours', hoursText(summarize(day, bodies))] : ['samples', linesOf(bodies)]
  mkdirSync(join(folder, 'ledger', kind), { recursive: true })
  writeFileSync(join(folder, 'ledger', kind, `${day}.${over ? 'json' : 'jsonl'}`), text)
}

function linesOf(bodies: readonly SampleBody[]): string {
  let [text, head] = ['', NO_LINE]
  for (const body of bodies) {
    const line = sampleLine(head, body)
    ;[text, head] = [text + line.text, line.hash]
  }
  return text
}

const meters = (per: 'month' | 'year'): Claims<'licence'>['limits'] => ({
  meters: { orders: { max: 100, behaviour: 'warn', per } },
})
const tiered: Partial<Claims<'licence'>> = {
  terms: termsOf('active-users-tiered'),
  tiers: {
    meter: 'orders',
    current: 'small',
    steps: [
      { name: 'small', upTo: 100 },
      { name: 'middle', upTo: 1000 },
      { name: 'large', upTo: null },
    ],
  },
}
const recorded = () =>
  readRecord(readFileSync(join(folder, 'record.jsonl'), 'utf8')).lines.filter(({ kind }) => kind === 'metered')

describe('a limit by the calendar', () => {
  test('is held against what the ledger counted in the month, the day that is open among it', async () => {
    counted('2026-10-30', 500)
    counted('2026-11-03', 60)
    counted('2026-11-22', 50, false)
    const keeper = await started()
    await keeper.take(licence(now, 1, { limits: meters('month') }), false, NO_USAGE)

    expect(keeper.standing.reasons).toMatchObject([{ track: 'limits', text: expect.stringContaining('110') }])
    expect(new Set(read)).toEqual(new Set(['2026-10-31']))
  })

  test('costs nothing where nobody asks for it', async () => {
    counted('2026-11-03', 60)
    await (await started()).take(licence(now, 1), false, NO_USAGE)

    expect(read).toEqual([])
  })

  test('is not known where the files were made unreadable, and everything else goes on', async () => {
    counted('2026-11-03', 600)
    writeFileSync(join(folder, 'ledger/hours/2026-11-03.json'), '{"version":1,"hours":null}')
    writeFileSync(join(folder, 'ledger/hours/2026-11-04.json'), 'rubbish')
    const keeper = await started()
    await keeper.take(licence(now, 1, { limits: meters('month') }), false, NO_USAGE)

    expect(keeper.standing.state).toBe('good')
  })
})

describe('a tier', () => {
  test('that was reached is written down once, and counts from the first of the next month', async () => {
    counted('2026-03-03', 90)
    const keeper = await started()
    await keeper.take(licence(now, 1, tiered), false, NO_USAGE)
    expect(recorded()).toEqual([])

    counted('2026-11-21', 20)
    await keeper.evaluate(NO_USAGE)
    await keeper.evaluate(NO_USAGE)
    await (await started()).evaluate(NO_USAGE)
    expect(recorded()).toMatchObject([{ data: { meter: 'orders', value: 110 } }])
    expect(keeper.standing.effects.tier).toBe('small')

    now = new Date('2026-12-01T00:30:00Z')
    await keeper.evaluate(NO_USAGE)
    expect(keeper.standing.effects.tier).toBe('middle')
    expect((await started()).standing.effects.tier).toBe('middle')
  })

  test('stays when the year is over and the ledger is gone', async () => {
    counted('2026-11-21', 2000)
    const keeper = await started()
    await keeper.take(licence(now, 1, tiered), false, NO_USAGE)
    await rm(join(folder, 'ledger'), { recursive: true })
    now = new Date('2027-02-01T12:00:00Z')
    await keeper.evaluate(NO_USAGE)

    expect(keeper.standing.effects.tier).toBe('large')
  })
})
