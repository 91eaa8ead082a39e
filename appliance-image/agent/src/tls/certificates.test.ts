import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { days } from './certificate-fixtures.ts'
import type { Certificates } from './certificates.ts'
import { birth, makeStage, own, served, started } from './certificates-stage.ts'
import { issuing } from './issuing.ts'

const stage = makeStage()

const codes = (certificates: Certificates) => certificates.status().warnings.map(({ code }) => code)

describe('the internal certificate', () => {
  test('lives 90 days from 5 minutes ago, below a CA of 10 years, and has its key beside it', async () => {
    const certificates = await started(stage)
    const leaf = await served(stage)
    const root = new X509Certificate(certificates.root().pem)

    expect(leaf.validFromDate).toEqual(new Date('2026-12-31T23:55:00Z'))
    expect(leaf.validToDate).toEqual(days(90, birth))
    expect(root.validToDate.getUTCFullYear()).toBe(2037)
    expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true)
    expect(leaf.checkPrivateKey(createPrivateKey(await readFile(join(stage.home, 'tls/live/key.pem'))))).toBe(true)
    expect(await certificates.problem()).toBeNull()
  })

  test('is renewed when 30 days are left, and not before', async () => {
    const certificates = await started(stage)
    const first = (await served(stage)).serialNumber
    stage.now = days(59, birth)
    await certificates.check()
    expect((await served(stage)).serialNumber).toBe(first)

    stage.now = days(61, birth)
    await certificates.check()
    expect((await served(stage)).validToDate).toEqual(days(151, birth))
    expect(certificates.status().rootFingerprint).toBe(certificates.root().fingerprint)
  })

  test('changes with the names of the appliance, and its CA does not', async () => {
    const { fingerprint } = (await started(stage)).root()
    const changed = await started(stage, { hostnames: ['new.example.com', '192.0.2.7'] })

    expect((await served(stage)).subjectAltName).toBe('DNS:new.example.com, IP Address:192.0.2.7')
    expect(changed.root().fingerprint).toBe(fingerprint)
    await started(stage, { hostnames: ['new.example.com'] })
    expect((await served(stage)).subjectAltName).toBe('DNS:new.example.com')
  })

  test('is made anew when the clock shows that it is not valid yet', async () => {
    stage.now = days(300, birth)
    const certificates = await started(stage)
    stage.now = days(299.5, birth)
    await certificates.check()

    expect((await served(stage)).validFromDate.getTime()).toBeLessThan(stage.now.getTime())
  })

  test('stays as it is while the clock stands before the CA was made: that clock is wrong', async () => {
    const { fingerprint } = (await started(stage)).root()
    const { serialNumber } = await served(stage)
    stage.now = new Date('1970-01-01T00:01:00Z')
    const restarted = await started(stage)

    expect((await served(stage)).serialNumber).toBe(serialNumber)
    expect(restarted.root().fingerprint).toBe(fingerprint)
    expect(codes(restarted)).toContain('CLOCK_BEHIND')
  })

  test('never outlives its CA; the CA is announced for two months and then replaced', async () => {
    const { fingerprint } = (await started(stage)).root()
    const end = new X509Certificate((await started(stage)).root().pem).validToDate
    stage.now = days(-91, end)
    expect(codes(await started(stage))).toEqual([])

    stage.now = days(-89, end)
    const warned = await started(stage)
    expect(codes(warned)).toEqual(['ROOT_EXPIRES'])
    expect((await served(stage)).validToDate.getTime()).toBeLessThanOrEqual(end.getTime())

    stage.now = days(-29, end)
    const replaced = await started(stage)
    expect(replaced.root().fingerprint).not.toBe(fingerprint)
    expect((await served(stage)).verify(new X509Certificate(replaced.root().pem).publicKey)).toBe(true)
    expect(codes(replaced)).toEqual([])
  })

  test('can be asked for, with a new CA too', async () => {
    const certificates = await started(stage)
    const { serial, rootFingerprint } = certificates.status()
    const renewed = await certificates.renew({})
    expect(renewed.serial).not.toBe(serial)
    expect(renewed.rootFingerprint).toBe(rootFingerprint)

    expect((await certificates.renew({ root: true })).rootFingerprint).not.toBe(rootFingerprint)
  })

  test('comes back when its state is damaged, and the damaged file is kept', async () => {
    await started(stage)
    await writeFile(join(stage.home, 'state/internal.pem'), 'x')
    const certificates = await started(stage)

    expect(await certificates.problem()).toBeNull()
    expect(await readdir(join(stage.home, 'state'))).toContain('internal.pem.damaged')
    expect(stage.events).toContain('state-damaged')
  })

  test('is made anew when a crash left the one of an older CA', async () => {
    const certificates = await started(stage)
    const older = await readFile(join(stage.home, 'state/internal.pem'))
    const { rootFingerprint } = await certificates.renew({ root: true })
    await writeFile(join(stage.home, 'state/internal.pem'), older)

    const { pem, fingerprint } = (await started(stage)).root()
    expect(fingerprint).toBe(rootFingerprint)
    expect((await served(stage)).verify(new X509Certificate(pem).publicKey)).toBe(true)
  })

  test('is published again when the shared folder was emptied', async () => {
    const certificates = await started(stage)
    await rm(join(stage.home, 'tls/live'))
    expect(await certificates.problem()).toBe('the certificate is not in the shared folder')

    await certificates.check()
    expect(await certificates.problem()).toBeNull()
  })

  test('is missed, and told, while it can not be made; the next check makes it', async () => {
    stage.issuer = { ...issuing, internal: () => Promise.reject(new Error('no memory')) }
    await expect(started(stage)).rejects.toThrow('no memory')
    stage.issuer = issuing

    expect(await (await started(stage)).problem()).toBeNull()
  })
})

describe("the customer's own certificate", () => {
  test('is served from the moment it is given, also after a restart, whatever the configuration says', async () => {
    const certificates = await started(stage)
    const { certificate, key, parsed } = await own(stage, days(90, stage.now))
    expect(await certificates.set({ certificate, key })).toMatchObject({
      mode: 'provided',
      serving: 'provided',
      renewsAt: null,
      warnings: [],
    })

    await started(stage)
    expect((await served(stage)).raw).toEqual(Buffer.from(parsed.rawData))
  })

  test('that is refused leaves the old one serving, and the mode', async () => {
    const certificates = await started(stage)
    const before = certificates.status()
    const { certificate } = await own(stage, days(90, stage.now))
    const { key } = await own(stage, days(90, stage.now))

    await expect(certificates.set({ certificate, key })).rejects.toMatchObject({ code: 'TLS_KEY_MISMATCH' })
    expect(certificates.status()).toEqual(before)
    expect((await served(stage)).fingerprint256).toBe(before.fingerprint)
    expect((await started(stage)).status().mode).toBe('internal')
  })

  test('gives way to the internal one when it expires, after a month of warning', async () => {
    const certificates = await started(stage)
    await certificates.set(await own(stage, days(90, stage.now)))
    stage.now = days(61, birth)
    await certificates.check()
    expect(certificates.status()).toMatchObject({ serving: 'provided', warnings: [{ code: 'CERTIFICATE_EXPIRES' }] })

    stage.now = days(91, birth)
    await certificates.check()
    expect(certificates.status()).toMatchObject({
      mode: 'provided',
      serving: 'internal',
      warnings: [{ code: 'CHOSEN_CERTIFICATE_INVALID' }],
    })
    expect((await served(stage)).validToDate.getTime()).toBeGreaterThan(stage.now.getTime())
  })

  test('that does not cover a new name stays, and the name is told', async () => {
    await (await started(stage)).set(await own(stage, days(90, stage.now)))
    const certificates = await started(stage, { hostnames: ['erp.example.com', 'shop.example.com'] })

    expect(certificates.status()).toMatchObject({
      serving: 'provided',
      warnings: [{ code: 'NAMES_NOT_COVERED', message: expect.stringContaining('shop.example.com') }],
    })
  })

  test('can not be renewed by the appliance', async () => {
    const certificates = await started(stage)
    await certificates.set(await own(stage, days(90, stage.now)))

    await expect(certificates.renew({})).rejects.toMatchObject({ code: 'TLS_NOT_OURS_TO_RENEW' })
  })

  test('chosen and not given means the internal one, with a warning', async () => {
    const certificates = await started(stage, { tls: { mode: 'provided' } })

    expect(certificates.status()).toMatchObject({
      mode: 'provided',
      serving: 'internal',
      warnings: [{ code: 'CHOSEN_CERTIFICATE_MISSING' }],
    })
  })
})
