import type { SessionSettings } from '@domicile/license/session'
import { type Answer, askWhom, callAnswer, messageFor, pageAnswer } from './pages.ts'
import { type GatePorts, IDLE_MINUTES } from './ports.ts'
import { type Prove, prover, type Visitor } from './proof.ts'
import { SeatKeeper } from './seat-keeper.ts'
import { type Recognize, recognizer } from './session.ts'
import { chooseLanguage, type Language } from './texts.ts'
import { noticeCookie, noticesFor, type Request, type Verdict, verdict } from './verdict.ts'

/** One request as the gateway describes it. */
export interface Asked extends Request, Visitor {}

/** A request that was not let through, and who waits for an answer. */
export interface Refused extends Asked {
  readonly acceptLanguage: string
  /** It asks with JSON or for it. */
  readonly json: boolean
  /** Without the query. */
  readonly path: string
}

/** What a page's banner shows: `text` with places `{from}` and `{until}` for the instants beside it. */
export interface Banner {
  readonly id: string
  readonly text: string
  readonly from?: string
  readonly until?: string
}

/** How long a verdict may be used without asking: seconds, and beyond that while or although the agent is not there. */
export interface Keeping {
  readonly seconds: number
  readonly whileAsking: number
  readonly withoutAgent: number
}

const THREE_DAYS = 72 * 3600
const KEEPING: Readonly<Record<Verdict['outcome'], Keeping>> = {
  pass: { seconds: 1, whileAsking: 5, withoutAgent: THREE_DAYS },
  blocked: { seconds: 1, whileAsking: 0, withoutAgent: THREE_DAYS },
  reminder: { seconds: 1, whileAsking: 0, withoutAgent: 60 },
  full: { seconds: 1, whileAsking: 0, withoutAgent: 60 },
}

export interface GateSettings {
  /** Absent: sessions cannot be told apart, so there are no seats. */
  readonly session?: SessionSettings | undefined
  readonly languages: ReadonlyMap<string, Language>
}

/** Who may pass to the application, and what the others see. */
export class Gate {
  readonly #ports: GatePorts
  readonly #languages: ReadonlyMap<string, Language>
  readonly #refused: SessionSettings['refused']
  readonly #recognize: Recognize
  readonly #prove: Prove
  readonly seats: SeatKeeper

  constructor({ session, languages }: GateSettings, ports: GatePorts) {
    this.#ports = ports
    this.#languages = languages
    this.#refused = session?.refused
    this.#recognize = session ? recognizer(session) : () => null
    this.#prove = session ? prover(session, ports.upstream) : async () => 'known'
    const { seats, monotonic, record } = ports
    this.seats = new SeatKeeper({ store: seats, monotonic: () => monotonic(), record: (...what) => record(...what) })
  }

  async decide(asked: Asked): Promise<{ readonly verdict: Verdict; readonly keeping: Keeping }> {
    const standing = this.#ports.standing()
    const session = this.#recognize(asked.carried)
    const { sessions: limits } = standing
    const counted = session && limits && !standing.blocked
    const seat = counted ? await this.seats.seatOf(session, limits, () => this.#prove(asked)) : 'unlimited'
    const decided = verdict(standing, asked, seat, session?.pool ?? null)
    return { verdict: decided, keeping: KEEPING[decided.outcome] }
  }

  /** What somebody sees who did not pass; deciding anew, because a second may have gone by. */
  async answer(refused: Refused): Promise<Answer> {
    const standing = this.#ports.standing()
    const { verdict: decided } = await this.decide(refused)
    const language = chooseLanguage(this.#languages, refused.acceptLanguage)
    const message = messageFor(
      decided,
      standing,
      this.seats.counts(standing.sessions?.idleMinutes ?? IDLE_MINUTES),
      language,
    )
    if (!refused.navigation) return callAnswer(message, language, this.#formFor(refused))
    const said = decided.outcome === 'blocked' ? noticesFor(standing.notices, false) : []
    for (const { key } of decided.outcome === 'reminder' ? decided.notices : said) this.#ports.noticeShown(key)
    if (decided.outcome !== 'reminder') return pageAnswer(message, language, null)
    return pageAnswer(message, language, noticeCookie(decided.notices))
  }

  #formFor({ json, path }: Refused): SessionSettings['refused'] {
    const form = this.#refused
    return json && (form?.path === undefined || form.path === path) ? form : undefined
  }

  banners(acceptLanguage: string): readonly Banner[] {
    const { maintenance, readOnly, blocked, ...standing } = this.#ports.standing()
    const language = chooseLanguage(this.#languages, acceptLanguage)
    const { title } = standing
    const ask = askWhom({ ...standing, maintenance, readOnly, blocked }, language)
    const banners: Banner[] = []
    if (maintenance) {
      const { from, until } = maintenance
      const times = language.say('maintenanceBanner', { title, from: '{from}', until: '{until}' })
      const text = maintenance.text === undefined ? times : `${times} ${maintenance.text}`
      banners.push({ id: `maintenance ${from}`, text, from, until })
    }
    if (readOnly) banners.push({ id: 'read-only', text: language.say('readOnlyBanner', { title, ask }) })
    return banners
  }

  closeWord(acceptLanguage: string): string {
    return chooseLanguage(this.#languages, acceptLanguage).say('dismiss')
  }
}
