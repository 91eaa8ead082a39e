import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SimulatedClock } from '../support/clock.ts'
import type { Customer } from '../support/customer.ts'
import { createParty, createUser, logIn, type Session, setActive, simulatedErp, USER_PASSWORD } from '../support/erp.ts'
import { applyDocument, type Contract, contractOf } from '../support/licences.ts'
import { plantEntries } from '../support/planting.ts'
import { waitUntil } from '../support/waiting.ts'
import type { Site } from '../support/web.ts'
import { workshop } from '../support/workshop.ts'

/** Clause 8.4 of the profile `erp-on-premises`, on a real ERP: what was planted is what both sides read in the report. */

/** In the data of the customer and nowhere else. */
const MARK = 'PERSONAL-ZAUPNO-1F7'
const LIMITS = {
  users: { max: 2, behaviour: 'warn' },
  sessions: { max: 2, behaviour: 'warn', reserved: 0, services: 0, idleMinutes: 20 },
} as const

let customer: Customer & AsyncDisposable
let site: Site
let clock: SimulatedClock
let contract: Contract
let admin: Session
let desk: string

beforeAll(async () => {
  let password: string
  ;({ customer, site, clock, password } = await simulatedErp('audit', '2027-03-01T08:00:00Z'))
  contract = await contractOf('erp-on-premises', 'K-8/2027')
  const modules = { sale: { from: '2027-03-01' }, purchase: { users: { max: 1, behaviour: 'count' } } } as const
  await applyDocument(
    customer,
    contract.licence(clock.now(), { maintenanceUntil: '2027-12-31', limits: LIMITS, modules }),
  )
  admin = await logIn(site, 'admin', password)
  desk = await mkdtemp(join(tmpdir(), 'auditor-'))
})
afterAll(async () => {
  await rm(desk, { recursive: true })
  await customer[Symbol.asyncDispose]()
})

const audit = (...more: readonly string[]) => customer.must(['license', 'audit', ...more])

/** A sample is taken on every full minute. */
async function nextSample(): Promise<void> {
  const sampled = async () => (await audit()).covered?.sampledMinutes ?? 0
  const before = await sampled()
  await waitUntil('another minute was sampled', async () => {
    const now = await sampled()
    return now > before ? undefined : `${now} minutes`
  })
}

/** The customer writes the report; the vendor has it on its desk. */
async function report(name: string): Promise<string> {
  await customer.must(['license', 'audit', '--out', `/root/${name}`])
  const path = join(desk, name)
  await execa('docker', ['cp', `${customer.host.name}:/root/${name}`, path])
  return path
}

/** A command of the vendor's, with public keys alone, at the same time as the customer's. */
async function vendorAudit(...args: readonly string[]) {
  const instant = clock.now().toISOString().slice(0, 19).replace('T', ' ')
  const { exitCode, stdout, stderr } = await execa(
    'faketime',
    [instant, workshop.executable, 'vendor', 'audit', ...args, '--json'],
    { reject: false, env: { TZ: 'UTC', FAKETIME_DONT_FAKE_MONOTONIC: '1' } },
  )
  return { exitCode, document: JSON.parse(stdout || `{"nothing": ${JSON.stringify(stderr)}}`) }
}
const verify = (file: string, ...more: readonly string[]) =>
  vendorAudit('verify', file, '--vendor-key', workshop.publicKey, ...more)

describe('what was planted is what the audit says', () => {
  test('users, sessions and entries of a quiet day', async () => {
    await createUser(admin, `${MARK}-one`)
    await createParty(admin, `${MARK} Novak`)
    await plantEntries(customer, 'sale_sale', 7, '2027-03-01T08:30:00Z', MARK)
    await nextSample()

    const { users, sessions, meters } = await audit()
    expect(users).toMatchObject({ limit: 2, peak: { value: 2 }, overMinutes: 0 })
    expect(sessions).toMatchObject({ limit: 2, peak: { value: 1 }, overMinutes: 0 })
    expect(meters.database_bytes.peak.value).toBeGreaterThan(1_000_000)
  })

  test('a peak beyond the licence: warned, counted, nobody sent away', async () => {
    await clock.moveTo('2027-03-17T10:10:00Z')
    const third = await createUser(admin, `${MARK}-two`)
    await Promise.all([1, 2].map(() => logIn(site, `${MARK}-one`, USER_PASSWORD)))
    const working = await Promise.all([1, 2, 3].map(() => logIn(site, `${MARK}-two`, USER_PASSWORD)))
    for (const session of working) await session.call('model.party.party.search_count', [])
    await nextSample()
    await nextSample()
    for (const session of working) await session.logOut()
    await setActive(admin, third, false)

    const { users, sessions } = await audit()
    expect(users.peak).toEqual({ value: 3, at: '2027-03-17T10:00:00.000Z' })
    expect(users.overMinutes).toBeGreaterThanOrEqual(2)
    expect(sessions.peak.value).toBeGreaterThanOrEqual(4)
    expect(sessions.overMinutes).toBeGreaterThanOrEqual(2)
  })

  test('transactions by module, with the hour of its first use', async () => {
    await plantEntries(customer, 'purchase_purchase', 11, '2027-03-17T10:20:00Z', MARK)
    // The first sample of a day seals the one before, with every hour of it.
    await clock.moveTo('2027-03-18T08:00:00Z')
    await nextSample()

    const { modules } = await audit()
    expect(modules.purchase).toMatchObject({ firstUsed: '2027-03-17T10:00:00.000Z', licensed: { users: 1 } })
    expect(modules.sale).toMatchObject({ transactions: { total: 7 }, firstUsed: '2027-03-01T08:00:00.000Z' })
    expect(modules.timesheet.transactions.total).toBe(0)
  })

  test('the days before are sealed, and an explanation names the query', async () => {
    const { stdout } = await customer.domicile(['license', 'audit', 'sale.transactions', '--explain'])

    expect(stdout).toContain('select count(*) from sale_sale')
    const record = await customer.host.readFile('/var/lib/docker/volumes/erp_agent/_data/licence/record.jsonl')
    expect(record).toContain('"kind":"usage"')
  })
})

describe('the vendor’s side, with a report file and two public keys', () => {
  let march: string

  test('the report holds, says the same figures, and holds no personal data', async () => {
    march = await report('march.audit')
    const { exitCode, document } = await verify(march)

    expect(document.findings).toEqual([])
    expect(exitCode).toBe(0)
    expect(document.figures.users.peak.value).toBe(3)
    const text = await readFile(march, 'utf8')
    expect(text).not.toContain(MARK)
    expect(text).not.toContain('Novak')
    expect(text).not.toContain(customer.host.address)
  })

  test('one changed digit is named', async () => {
    const text = await readFile(march, 'utf8')
    await writeFile(
      join(desk, 'changed.audit'),
      text.replace(/"samples":(\d)/, (_, digit) => `"samples":${9 - Number(digit)}`),
    )

    const { exitCode, document } = await verify(join(desk, 'changed.audit'))
    expect(exitCode).toBe(4)
    expect(document.findings.map(({ code }: { code: string }) => code)).toContain('REPORT_CHANGED')
  })

  test('over-use becomes a statement in licences and days; prices make it money', async () => {
    const licence = join(desk, 'licence.lic')
    await writeFile(licence, await contract.licence(clock.now(), { maintenanceUntil: '2027-12-31', limits: LIMITS }))
    const { exitCode, document } = await vendorAudit(
      ...['reconcile', march, '--licence', licence, '--vendor-key', workshop.publicKey],
    )

    expect(exitCode).toBe(0)
    expect(JSON.stringify(document)).toContain('"users"')
  })

  test('the vendor counter-signs; the next report continues the one before', async () => {
    const anchor = join(desk, 'anchor.lic')
    expect((await vendorAudit('countersign', march, '--key', workshop.secretKey, '--out', anchor)).exitCode).toBe(0)
    await applyDocument(customer, readFile(anchor, 'utf8'))
    await clock.moveTo('2027-04-02T09:00:00Z')
    await nextSample()
    const april = await report('april.audit')

    expect((await verify(april, '--since', march)).document.findings).toEqual([])
    expect((await vendorAudit('compare', march, april)).document.kinship).toBe('continued')
  })
})

describe('what somebody does to the ledger is named', () => {
  const LEDGER = '/var/lib/docker/volumes/erp_agent/_data/licence'
  const stop = () => customer.host.must('docker', ['stop', 'erp-agent-1'])
  const start = async () => {
    await customer.host.must('docker', ['start', 'erp-agent-1'])
    await waitUntil('the agent answers', async () => {
      const { exitCode, stderr } = await customer.domicile(['license', 'show'])
      return exitCode === 0 ? undefined : stderr
    })
  }

  test('killed while it works: nothing is lost but the time it was away', async () => {
    await customer.host.must('docker', ['kill', 'erp-agent-1'])
    await start()
    await nextSample()

    expect((await verify(await report('killed.audit'))).document.findings).toEqual([])
  })

  test('an old copy put back is seen at once here, and by whoever has a later report', async () => {
    const later = await report('later.audit')
    await stop()
    await customer.host.must('sh', ['-c', `rm -rf /root/copy && cp -a ${LEDGER} /root/copy`])
    await start()
    await nextSample()
    await report('last.audit')
    await stop()
    await customer.host.must('sh', ['-c', `rm -rf ${LEDGER} && cp -a /root/copy ${LEDGER}`])
    await start()
    await nextSample()

    const { stdout } = await customer.domicile(['license', 'show'])
    expect(stdout).toContain('put back')
    const restored = await report('restored.audit')
    expect(await vendorAudit('compare', join(desk, 'last.audit'), restored)).toMatchObject({
      exitCode: 4,
      document: { kinship: 'forked' },
    })
    expect((await vendorAudit('compare', later, restored)).document.kinship).toBe('continued')
  })
})
