import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerFolder } from '../../../appliance-image/agent/src/metering/ledger-folder.ts'
import { countedBy } from '../../../appliance-image/agent/src/metering/meters.ts'
import {
  type ColumnsBody,
  hoursText,
  METERS,
  type MinuteBody,
  NO_LINE,
  readSamples,
  type SampleBody,
  SEAL,
  signSeal,
  summarize,
  unsignedSeal,
} from '../../../license/src/ledger/index.ts'
import { samplesText } from '../../../license/src/ledger/ledger.fixture.ts'
import { lineAfter, type RecordLine } from '../../../license/src/record/index.ts'
import { loadStack } from '../../../stacks/src/stack/index.ts'
import { ROOT } from './fixture.ts'

export interface LedgerYears {
  readonly folder: string
  readonly days: readonly string[]
  readonly samples: number
  readonly installation: { readonly id: string; readonly publicKey: string }
}

const INSTALLATION = '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f'
export const LIMITS = { users: 50, sessions: 30, services: 4, 'sale.users': 20, 'account.users': 10, 'stock.users': 25 }

/**
 * The ledger of an ERP over years, a sample a minute and nothing rolled up: the meters are those of the ERP stack, written
 * by the functions of the appliance. Office hours, weekends, a business that grows; sessions go over their limit each spring.
 */
export async function writeYears(folder: string, from: string, until: string): Promise<LedgerYears> {
  const { descriptions, levels, counts, flowQueries } = await erpMeters()
  const ledger = new LedgerFolder(join(folder, 'ledger'))
  const pair = generateKeyPairSync('ed25519')
  const installation = { id: INSTALLATION, publicKey: pair.publicKey.export({ format: 'jwk' }).x ?? '' }
  const record = new YearsRecord(join(folder, 'record.jsonl'), pair.privateKey)
  record.note(from, 'begun', { installation: INSTALLATION, publicKey: installation.publicKey })
  record.note(from, METERS, { meters: descriptions })
  const days: string[] = []
  for (let at = Date.parse(from); at < Date.parse(until); at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10)
    const text = samplesText(dayOf({ day, levels, counts, limits: LIMITS }, days.length, flowQueries))
    const read = readSamples(text, day)
    const hours = summarize(day, read.bodies)
    writeFileSync(ledger.samplesPath(day), text)
    writeFileSync(ledger.hoursPath(day), hoursText(hours))
    record.seal(new Date(at + 86_400_000).toISOString(), (before, key) =>
      signSeal(unsignedSeal(read, hours), before, key),
    )
    days.push(day)
  }
  return { folder, days, samples: days.length * 1440, installation }
}

/** What the agent counts for the ERP. */
export async function erpMeters() {
  const { manifest } = await loadStack(join(ROOT, 'stacks/erp'))
  return countedBy({ meters: manifest.meters ?? {}, guards: manifest.guards ?? {}, sessions: true, traffic: true })
}

type Flows = readonly { readonly name: string }[]

/** @param index days since the first */
function dayOf(columns: ColumnsBody, index: number, flows: Flows): SampleBody[] {
  const bodies: SampleBody[] = [columns]
  const isWorkday = ![0, 6].includes(new Date(columns.day).getUTCDay())
  for (let minute = 0; minute < 1440; minute++) {
    const office = isWorkday ? Math.max(0, Math.sin(((minute - 360) / 660) * Math.PI)) : 0
    bodies.push(minuteOf(columns, { minute, office, index }))
    if (minute % 60 !== 1) continue
    const counts = Object.fromEntries(flows.map(({ name }) => [name, Math.floor(office * 200 * Math.random())]))
    bodies.push({ hour: new Date(Date.parse(columns.day) + (minute - 61) * 60_000).toISOString().slice(0, 13), counts })
  }
  return bodies
}

interface Moment {
  readonly minute: number
  /** 0 at night, 1 at the busiest. */
  readonly office: number
  readonly index: number
}

function minuteOf({ levels, counts }: ColumnsBody, { minute, office, index }: Moment): MinuteBody {
  const spring = index % 365 > 60 && index % 365 < 90 ? 8 : 0
  const grown = index * 1440 + minute
  const values: Record<string, number> = {
    users: 30 + Math.floor(index / 80),
    sessions: Math.floor(office * (24 + spring) + Math.random() * 2 * office),
    services: 2,
    database_bytes: 4_000_000_000 + grown * 12_000,
    disk_bytes: 40_000_000_000 + grown * 30_000,
    load_percent: Math.floor(5 + office * 40 + Math.random() * 10),
    transfer_bytes: Math.floor(office * 9_000_000 * Math.random()),
    sessions_refused: spring && Math.random() < office / 20 ? 1 : 0,
  }
  const valueNow = (name: string) => values[name] ?? (name.endsWith('.users') ? 6 + Math.floor(index / 200) : 0)
  return [minute, ...levels.map(valueNow), ...counts.map(valueNow)]
}

/** One line a day and what went before, as the appliance writes them. */
class YearsRecord {
  readonly #path: string
  readonly #key: KeyObject
  #last: RecordLine | null = null

  constructor(path: string, key: KeyObject) {
    this.#path = path
    this.#key = key
  }

  note(at: string, kind: string, data: Readonly<Record<string, unknown>>): void {
    const instant = new Date(at).toISOString()
    this.#last = lineAfter(this.#last, { at: instant, wall: instant, kind, data })
    appendFileSync(this.#path, `${JSON.stringify(this.#last)}\n`)
  }

  seal(at: string, make: (before: { n: number; hash: string }, key: KeyObject) => object): void {
    const { n, hash } = this.#last ?? { n: 0, hash: NO_LINE }
    this.note(at, SEAL, { ...make({ n, hash }, this.#key) })
  }
}
