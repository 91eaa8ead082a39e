import { type Fact, type HostFacts, isUnknown } from './facts.ts'

/** What the release needs of a host. */
export interface Requirements {
  readonly cpu: number
  readonly memoryBytes: number
  readonly diskBytes: number
  /** `amd64`, `arm64`. */
  readonly arch: readonly string[]
  /** Size of the release once unpacked. */
  readonly extractedBytes: number
  /** Checks that the stack allows nobody to accept. */
  readonly strict?: readonly string[]
}

/** What the person wants of this host. */
export interface Wanted {
  /** Name of the appliance. */
  readonly name?: string
  readonly hostname?: string
  readonly ports: { readonly http: number; readonly https: number }
  /** CIDR; chosen by the plan where absent. */
  readonly subnets?: readonly string[]
}

export interface Finding {
  readonly verdict: 'pass' | 'warn' | 'fail'
  /** What was measured. */
  readonly value: string
  readonly wanted: string
  /** What to do about it; empty when it passed. */
  readonly hint: string
}

export interface Verdict extends Finding {
  readonly id: string
  readonly title: string
  /** Nobody can accept its failure. */
  readonly strict: boolean
  readonly accepted?: Acceptance
}

export interface Acceptance {
  readonly by: string
  readonly why: string
  /** ISO 8601. */
  readonly at: string
}

export interface Check {
  readonly id: string
  readonly title: string
  readonly strict?: boolean
  run(facts: HostFacts, requirements: Requirements, wanted: Wanted): Finding
}

export const pass = (value: string, wanted: string): Finding => ({ verdict: 'pass', value, wanted, hint: '' })
export const warn = (value: string, wanted: string, hint: string): Finding => ({ verdict: 'warn', value, wanted, hint })
export const fail = (value: string, wanted: string, hint: string): Finding => ({ verdict: 'fail', value, wanted, hint })

/** Judges a fact that is known; an unknown one is a warning that says why it is unknown. */
export function judge<T>(fact: Fact<T>, wanted: string, known: (value: T) => Finding): Finding {
  if (!isUnknown(fact)) return known(fact)
  return warn(`unknown: ${fact.unknown}`, wanted, 'Check this by hand, or run preflight as root.')
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1536` → `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1)
  const amount = bytes / 1024 ** power
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${UNITS[power]}`
}
