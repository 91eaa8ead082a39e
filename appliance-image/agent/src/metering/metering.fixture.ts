import { createPublicKey } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Queryable } from '@domicile/license/instruments'
import { type Finding, type ReadSamples, readHours, readSamples, verifyLedger } from '@domicile/license/ledger'
import { type RecordLine, readRecord } from '@domicile/license/record'
import { MINUTE_MS } from '@domicile/license/utc'
import { LEAST } from '../config.fixture.ts'
import { type Config, parseConfig } from '../config.ts'
import { judging } from '../licensing/judging.ts'
import { LicenceKeeper } from '../licensing/licence-keeper.ts'
import { VENDOR_KEYS } from '../licensing/vendor.fixture.ts'
import type { Meterable } from './meter-database.ts'
import { type Metering, startMetering } from './metering.ts'
import type { Seen } from './witness.ts'

export const METERS = {
  articles: { sql: 'SELECT articles' },
  modules: {
    sale: { users: 'SELECT sellers', transactions: 'SELECT sales FROM $1 TO $2', title: 'Sales' },
    stock: { transactions: 'SELECT moves FROM $1 TO $2' },
  },
}

/** What a stack's database answers, by the first word after SELECT; an Error is thrown as PostgreSQL would. */
export type Answering = (what: string, from: string | undefined) => number | Error

/** An appliance that counts, on real files, with a keeper of its own; time goes by when the test says so. */
export class CountingAppliance {
  readonly folder = mkdtempSync(join(tmpdir(), 'metering-'))
  now: Date
  /** Milliseconds for which the process has run. */
  ran = 0
  users: number | null = 7
  peak = { people: 0, services: 0 }
  reported: Record<string, number> = {}
  answers: Answering = (what) => ({ articles: 100, sellers: 3, sales: 2, moves: 0 })[what] ?? 50_000_000
  /** Null: it does not answer. */
  witness: { seen: Seen | null } | null = { seen: null }
  down = false
  readonly asked: { what: string; from: string | undefined }[] = []
  readonly costs: Record<string, number> = {}
  #metering!: Metering
  keeper!: LicenceKeeper

  constructor(now: string) {
    this.now = new Date(now)
  }

  get metering(): Metering {
    return this.#metering
  }

  /** As after a start on what an earlier one left. */
  async start(changes: object = {}): Promise<this> {
    const product = { name: 'erp', version: '7.0.30' }
    const folder = join(this.folder, 'licence')
    const ports = { judge: judging, wall: () => this.now, ran: () => this.ran / 1000, log: () => undefined }
    this.keeper = new LicenceKeeper({ folder, product, vendorKeys: VENDOR_KEYS }, ports)
    await this.keeper.load()
    this.#metering = startMetering(this.#config(changes), {
      keeper: this.keeper,
      users: async () => this.users,
      peak: () => this.peak,
      application: this.#application,
      own: this.#own,
      monotonic: () => this.ran,
      reported: () => this.reported,
      log: () => undefined,
    })
    return this
  }

  #config(changes: object): Config {
    const folders = { state: this.folder, tls: '/', run: '/', texts: '/' }
    const least = { version: 1, appliance: 'erp', hostnames: ['erp'], tls: { mode: 'internal' }, ...LEAST, folders }
    const application = { ...LEAST.application, session: { cookie: 'session' } }
    const guards = { users: { table: 'res_user', active: 'active' } }
    return parseConfig(JSON.stringify({ ...least, application, guards, meters: METERS, ...changes }))
  }

  /** The timer runs so many minutes long. */
  async run(minutes = 1): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await this.#metering.run()
      this.pass(MINUTE_MS)
    }
  }

  pass(ms: number): void {
    this.now = new Date(this.now.getTime() + ms)
    this.ran += ms
  }

  readonly #application: Meterable = {
    transaction: async (work) => {
      if (this.down) throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' })
      return work({ query: async (text, values) => this.#answer(text, values?.[0] as string | undefined) as never })
    },
  }

  #answer(text: string, from: string | undefined) {
    const what = /\n\s*SELECT (?:pg_catalog\.)?(\w+)/i.exec(text)?.[1] ?? ''
    this.asked.push({ what, from })
    this.ran += this.costs[what] ?? 0.2
    const value = this.answers(what, from)
    if (value instanceof Error) throw value
    return { rows: [{ value: String(value) }], rowCount: 1 }
  }

  readonly #own: Queryable = {
    query: async (text, values) => {
      if (!this.witness) throw new Error('down')
      if (text.startsWith('WITH')) this.witness.seen = seenOf(values ?? [])
      const rows = text.includes('to_regclass') ? [{ found: true }] : this.witness.seen ? [this.witness.seen] : []
      return { rows: rows as never, rowCount: 1 }
    },
  }

  samplesPath = (day: string): string => join(this.folder, 'licence/ledger/samples', `${day}.jsonl`)
  hoursPath = (day: string): string => join(this.folder, 'licence/ledger/hours', `${day}.json`)
  recordPath = (): string => join(this.folder, 'licence/record.jsonl')

  samples = (day: string): ReadSamples => readSamples(readFileSync(this.samplesPath(day), 'utf8'), day)
  hours = (day: string) => readHours(readFileSync(this.hoursPath(day), 'utf8')).hours
  recorded = (): readonly RecordLine[] => readRecord(readFileSync(this.recordPath(), 'utf8')).lines
  lines = (kind: string): readonly RecordLine[] => this.recorded().filter((line) => line.kind === kind)
  sealed = (): string[] => this.lines('usage').map(({ data }) => String(data['day']))

  /** What an auditor finds. */
  findings(): Finding[] {
    const text = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null)
    const files = ['samples', 'hours'].flatMap((of) => readdirSync(join(this.folder, 'licence/ledger', of)))
    const { publicKey } = JSON.parse(readFileSync(join(this.folder, 'licence/installation.json'), 'utf8'))
    return verifyLedger({
      record: readFileSync(this.recordPath(), 'utf8'),
      filesOf: (day) => ({ samples: text(this.samplesPath(day)), hours: text(this.hoursPath(day)) }),
      filedDays: [...new Set(files.map((name) => name.slice(0, 10)))].sort(),
      publicKey: createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } }),
      today: this.keeper.now().toISOString().slice(0, 10),
    })
  }

  remove = (): void => rmSync(this.folder, { recursive: true })
}

function seenOf([genesis, length, head, day, lines, digits, at]: readonly unknown[]): Seen {
  return { genesis, length, head, day, lines, digits, at } as Seen
}
