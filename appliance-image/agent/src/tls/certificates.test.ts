import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { days, make } from './certificate-fixtures.ts'
import { Certificates } from './certificates.ts'
import type { Issuer } from './issuer.ts'
import { issuing } from './issuing.ts'
import { TlsFolder } from './tls-folder.ts'
import { TlsState } from './tls-state.ts'

const birth = new Date('2027-01-01T00:00:00Z')

let home: string
let now: Date
let events: string[]
let issuer: Issuer
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'certificates-'))
  now = birth
  events = []
  issuer = issuing
})
afterEach(() => rm(home, { recursive: true }))

/** The agent's certificates as after a start of the agent, with the libraries in this process and a clock to set. */
async function started(changes: object = {}): Promise<Certificates> {
  const defaults = { version: 1, appliance: 'erp', hostnames: ['erp.example.com'], tls: { mode: 'internal' } }
  const log = (event: string) => void events.push(event)
  const state = join(home, 'state')
  const tls = join(home, 'tls')
  for (const path of [state, tls]) await mkdir(path, { recursive: true })
  const ports = { state: new TlsState(state, log), folder: new TlsFolder(tls), issuer, clock: () => now, log }
  const certificates = new Certificates(parseConfig(JSON.stringify({ ...defaults, ...changes })), ports)
  await certificates.load()
  await certificates.check()
  return certificates
}

const served = async () => new X509Certificate(await readFile(join(home, 'tls/live/cert.pem')))

const own = (notAfter: Date) => make({ hostnames: ['erp.example.com'], notBefore: days(-1, now), notAfter })

const codes = (certificates: Certificates) => certificates.status().warnings.map(({ code }) => code)

describe('the internal certificate', () => {
  test('lives 90 days from 5 minutes ago, below a CA of 10 years, and has its key beside it', async () => {
    const certificates = await started()
    const leaf = await served()
    const root = new X509Certificate(certificates.root().pem)

    expect(leaf.validFromDate).toEqual(new Date('2026-12-31T23:55:00Z'))
    expect(leaf.validToDate).toEqual(days(90, birth))
    expect(root.validToDate.getUTCFullYear()).toBe(2037)
    expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true)
    expect(leaf.checkPrivateKey(createPrivateKey(await readFile(join(home, 'tls/live/key.pem'))))).toBe(true)
    expect(await certificates.problem()).toBeNull()
  })

  test('is renewed when 30 days are left, and not before', async () => {
    const certificates = await started()
    const first = (await served()).serialNumber
    now = days(59, birth)
    await certificates.check()
    expect((await served()).serialNumber).toBe(first)

    now = days(61, birth)
    await certificates.check()
    expect((await served()).validToDate).toEqual(days(151, birth))
    expect(certificates.status().rootFingerprint).toBe(certificates.root().fingerprint)
  })

  test('changes with the names of the appliance, and its CA does not', async () => {
    const { fingerprint } = (await started()).root()
    const changed = await started({ hostnames: ['new.example.com', '192.0.2.7'] })

    expect((await served()).subjectAltName).toBe('DNS:new.example.com, IP Address:192.0.2.7')
    expect(changed.root().fingerprint).toBe(fingerprint)
    await started({ hostnames: ['new.example.com'] })
    expect((await served()).subjectAltName).toBe('DNS:new.example.com')
  })

  test('is made anew when the clock shows that it is not valid yet', async () => {
    now = days(300, birth)
    const certificates = await started()
    now = days(299.5, birth)
    await certificates.check()

    expect((await served()).validFromDate.getTime()).toBeLessThan(now.getTime())
  })

  test('stays as it is while the clock stands before the CA was made: that clock is wrong', async () => {
    const { fingerprint } = (await started()).root()
    const { serialNumber } = await served()
    now = new Date('1970-01-01T00:01:00Z')
    const restarted = await started()

    expect((await served()).serialNumber).toBe(serialNumber)
    expect(restarted.root().fingerprint).toBe(fingerprint)
    expect(codes(restarted)).toContain('CLOCK_BEHIND')
  })

  test('never outlives its CA; the CA is announced for two months and then replaced', async () => {
    const { fingerprint } = (await started()).root()
    const end = new X509Certificate((await started()).root().pem).validToDate
    now = days(-91, end)
    expect(codes(await started())).toEqual([])

    now = days(-89, end)
    const warned = await started()
    expect(codes(warned)).toEqual(['ROOT_EXPIRES'])
    expect((await served()).validToDate.getTime()).toBeLessThanOrEqual(end.getTime())

    now = days(-29, end)
    const replaced = await started()
    expect(replaced.root().fingerprint).not.toBe(fingerprint)
    expect((await served()).verify(new X509Certificate(replaced.root().pem).publicKey)).toBe(true)
    expect(codes(replaced)).toEqual([])
  })

  test('can be asked for, with a new CA too', async () => {
    const certificates = await started()
    const { serial, rootFingerprint } = certificates.status()
    const renewed = await certificates.renew({})
    expect(renewed.serial).not.toBe(serial)
    expect(renewed.rootFingerprint).toBe(rootFingerprint)

    expect((await certificates.renew({ root: true })).rootFingerprint).not.toBe(rootFingerprint)
  })

  test('comes back when its state is damaged, and the damaged file is kept', async () => {
    await started()
    await writeFile(join(home, 'state/internal.pem'), 'x')
    const certificates = await started()

    expect(await certificates.problem()).toBeNull()
    expect(await readdir(join(home, 'state'))).toContain('internal.pem.damaged')
    expect(events).toContain('state-damaged')
  })

  test('is published again when the shared folder was emptied', async () => {
    const certificates = await started()
    await rm(join(home, 'tls/live'))
    expect(await certificates.problem()).toBe('the certificate is not in the shared folder')

    await certificates.check()
    expect(await certificates.problem()).toBeNull()
  })

  test('is missed, and told, while it can not be made; the next check makes it', async () => {
    issuer = { ...issuing, internal: () => Promise.reject(new Error('no memory')) }
    await expect(started()).rejects.toThrow('no memory')
    issuer = issuing

    expect(await (await started()).problem()).toBeNull()
  })
})

describe("the customer's own certificate", () => {
  test('is served from the moment it is given, also after a restart, whatever the configuration says', async () => {
    const certificates = await started()
    const { certificate, key, parsed } = await own(days(90, now))
    expect(await certificates.set({ certificate, key })).toMatchObject({
      mode: 'provided',
      serving: 'provided',
      renewsAt: null,
      warnings: [],
    })

    await started()
    expect((await served()).raw).toEqual(Buffer.from(parsed.rawData))
  })

  test('that is refused leaves the old one serving, and the mode', async () => {
    const certificates = await started()
    const before = certificates.status()
    const { certificate } = await own(days(90, now))
    const { key } = await own(days(90, now))

    await expect(certificates.set({ certificate, key })).rejects.toMatchObject({ code: 'TLS_KEY_MISMATCH' })
    expect(certificates.status()).toEqual(before)
    expect((await served()).fingerprint256).toBe(before.fingerprint)
    expect((await started()).status().mode).toBe('internal')
  })

  test('gives way to the internal one when it expires, after a month of warning', async () => {
    const certificates = await started()
    await certificates.set(await own(days(90, now)))
    now = days(61, birth)
    await certificates.check()
    expect(certificates.status()).toMatchObject({ serving: 'provided', warnings: [{ code: 'CERTIFICATE_EXPIRES' }] })

    now = days(91, birth)
    await certificates.check()
    expect(certificates.status()).toMatchObject({
      mode: 'provided',
      serving: 'internal',
      warnings: [{ code: 'CHOSEN_CERTIFICATE_INVALID' }],
    })
    expect((await served()).validToDate.getTime()).toBeGreaterThan(now.getTime())
  })

  test('that does not cover a new name stays, and the name is told', async () => {
    await (await started()).set(await own(days(90, now)))
    const certificates = await started({ hostnames: ['erp.example.com', 'shop.example.com'] })

    expect(certificates.status()).toMatchObject({
      serving: 'provided',
      warnings: [{ code: 'NAMES_NOT_COVERED', message: expect.stringContaining('shop.example.com') }],
    })
  })

  test('can not be renewed by the appliance', async () => {
    const certificates = await started()
    await certificates.set(await own(days(90, now)))

    await expect(certificates.renew({})).rejects.toMatchObject({ code: 'TLS_NOT_OURS_TO_RENEW' })
  })

  test('chosen and not given means the internal one, with a warning', async () => {
    const certificates = await started({ tls: { mode: 'provided' } })

    expect(certificates.status()).toMatchObject({
      mode: 'provided',
      serving: 'internal',
      warnings: [{ code: 'CHOSEN_CERTIFICATE_MISSING' }],
    })
  })
})

describe('ACME', () => {
  const acme = { tls: { mode: 'acme', directory: 'https://acme.example.com/' } }
  const orders: string[][] = []
  beforeEach(() => {
    orders.length = 0
  })

  /** An ACME server that issues for 90 days, or throws what it is told to. */
  const server = (failure?: () => string | null): Issuer => ({
    ...issuing,
    acme: async ({ hostnames }) => {
      orders.push([...hostnames])
      const reason = failure?.()
      if (reason) throw new Error(reason)
      return make({ hostnames, notBefore: days(-1, now), notAfter: days(90, now) })
    },
  })

  test('is ordered at the first start, for host names alone, and renewed when 30 days are left', async () => {
    issuer = server()
    const certificates = await started({ ...acme, hostnames: ['erp.example.com', '192.0.2.7'] })
    await certificates.orderIfDue()
    expect(certificates.status()).toMatchObject({ mode: 'acme', serving: 'acme', names: ['erp.example.com'] })

    now = days(50, birth)
    await certificates.orderIfDue()
    expect(orders).toHaveLength(1)
    now = days(61, birth)
    await certificates.orderIfDue()
    expect(orders).toEqual([['erp.example.com'], ['erp.example.com']])
    expect((await served()).validToDate).toEqual(days(90, now))
  })

  test('that fails leaves the internal one serving, and is tried ever more slowly, also over restarts', async () => {
    issuer = server(() => 'port 80 is closed')
    let certificates = await started(acme)
    const minutesOfOrders: number[] = []
    for (let minute = 0; minute < 600; minute += 5) {
      now = new Date(birth.getTime() + minute * 60_000)
      const before = orders.length
      await certificates.orderIfDue()
      if (orders.length > before) minutesOfOrders.push(minute)
      if (minute === 30) certificates = await started(acme)
    }

    expect(minutesOfOrders).toEqual([0, 5, 20, 80, 320])
    expect(certificates.status()).toMatchObject({
      serving: 'internal',
      lastError: { message: 'port 80 is closed' },
      warnings: [{ code: 'CHOSEN_CERTIFICATE_MISSING' }],
    })
  })

  test('that fails to renew keeps the certificate it has', async () => {
    let reason: string | null = null
    issuer = server(() => reason)
    const certificates = await started(acme)
    await certificates.orderIfDue()
    const { serial } = certificates.status()
    reason = 'rate limited'
    now = days(61, birth)
    await certificates.orderIfDue()

    expect(certificates.status()).toMatchObject({ serial, serving: 'acme', lastError: { message: 'rate limited' } })
  })

  test('does not order over and over when the clock is wrong', async () => {
    issuer = {
      ...server(),
      acme: async ({ hostnames }) => {
        orders.push([...hostnames])
        return make({ hostnames, notBefore: days(-900, now), notAfter: days(-800, now) })
      },
    }
    const certificates = await started(acme)
    await certificates.orderIfDue()
    await certificates.orderIfDue()

    expect(orders).toHaveLength(1)
    expect(certificates.status().lastError?.message).toContain('the clock here says 2027-01-01')
  })

  test('needs a host name', async () => {
    const certificates = await started({ hostnames: ['192.0.2.7'] })

    await expect(certificates.use({ mode: 'acme' })).rejects.toMatchObject({ code: 'TLS_ACME_NEEDS_HOSTNAME' })
    expect(certificates.status().mode).toBe('internal')
  })

  test('falls back to the own certificate, while that is valid', async () => {
    issuer = server(() => 'port 80 is closed')
    const certificates = await started()
    await certificates.set(await own(days(90, now)))

    expect(await certificates.use({ mode: 'acme' })).toMatchObject({ mode: 'acme', serving: 'provided' })
    expect(await certificates.use({ mode: 'internal' })).toMatchObject({ mode: 'internal', serving: 'internal' })
  })

  test('a running order does not hold up a certificate that a person gives', async () => {
    let finish = () => {}
    const asked = new Promise<void>((resolve) => {
      finish = resolve
    })
    const slow = server()
    issuer = {
      ...slow,
      acme: async (request) => {
        await asked
        return slow.acme(request)
      },
    }
    const certificates = await started(acme)
    const order = certificates.orderIfDue()
    expect(await certificates.set(await own(days(90, now)))).toMatchObject({ serving: 'provided' })

    finish()
    await order
    expect(certificates.status()).toMatchObject({ mode: 'provided', serving: 'provided' })
  })
})
