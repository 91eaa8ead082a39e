import { beforeEach, describe, expect, test } from 'vitest'
import { days, make } from './certificate-fixtures.ts'
import { birth, makeStage, own, served, started } from './certificates-stage.ts'
import type { Issuer } from './issuer.ts'
import { issuing } from './issuing.ts'

const stage = makeStage()

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
      return make({ hostnames, notBefore: days(-1, stage.now), notAfter: days(90, stage.now) })
    },
  })

  test('is ordered at the first start, for host names alone, and renewed when 30 days are left', async () => {
    stage.issuer = server()
    const certificates = await started(stage, { ...acme, hostnames: ['erp.example.com', '192.0.2.7'] })
    await certificates.orderIfDue()
    expect(certificates.status()).toMatchObject({ mode: 'acme', serving: 'acme', names: ['erp.example.com'] })

    stage.now = days(50, birth)
    await certificates.orderIfDue()
    expect(orders).toHaveLength(1)
    stage.now = days(61, birth)
    await certificates.orderIfDue()
    expect(orders).toEqual([['erp.example.com'], ['erp.example.com']])
    expect((await served(stage)).validToDate).toEqual(days(90, stage.now))
  })

  test('that fails leaves the internal one serving, and is tried ever more slowly, also over restarts', async () => {
    stage.issuer = server(() => 'port 80 is closed')
    let certificates = await started(stage, acme)
    const minutesOfOrders: number[] = []
    for (let minute = 0; minute < 600; minute += 5) {
      stage.now = new Date(birth.getTime() + minute * 60_000)
      const before = orders.length
      await certificates.orderIfDue()
      if (orders.length > before) minutesOfOrders.push(minute)
      if (minute === 30) certificates = await started(stage, acme)
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
    stage.issuer = server(() => reason)
    const certificates = await started(stage, acme)
    await certificates.orderIfDue()
    const { serial } = certificates.status()
    reason = 'rate limited'
    stage.now = days(61, birth)
    await certificates.orderIfDue()

    expect(certificates.status()).toMatchObject({ serial, serving: 'acme', lastError: { message: 'rate limited' } })
  })

  test('does not order over and over when the clock is wrong', async () => {
    stage.issuer = {
      ...server(),
      acme: async ({ hostnames }) => {
        orders.push([...hostnames])
        return make({ hostnames, notBefore: days(-900, stage.now), notAfter: days(-800, stage.now) })
      },
    }
    const certificates = await started(stage, acme)
    await certificates.orderIfDue()
    await certificates.orderIfDue()

    expect(orders).toHaveLength(1)
    expect(certificates.status().lastError?.message).toContain('the clock here says 2027-01-01')
  })

  test('chosen again is ordered at once after a failure, and from another server, but not without need', async () => {
    let reason: string | null = 'port 80 is closed'
    stage.issuer = server(() => reason)
    const certificates = await started(stage)
    const first = { mode: 'acme', directory: 'https://acme.example.com/' } as const
    await certificates.use(first)
    reason = null
    expect(await certificates.use(first)).toMatchObject({ serving: 'acme', lastError: null })
    expect(orders).toHaveLength(2)
    await certificates.use(first)
    await certificates.use({ mode: 'internal' })
    await certificates.use(first)
    expect(orders).toHaveLength(2)

    await certificates.use({ mode: 'acme', directory: 'https://other.example.com/' })
    expect(orders).toHaveLength(3)
  })

  test('needs a host name', async () => {
    const certificates = await started(stage, { hostnames: ['192.0.2.7'] })

    await expect(certificates.use({ mode: 'acme' })).rejects.toMatchObject({ code: 'TLS_ACME_NEEDS_HOSTNAME' })
    expect(certificates.status().mode).toBe('internal')
  })

  test('falls back to the own certificate, while that is valid', async () => {
    stage.issuer = server(() => 'port 80 is closed')
    const certificates = await started(stage)
    await certificates.set(await own(stage, days(90, stage.now)))

    expect(await certificates.use({ mode: 'acme' })).toMatchObject({ mode: 'acme', serving: 'provided' })
    expect(await certificates.use({ mode: 'internal' })).toMatchObject({ mode: 'internal', serving: 'internal' })
  })

  test('a running order does not hold up a certificate that a person gives', async () => {
    let finish = () => {}
    const asked = new Promise<void>((resolve) => {
      finish = resolve
    })
    const slow = server()
    stage.issuer = {
      ...slow,
      acme: async (request) => {
        await asked
        return slow.acme(request)
      },
    }
    const certificates = await started(stage, acme)
    const order = certificates.orderIfDue()
    expect(await certificates.set(await own(stage, days(90, stage.now)))).toMatchObject({ serving: 'provided' })

    finish()
    await order
    expect(certificates.status()).toMatchObject({ mode: 'provided', serving: 'provided' })
  })
})
