import type { X509Certificate } from 'node:crypto'
import type { Advice, TlsMode } from '../protocol.ts'
import { covers } from './pair.ts'
import { RENEW_BEFORE_DAYS, renewsAt } from './renewal.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Time to bring a new root to every browser before the agent makes it. */
const ROOT_WARNING_DAYS = 60

export interface TlsFacts {
  readonly mode: TlsMode
  readonly serving: TlsMode
  readonly served: X509Certificate
  readonly root: X509Certificate
  /** The certificate of the chosen mode; undefined while there is none. */
  readonly chosen: X509Certificate | undefined
  readonly hostnames: readonly string[]
}

/** What a person should know about the certificates before browsers complain. */
export function tlsWarnings(facts: TlsFacts, now: Date): Advice[] {
  return [clock(facts, now), root(facts, now), fallback(facts), provided(facts, now), names(facts)].filter(
    (warning) => warning !== null,
  )
}

function clock({ root }: TlsFacts, now: Date): Advice | null {
  if (now >= root.validFromDate) return null
  return {
    code: 'CLOCK_BEHIND',
    message: `The clock says ${now.toISOString()}, which is before the internal CA was made (${root.validFromDate.toISOString()}).`,
    hint: 'Correct the clock (timedatectl). If it was wrong when the appliance was installed, make a new CA: domicile tls renew --root',
  }
}

function root({ root }: TlsFacts, now: Date): Advice | null {
  const replacedAt = renewsAt(root)
  if (replacedAt.getTime() - now.getTime() > ROOT_WARNING_DAYS * DAY_MS) return null
  return {
    code: 'ROOT_EXPIRES',
    message: `The internal CA expires at ${root.validToDate.toISOString()}; the appliance makes a new one at ${replacedAt.toISOString()}.`,
    hint: 'Choose the day yourself with domicile tls renew --root and bring the new root (domicile tls root) to every browser that trusts the old one.',
  }
}

function fallback({ mode, serving, chosen }: TlsFacts): Advice | null {
  if (mode === serving) return null
  const [what, hint] =
    mode === 'acme'
      ? [
          'No valid certificate was obtained by ACME',
          'See the last error; port 80 must be reachable from the internet under every name.',
        ]
      : ['No valid certificate of your own is there', 'Give one: domicile tls set']
  return {
    code: chosen ? 'CHOSEN_CERTIFICATE_INVALID' : 'CHOSEN_CERTIFICATE_MISSING',
    message: `${what} yet; the ${serving} one is served.`,
    hint,
  }
}

function provided({ mode, serving, served }: TlsFacts, now: Date): Advice | null {
  const leftDays = Math.floor((served.validToDate.getTime() - now.getTime()) / DAY_MS)
  if (mode !== 'provided' || serving !== 'provided' || leftDays >= RENEW_BEFORE_DAYS) return null
  return {
    code: 'CERTIFICATE_EXPIRES',
    message: `Your certificate expires at ${served.validToDate.toISOString()}, in ${leftDays} days; the internal one is served from then on.`,
    hint: 'Have it renewed where it was issued and give the new one: domicile tls set',
  }
}

function names({ served, hostnames }: TlsFacts): Advice | null {
  const missing = hostnames.filter((name) => !covers(served, name))
  if (missing.length === 0) return null
  return {
    code: 'NAMES_NOT_COVERED',
    message: `The certificate served is not for ${missing.join(', ')}.`,
    hint: 'Give a certificate for every name of the appliance (domicile tls set), or change its names. ACME gives none for addresses.',
  }
}
