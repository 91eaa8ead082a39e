import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mayLeave } from '@domicile/license/audit'
import { type ColumnsBody, type FlowBody, type MinuteBody, summarize } from '@domicile/license/ledger'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NO_USAGE } from '../licensing/licence-keeper.ts'
import { licence, signed, stamped } from '../licensing/vendor.fixture.ts'
import { CountingAppliance } from './metering.fixture.ts'

const DAY = '2026-11-22'
const NEXT = '2026-11-23'

let appliance: CountingAppliance
beforeEach(() => {
  appliance = new CountingAppliance(`${DAY}T09:00:10Z`)
})
afterEach(() => {
  // Whatever happened: what is in the record may be in a report.
  expect(appliance.recorded().filter((line) => !mayLeave(line))).toEqual([])
  appliance.remove()
})

const columns = (day = DAY) => appliance.samples(day).bodies.find((body): body is ColumnsBody => 'levels' in body)
const minutes = (day = DAY) => appliance.samples(day).bodies.filter((body): body is MinuteBody => Array.isArray(body))
const flows = (day = DAY) => appliance.samples(day).bodies.filter((body): body is FlowBody => 'hour' in body)
/** What a minute says of a name. */
function value(name: string, minute: MinuteBody | undefined): number | null | undefined {
  const { levels = [], counts = [] } = columns() ?? {}
  return minute?.[[...levels, ...counts].indexOf(name) + 1]
}

describe('a sample', () => {
  test('is taken once in each minute, however often the timer calls', async () => {
    await appliance.start()
    for (let call = 0; call < 12; call++) {
      await appliance.metering.run()
      appliance.pass(15_000)
    }

    expect(minutes().map(([minute]) => minute)).toEqual([540, 541, 542])
    expect(appliance.samples(DAY).problem).toBeNull()
  })

  test('says what there is, by the columns before it', async () => {
    await appliance.start()
    appliance.peak = { people: 4, services: 1 }
    appliance.reported = { mails: 0 }
    await appliance.run()
    const [minute] = minutes()

    expect(columns()?.levels).toEqual([
      ...['users', 'sessions', 'services', 'database_bytes', 'disk_bytes', 'load_percent'],
      ...['articles', 'sale.users'],
    ])
    expect(columns()?.counts).toEqual(['sessions_refused', 'sessions_over', 'sessions_unchecked'])
    for (const [name, wanted] of Object.entries({ users: 7, sessions: 4, services: 1, articles: 100, 'sale.users': 3 }))
      expect([name, value(name, minute)]).toEqual([name, wanted])
    expect(value('database_bytes', minute)).toBe(50_000_000)
    expect(value('disk_bytes', minute)).toBeGreaterThan(1_000_000)
    expect(appliance.metering.levels()).toMatchObject({ users: 7, sessions: 4, articles: 100 })
  })

  test('counts what happened since the one before, also when that could not be written', async () => {
    await appliance.start()
    await appliance.run()
    for (const event of ['session-refused', 'session-refused', 'session-over-limit', 'session-unchecked'] as const)
      expect(appliance.metering.count(event)).toBe(true)
    expect(appliance.metering.count('seats-unreachable')).toBe(false)
    const whole = readFileSync(appliance.samplesPath(DAY))
    rmSync(`${appliance.folder}/licence/ledger/samples`, { recursive: true })
    await expect(appliance.run()).rejects.toThrow('ENOENT')
    appliance.pass(60_000)
    appliance.metering.count('session-refused')
    mkdirSync(`${appliance.folder}/licence/ledger/samples`)
    writeFileSync(appliance.samplesPath(DAY), whole)
    await appliance.run()

    const last = minutes().at(-1)
    expect([value('sessions_refused', last), value('sessions_over', last), value('sessions_unchecked', last)]).toEqual([
      3, 1, 1,
    ])
  })

  test('has each event once, whenever it happens: also while the disk is at work', async () => {
    await appliance.start()
    let happened = 0
    const rush = setInterval(() => {
      appliance.metering.count('session-refused')
      happened += 1
    }, 0)
    await appliance.run(200)
    clearInterval(rush)
    await appliance.run()

    expect(happened).toBeGreaterThan(10)
    expect(minutes().reduce((sum, minute) => sum + (value('sessions_refused', minute) ?? 0), 0)).toBe(happened)
  })

  test('adds up what the application reported, by meters that the stack declares', async () => {
    await appliance.start({ meters: { mails: { reported: true } } })
    appliance.reported = { mails: 12 }
    await appliance.run()
    appliance.reported = {}
    await appliance.run()

    expect(minutes().map((minute) => value('mails', minute))).toEqual([12, 0])
  })

  test('does not know what the database would say while it does not answer, and says since when', async () => {
    await appliance.start()
    await appliance.run()
    appliance.down = true
    await appliance.run(3)
    expect(appliance.metering.findings).toMatchObject([{ code: 'METERS_UNREACHABLE' }])
    appliance.down = false
    await appliance.run()

    expect(minutes().map((minute) => value('users', minute))).toEqual([7, null, null, null, 7])
    expect(minutes().map((minute) => value('articles', minute))).toEqual([100, null, null, null, 100])
    expect(appliance.lines('meters-unreachable')).toMatchObject([{ data: { code: 'ECONNREFUSED' } }])
    expect(appliance.lines('meters-reachable')).toHaveLength(1)
    expect(appliance.metering.findings).toEqual([])
  })

  test('knows all others when one meter fails; that one is named by its code, with nothing of its text', async () => {
    const secret = Object.assign(new Error('invalid input: "Ana Kovač"'), { code: '22P02' })
    appliance.answers = (what) => (what === 'articles' ? secret : 5)
    await appliance.start()
    await appliance.run(2)

    expect(minutes().map((minute) => value('articles', minute))).toEqual([null, null])
    expect(value('sale.users', minutes()[0])).toBe(5)
    expect(appliance.lines('meters-unreachable')).toMatchObject([{ data: { code: '22P02', meters: ['articles'] } }])
    expect(appliance.metering.findings).toMatchObject([{ code: 'METER_FAILS' }])
    expect(JSON.stringify([appliance.metering.findings, readFileSync(appliance.recordPath(), 'utf8')])).not.toContain(
      'Ana',
    )
  })

  test('asks what is costly less often, and goes on saying what it said', async () => {
    appliance.costs['articles'] = 50
    await appliance.start()
    await appliance.run(60)
    const times = appliance.asked.filter(({ what }) => what === 'articles').length

    expect(times).toBeGreaterThan(2)
    expect(times).toBeLessThan(10)
    expect(minutes().every((minute) => value('articles', minute) === 100)).toBe(true)
    expect(appliance.asked.filter(({ what }) => what === 'sellers').length).toBeGreaterThan(40)
  })

  test('says the limits that are in force, and how long a level was above them', async () => {
    const limit = { max: 5, behaviour: 'count' } as const
    await appliance.start()
    await appliance.run(2)
    await appliance.keeper.take(licence(appliance.now, 1, { limits: { users: limit } }), false, NO_USAGE)
    await appliance.run(3)
    const said = appliance.samples(DAY).bodies.flatMap((body) => ('limits' in body ? [body.limits] : []))

    expect(said).toEqual([{}, { users: 5 }])
    expect(summarize(DAY, appliance.samples(DAY).bodies).hours[0]?.levels['users']).toEqual([7, 7, 35, 5, 3])
  })
})

describe('what came to be in an hour', () => {
  test('is counted once after the hour is over, and a module is used from the first hour with an entry on', async () => {
    appliance.answers = (what, from) => (what === 'sales' && from?.includes('T10') ? 4 : 0)
    await appliance.start()
    await appliance.run(150)

    expect(flows().map(({ hour, counts }) => [hour, counts['sale.transactions']])).toEqual([
      [`${DAY}T09`, 0],
      [`${DAY}T10`, 4],
    ])
    expect(appliance.lines('module-first-used')).toMatchObject([
      { data: { module: 'sale', at: `${DAY}T10:00:00.000Z` } },
    ])
  })

  test('is caught up with after the database or the agent was away, each hour once', async () => {
    await appliance.start()
    await appliance.run(30)
    appliance.down = true
    await appliance.run(120)
    await appliance.start()
    appliance.pass(3 * 3_600_000)
    appliance.down = false
    await appliance.start()
    await appliance.run(10)

    expect(flows().map(({ hour }) => hour.slice(-2))).toEqual(['09', '10', '11', '12', '13'])
  })

  test('is tried again when its query fails, and left out when it goes on failing', async () => {
    let failing = 2
    const deadlock = Object.assign(new Error('x'), { code: '40P01' })
    appliance.answers = (what, from) => {
      if (what === 'moves') return from?.includes('T10') ? deadlock : 1
      return what === 'sales' && failing-- > 0 ? deadlock : 2
    }
    await appliance.start()
    await appliance.run(140)

    expect(flows().map(({ counts }) => counts)).toEqual([
      { 'sale.transactions': 2, 'stock.transactions': 1 },
      { 'sale.transactions': 2 },
    ])
  })

  test('is spread over the minutes when it is costly', async () => {
    appliance.costs['sales'] = 300
    appliance.costs['moves'] = 300
    await appliance.start()
    await appliance.run(120)
    expect(flows()).toHaveLength(1)
    appliance.asked.length = 0
    await appliance.metering.run()
    expect(appliance.asked.filter(({ from }) => from)).toHaveLength(1)
  })
})

// Each sample is on the disk before the next: on a busy one that takes its time.
describe('a day that is over', { timeout: 60_000 }, () => {
  test('is summed up and sealed with all its hours, and an auditor finds nothing', async () => {
    await appliance.start()
    await appliance.run(2 * 24 * 60)

    expect(appliance.sealed()).toEqual([DAY, NEXT])
    expect(appliance.findings()).toEqual([])
    expect(appliance.hours(NEXT)?.flows.map(({ hour }) => hour)).toEqual(
      Array.from({ length: 24 }, (_, hour) => `${NEXT}T${String(hour).padStart(2, '0')}`),
    )
    expect(appliance.lines('usage')[1]?.data).toMatchObject({ samples: 1440, counts: { 'sale.transactions': 48 } })
    expect(appliance.lines('meters')).toHaveLength(1)
  })

  test('is sealed once, though an audit and the timer want it at the same moment', async () => {
    await appliance.start()
    await appliance.run(3)
    appliance.pass(24 * 3_600_000)
    await Promise.all([appliance.metering.run(), appliance.metering.run(), appliance.metering.run()])

    expect(appliance.sealed()).toEqual([DAY])
    expect(appliance.findings()).toEqual([])
  })

  test('is sealed at the next start when nobody was there at midnight', async () => {
    await appliance.start()
    await appliance.run(30)
    appliance.pass(20 * 3_600_000)
    await appliance.start()
    await appliance.run(2)

    expect(appliance.sealed()).toEqual([DAY])
    expect(appliance.hours(DAY)?.flows).toHaveLength(15)
    expect(flows(NEXT).map(({ hour }) => hour)[0]).toBe(`${NEXT}T00`)
    expect(appliance.findings()).toEqual([])
  })

  test('is sealed without the hours that the database does not tell; they come with the next', async () => {
    await appliance.start()
    await appliance.run(30)
    appliance.now = new Date(`${DAY}T23:50:00Z`)
    appliance.down = true
    await appliance.run(20)
    appliance.down = false
    await appliance.run(10)

    expect(appliance.sealed()).toEqual([DAY])
    expect(
      flows(NEXT)
        .map(({ hour }) => hour)
        .slice(0, 2),
    ).toEqual([`${DAY}T09`, `${DAY}T10`])
    expect(appliance.findings()).toEqual([])
  })

  test('loses its samples after 62 days, and an auditor finds nothing still', async () => {
    appliance.answers = () => 1
    await appliance.start({ meters: {} })
    for (let day = 0; day < 66; day++) {
      await appliance.run(2)
      appliance.now = new Date(appliance.now.getTime() + 86_400_000 - 120_000)
      appliance.ran += 86_400_000 - 120_000
    }

    expect(readdirSync(`${appliance.folder}/licence/ledger/hours`)).toHaveLength(65)
    expect(readdirSync(`${appliance.folder}/licence/ledger/samples`)).toHaveLength(63)
    expect(appliance.findings()).toEqual([])
  })
})

describe('the clock', () => {
  test('that is set back within what is tolerated makes no minute come twice', async () => {
    await appliance.start()
    await appliance.run(5)
    appliance.now = new Date(appliance.now.getTime() - 3 * 60_000)
    await appliance.run(6)

    expect(minutes().map(([minute]) => minute)).toEqual([540, 541, 542, 543, 544, 545, 546, 547])
    expect(appliance.findings()).toEqual([])
  })

  test('that jumps ahead within a day leaves minutes out, and none is made up', async () => {
    await appliance.start()
    await appliance.run(2)
    appliance.now = new Date(`${DAY}T12:00:00Z`)
    await appliance.run(2)

    expect(minutes().map(([minute]) => minute)).toEqual([540, 541, 720, 721])
  })
})

describe('licence time that the vendor sets back', () => {
  /** The clock says 2028 for longer than three days, is believed, and days of that time get their seals. */
  async function ranAhead(): Promise<void> {
    await appliance.start()
    await appliance.run(5)
    appliance.now = new Date('2028-03-01T10:00:00Z')
    for (let hour = 0; hour < 120; hour++) {
      await appliance.run(2)
      appliance.pass(58 * 60_000)
    }
    expect(appliance.keeper.now().getUTCFullYear()).toBe(2028)
  }

  async function unlock(at: string): Promise<void> {
    const { id } = JSON.parse(readFileSync(join(appliance.folder, 'licence/installation.json'), 'utf8'))
    const claims = { ...stamped(appliance.now), installation: id, at, reason: 'The battery was empty.' }
    appliance.now = new Date(at)
    await appliance.keeper.take(signed('unlock', claims), false, NO_USAGE)
    await appliance.run()
  }

  test('is sampled again from there on, in days that have no seal', async () => {
    await ranAhead()
    await unlock('2026-11-27T08:00:00.000Z')
    await appliance.run(24 * 60)

    expect(minutes('2026-11-27').map(([minute]) => minute)[0]).toBe(480)
    expect(appliance.sealed().slice(-2)).toEqual(['2028-03-05', '2026-11-27'])
    expect(flows('2026-11-27').map(({ hour }) => hour)[0]).toBe('2026-11-27T08')
    expect(appliance.findings()).toEqual([])
  })

  test('into a day that has its seal is not sampled until the next that has none', async () => {
    await appliance.start()
    await appliance.run(5)
    appliance.now = new Date(`${NEXT}T00:10:00Z`)
    await appliance.run(5)
    const sealed = appliance.samples(DAY).lines
    await unlock(`${DAY}T23:50:00.000Z`)
    await appliance.run(40)

    expect(appliance.samples(DAY).lines).toBe(sealed)
    expect(minutes(NEXT).map(([minute]) => minute)).toEqual([
      10,
      11,
      12,
      13,
      14,
      ...Array.from({ length: 16 }, (_, n) => n + 15),
    ])
    expect(appliance.findings()).toEqual([])
  })
})

describe('a file that is not what was written', () => {
  test('while the agent runs: what holds goes on, and it is written down', async () => {
    await appliance.start()
    await appliance.run(3)
    appendFileSync(appliance.samplesPath(DAY), 'x\n')
    await appliance.run(2)

    expect(minutes()).toHaveLength(5)
    expect(appliance.lines('tampered')).toMatchObject([{ data: { with: 'ledger', code: 'SAMPLES_CHANGED', day: DAY } }])
    expect(appliance.metering.findings).toMatchObject([{ code: 'LEDGER_TAMPERED' }])
  })

  test('deleted while the agent runs: begins anew with its columns', async () => {
    await appliance.start()
    await appliance.run(3)
    rmSync(appliance.samplesPath(DAY))
    await appliance.run(2)

    expect(minutes().map(([minute]) => minute)).toEqual([543, 544])
    expect(appliance.lines('tampered')).toHaveLength(1)
    appliance.now = new Date(`${NEXT}T00:00:10Z`)
    await appliance.run(2)
    expect(appliance.findings()).toEqual([])
  })

  test('whose last line was cut costs a minute, which is a gap; within the minute it costs nothing', async () => {
    await appliance.start()
    await appliance.run(3)
    const cut = () => appendFileSync(appliance.samplesPath(DAY), '0123456789abcdef')
    cut()
    appliance.now = new Date(`${DAY}T09:03:40Z`)
    await appliance.start()
    await appliance.run()
    expect(minutes().map(([minute]) => minute)).toEqual([540, 541, 542, 543])
    expect(appliance.lines('gap')).toEqual([])

    cut()
    appliance.now = new Date(`${DAY}T09:05:20Z`)
    await appliance.start()
    await appliance.run()
    expect(minutes().map(([minute]) => minute)).toEqual([540, 541, 542, 543, 545])
    expect(appliance.lines('gap')).toMatchObject([
      { data: { from: `${DAY}T09:04:00.000Z`, until: `${DAY}T09:05:20.000Z`, seconds: 80 } },
    ])
    expect(appliance.lines('tampered')).toEqual([])
  })
})

test('a folder that cannot be used is said, stops nothing else, and is used as soon as it can be', async () => {
  const ledger = join(appliance.folder, 'licence/ledger')
  await appliance.start()
  writeFileSync(ledger, 'a file')
  appliance.metering.count('session-refused')
  await expect(appliance.run()).rejects.toThrow('ENOTDIR')
  expect(appliance.metering.findings).toMatchObject([{ code: 'SAMPLES_FAIL' }])
  appliance.pass(60_000)
  rmSync(ledger)
  mkdirSync(join(ledger, 'samples', `${DAY}.jsonl`), { recursive: true })
  await expect(appliance.run()).rejects.toThrow('EISDIR')
  appliance.pass(60_000)
  rmSync(ledger, { recursive: true })
  await appliance.run()

  expect(appliance.metering.findings).toEqual([])
  expect(minutes().map((minute) => value('sessions_refused', minute))).toEqual([1])
})

describe('what the database remembers', () => {
  test('shows that the whole folder was put back to an earlier state', async () => {
    await appliance.start()
    await appliance.run(3)
    const keep = [appliance.samplesPath(DAY), appliance.recordPath(), `${appliance.folder}/licence/state.json`]
    const earlier = keep.map((path) => readFileSync(path))
    await appliance.keeper.request({ purpose: 'production' }, NO_USAGE)
    await appliance.run(30)
    keep.forEach((path, index) => void writeFileSync(path, earlier[index] ?? ''))
    await appliance.start()
    await appliance.run(2)

    const codes = appliance.lines('tampered').map(({ data }) => data['code'])
    expect(codes).toEqual(['RECORD_PUT_BACK', 'SAMPLES_PUT_BACK'])
    expect(appliance.metering.findings.map(({ code }) => code)).toEqual(['LEDGER_TAMPERED', 'LEDGER_TAMPERED'])
  })

  test('that is behind the files shows that the database was put back', async () => {
    await appliance.start()
    await appliance.run(3)
    const earlier = appliance.witness?.seen ?? null
    await appliance.run(60)
    appliance.witness = { seen: earlier }
    await appliance.start()
    await appliance.run(2)

    expect(appliance.lines('database-put-back')).toMatchObject([
      { data: { from: `${DAY}T10:02:00.000Z`, to: earlier?.at } },
    ])
    expect(appliance.lines('tampered')).toEqual([])
  })

  test('is told again after an outage without a word', async () => {
    await appliance.start()
    await appliance.run(3)
    const { witness } = appliance
    appliance.witness = null
    appliance.down = true
    await appliance.run(100)
    await appliance.start()
    appliance.witness = witness
    appliance.down = false
    await appliance.run(3)
    appliance.witness = null
    await appliance.run(30)
    appliance.witness = witness
    await appliance.run(3)

    expect([...appliance.lines('database-put-back'), ...appliance.lines('tampered')]).toEqual([])
    expect(appliance.witness?.seen?.day).toBe(DAY)
  })

  test('is of another installation, or nothing: it was put back, and is told anew', async () => {
    await appliance.start()
    await appliance.run(20)
    appliance.witness = { seen: null }
    await appliance.start()
    await appliance.run(2)

    expect(appliance.lines('database-put-back')).toMatchObject([{ data: { to: null } }])
    expect(appliance.witness.seen).not.toBeNull()
    expect(appliance.metering.findings.map(({ code }) => code)).toEqual(['DATABASE_PUT_BACK'])
  })

  test('is empty after a restore: the record says so, and nobody is warned of what was meant', async () => {
    await appliance.start()
    await appliance.run(20)
    appliance.witness = { seen: null }
    appliance.keeper.note('restored', { run: null, at: `${DAY}T10:20:30.000Z`, lostFrom: `${DAY}T01:00:00.000Z` })
    await appliance.start()
    await appliance.run(2)

    expect(appliance.lines('database-put-back')).toHaveLength(1)
    expect(appliance.metering.findings).toEqual([])
  })
})
