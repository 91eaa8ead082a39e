import type { X509Certificate } from 'node:crypto'
import type { TlsMode } from '../protocol.ts'
import { covers, namesOf } from './pair.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** The agent renews when less than this is left, or a third of the lifetime for certificates that live shorter than 90 days. */
export const RENEW_BEFORE_DAYS = 30

export type RenewalReason = 'names-changed' | 'not-yet-valid' | 'expiring'

/** Why a certificate must be replaced by a new one, or null while it is good. */
export function needsRenewal(
  certificate: X509Certificate,
  hostnames: readonly string[],
  now: Date,
): RenewalReason | null {
  if (!hostnames.every((name) => covers(certificate, name))) return 'names-changed'
  if (now < certificate.validFromDate) return 'not-yet-valid'
  if (now >= renewsAt(certificate)) return 'expiring'
  return null
}

export function renewsAt({ validFromDate, validToDate }: X509Certificate): Date {
  const lifetimeMs = validToDate.getTime() - validFromDate.getTime()
  return new Date(validToDate.getTime() - Math.min(RENEW_BEFORE_DAYS * DAY_MS, lifetimeMs / 3))
}

/** The internal certificate also loses names that the appliance no longer has; an outside CA may add names of its own. */
export const hasOtherNames = (certificate: X509Certificate, hostnames: readonly string[]): boolean =>
  namesOf(certificate).length !== hostnames.length

/**
 * The moment to judge and to date certificates at. A clock that stands before the internal CA was made is wrong (a dead
 * battery, a boot before time is in sync): the newest certificate then says best how late it is.
 */
export function plausibleNow(root: X509Certificate, others: readonly X509Certificate[], now: Date): Date {
  if (now >= root.validFromDate) return now
  return new Date(Math.max(...[root, ...others].map((certificate) => certificate.validFromDate.getTime())))
}

const PREFERENCES: Readonly<Record<TlsMode, readonly TlsMode[]>> = {
  internal: ['internal'],
  provided: ['provided', 'internal'],
  acme: ['acme', 'provided', 'internal'],
}

/** Which of the certificates at hand to serve: the chosen one, or the next best while it is missing or out of its dates. */
export function servingSource(
  mode: TlsMode,
  available: Readonly<Partial<Record<TlsMode, X509Certificate>>>,
  now: Date,
): TlsMode {
  const valid = (source: TlsMode) => {
    const certificate = available[source]
    return certificate !== undefined && now >= certificate.validFromDate && now < certificate.validToDate
  }
  return PREFERENCES[mode].find(valid) ?? 'internal'
}

const RETRY_MINUTES = [5, 15, 60, 240, 720] as const
const RETRY_MINUTES_AT_MOST = 1440

/** When to order again after so many failures in a row: slow enough for the limits of public ACME servers. */
export function retryAt(failures: number, failedAt: Date): Date {
  const minutes = RETRY_MINUTES[failures - 1] ?? RETRY_MINUTES_AT_MOST
  return new Date(failedAt.getTime() + minutes * MINUTE_MS)
}
