/** What is tried in each standing, in the order in which it is shown. */
export const CHECKS = [
  ...(['import', 'backup', 'export', 'entry'] as const),
  ...(['login', 'read', 'write', 'activate', 'sessions', 'logout'] as const),
] as const

export type Check = (typeof CHECKS)[number]

/** `done`: it worked. `refused`: it was refused and nothing was changed. `failed`: neither can be said. */
export type Outcome = 'done' | 'refused' | 'failed'

export interface Finding {
  readonly check: Check
  readonly outcome: Outcome
  readonly detail: string
}

/** Where a scratch copy stands, as far as the laws ask. */
export interface Situation {
  readonly name: string
  readonly readOnly: boolean
  /** Nobody gets in through the gateway. */
  readonly blocked: boolean
  /** As many named users are active as are licensed. */
  readonly usersFull: boolean
  /** `full`: one seat is licensed and two sessions come; null: no limit on sessions. */
  readonly sessions: 'free' | 'full' | null
}

export type Expected = Exclude<Outcome, 'failed'>

/**
 * The laws: what must come of each check. Null: it is not asked here. Whatever the standing, people get at what is theirs:
 * importing a licence, backup, export, and the application's own login, reading and logout work.
 */
export function expected({
  readOnly,
  blocked,
  usersFull,
  sessions,
}: Situation): Readonly<Record<Check, Expected | null>> {
  const refusedIf = (condition: boolean): Expected => (condition ? 'refused' : 'done')
  return {
    import: 'done',
    backup: 'done',
    export: 'done',
    entry: refusedIf(blocked),
    login: 'done',
    read: 'done',
    write: refusedIf(readOnly),
    activate: refusedIf(readOnly || usersFull),
    sessions: sessions && refusedIf(sessions === 'full'),
    logout: 'done',
  }
}

const ALWAYS: Partial<Record<Check, string>> = {
  import: 'the next licence is taken and lifts the standing',
  backup: 'the database can be dumped, and the dump read back',
  export: 'every table can be read out with the application’s own role',
  login: 'people can log in',
  read: 'people can read',
  logout: 'people can log out',
}

const LAWS: Partial<Record<Check, Readonly<Record<Expected, string>>>> = {
  entry: { done: 'people reach the application', refused: 'people see a page that says why' },
  write: { done: 'people can write', refused: 'writing is refused' },
  activate: { done: 'users can be activated', refused: 'activating one more user is refused' },
  sessions: { done: 'one more session finds a seat', refused: 'one session too many is refused' },
}

/** A law in words, for whoever reads that it was broken. */
export const lawOf = (check: Check, wanted: Expected): string => ALWAYS[check] ?? LAWS[check]?.[wanted] ?? check

export type Verdict = 'holds' | 'broken' | 'not-provided' | 'not-asked'

export interface Judged {
  readonly check: Check
  readonly expected: Expected | null
  readonly outcome: Outcome | null
  readonly verdict: Verdict
  readonly detail: string
}

/** Compares what came of the checks with the laws, check by check; what nobody tried is not provided. */
export function judge(situation: Situation, findings: readonly Finding[]): Judged[] {
  const wanted = expected(situation)
  return CHECKS.map((check) => {
    const want = wanted[check]
    const { outcome = null, detail = '' } = findings.find((finding) => finding.check === check) ?? {}
    const verdict =
      want === null ? 'not-asked' : outcome === null ? 'not-provided' : outcome === want ? 'holds' : 'broken'
    return { check, expected: want, outcome, verdict, detail }
  })
}
