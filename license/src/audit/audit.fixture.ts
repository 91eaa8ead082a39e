import { type Claims, type LicenceClaims, signDocument } from '../document/index.ts'
import { INSTALLATION, installationKey, licence, type TestKey, terms, vendor } from '../document/testing.fixture.ts'
import {
  type DayHours,
  type FlowBody,
  type HourEntry,
  type LevelSummary,
  METERS,
  type MeterDescription,
  SEAL,
  signSeal,
  unsignedSeal,
} from '../ledger/index.ts'
import { EXCHANGE, lineAfter, type RecordLine } from '../record/index.ts'
import { profileText } from '../standing/history.fixture.ts'
import { plusDays } from '../utc.ts'
import type { EvidenceSource } from './blocks.ts'
import { evidenceDays } from './calendar.ts'
import { composeReport } from './report.ts'
import type { Evidence, Period, Reporter } from './types.ts'

/** Installations for tests, told hour by hour. */

export const REPORTER: Reporter = {
  installation: { id: INSTALLATION, publicKey: installationKey.publicKey },
  product: 'erp',
  version: '6.0.29',
  purpose: 'production',
}

export const DESCRIPTIONS: readonly MeterDescription[] = [
  { name: 'users', kind: 'level', title: 'Active named users', sql: null, module: null },
  { name: 'sessions', kind: 'level', title: 'Concurrent sessions', sql: null, module: null },
  { name: 'transfer_bytes', kind: 'count', title: 'Sent to browsers by the gateway', sql: null, module: null },
  { name: 'sale.users', kind: 'level', title: 'Sales', sql: 'select count(*) from seller', module: 'sale' },
  {
    name: 'sale.transactions',
    kind: 'count',
    title: 'Sales',
    sql: 'select count(*) from sale where at >= $1 and at < $2',
    module: 'sale',
  },
]

/** Under the terms of the ERP: ten users, four sessions, in the time zone of Ljubljana. */
export const erpLicence = (more: Partial<LicenceClaims> = {}): LicenceClaims =>
  licence({
    iat: Date.parse('2025-12-01T00:00Z') / 1000,
    ...{ term: { from: '2025-12-01', until: null }, maintenanceUntil: null, paidThrough: null },
    limits: { users: { max: 10, behaviour: 'count' }, installations: { max: 2, behaviour: 'count' } },
    terms: terms(profileText('erp-on-premises')),
    ...more,
  })

/** A level that is the same all hour; `over`: minutes above its limit. */
export const level = (value: number, over = 0, known = 60): LevelSummary => [value, value, value * known, known, over]

/** The hour as nothing special happens in it. */
export const ordinary = (hour: number): HourEntry => ({
  hour,
  samples: 60,
  limits: { users: 10, sessions: 4, 'sale.users': 5 },
  levels: { users: level(8), sessions: level(2), 'sale.users': level(3) },
  counts: { transfer_bytes: 1 },
})

/** What is otherwise in an hour; a level that is null was not known. */
export type SpecialHour = Partial<Omit<HourEntry, 'levels'>> & {
  readonly levels?: Readonly<Record<string, LevelSummary | null>>
}

/** By `2026-05-12T08`, UTC; null: no sample. */
export type Special = Readonly<Record<string, SpecialHour | null>>

export class TestInstallation {
  readonly key: TestKey
  lines: RecordLine[] = []
  days: DayHours[] = []

  constructor(key: TestKey = installationKey) {
    this.key = key
  }

  /** Begun, licensed and metered at an instant. */
  static licensed(at: string, claims = erpLicence()): TestInstallation {
    const made = new TestInstallation()
    made.write(at, 'begun', { installation: INSTALLATION, publicKey: made.key.publicKey })
    made.import(at, 'licence', signDocument('licence', claims, vendor), claims.jti)
    made.write(at, METERS, { meters: DESCRIPTIONS })
    return made
  }

  write(at: string, kind: string, data: RecordLine['data']): RecordLine {
    const instant = new Date(at).toISOString()
    const line = lineAfter(this.lines.at(-1) ?? null, { at: instant, wall: instant, kind, data })
    this.lines.push(line)
    return line
  }

  import(at: string, document: string, text: string, jti: string): void {
    this.write(at, 'imported', { document, jti, text })
  }

  /** Days from one to another, each sealed on the next; `happens`: lines of the record by the day on which they are written. */
  live(
    from: string,
    to: string,
    special: Special = {},
    flows: Readonly<Record<string, readonly FlowBody[]>> = {},
  ): this {
    for (let day = from; day <= to; day = plusDays(day, 1)) this.day(day, hoursOf(day, special), flows[day] ?? [])
    return this
  }

  day(day: string, hours: readonly HourEntry[], flows: readonly FlowBody[] = []): void {
    const made: DayHours = { version: 1, day, hours, flows }
    this.days.push(made)
    const before = this.lines.at(-1) as RecordLine
    const unsigned = unsignedSeal({ lines: hours.length * 60 + 1, head: 'a'.repeat(64) }, made)
    this.write(`${plusDays(day, 1)}T00:01Z`, SEAL, { ...signSeal(unsigned, before, this.key.privateKey) })
  }

  evidence(period: Period, timezone = 'Europe/Ljubljana'): Evidence {
    const { from, to } = evidenceDays(period, timezone)
    return { lines: this.lines, days: this.days.filter(({ day }) => day >= from && day <= to) }
  }

  /** The file, as the appliance makes it: an exchange is written down first. */
  report(period: Period, madeAt: string, evidence?: EvidenceSource): Promise<string> {
    this.write(madeAt, EXCHANGE, { with: 'usage' })
    return composeReport(
      {
        reporter: { ...REPORTER, installation: { id: INSTALLATION, publicKey: this.key.publicKey } },
        ...{ period, timezone: 'Europe/Ljubljana', madeAt },
        evidence: evidence ?? this.evidence(period),
        ...{ contract: 'K-17/2026', seq: 1, usage: { users: 8 }, vendorKeys: null },
      },
      (claims) => this.sign(claims),
    )
  }

  sign = async (claims: Claims<'usage'>): Promise<string> =>
    signDocument('usage', claims, { kid: INSTALLATION, privateKey: this.key.privateKey })
}

function hoursOf(day: string, special: Special): HourEntry[] {
  return Array.from({ length: 24 }, (_, hour) => hour).flatMap((hour) => {
    const more = special[`${day}T${String(hour).padStart(2, '0')}`]
    if (more === null) return []
    const usual = ordinary(hour)
    const levels = Object.entries({ ...usual.levels, ...more?.levels }).filter(
      (entry): entry is [string, LevelSummary] => entry[1] !== null,
    )
    const counts = { ...usual.counts, ...more?.counts }
    return [{ ...usual, ...more, levels: Object.fromEntries(levels), counts }]
  })
}
