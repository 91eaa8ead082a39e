import { createHash } from 'node:crypto'
import type { SessionSettings } from '@domicile/license/session'
import type { GateStanding } from './ports.ts'
import type { SeatCounts } from './seat-keeper.ts'
import type { Language } from './texts.ts'
import { noticesFor, type Verdict } from './verdict.ts'

/** What a person or a program is told. `short` says everything in one line. */
export interface Message {
  readonly status: number
  /** Short and stable, for programs. */
  readonly code: string
  readonly title: string
  readonly paragraphs: readonly string[]
  readonly short: string
  readonly action: string
  readonly retryAfterSeconds: number | null
  /** For programs, beside the message. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: string
}

const BLOCKED_STATUS = { unlicensed: 402, suspended: 403, 'switched-off': 402, 'trial-over': 402, ended: 403 } as const

export function messageFor(verdict: Verdict, standing: GateStanding, counts: SeatCounts, language: Language): Message {
  const { title } = standing
  const ask = askWhom(standing, language)
  const common = { retryAfterSeconds: null, details: {}, action: language.say('tryAgain') }
  if (verdict.outcome === 'full' && standing.sessions) return fullMessage(standing, counts, language)
  if (verdict.outcome === 'blocked') {
    const [heading, text] = [`${verdict.page}Title`, `${verdict.page}Text`].map((key) => language.say(key, { title }))
    const why = noticesFor(standing.notices, false).map(
      ({ texts }) => (texts[language.code] ?? texts['en'])?.text ?? '',
    )
    const words = {
      title: heading ?? '',
      paragraphs: [text ?? '', ...withAsking(why, standing, ask)],
      short: `${heading}. ${ask}`,
    }
    return { ...common, ...words, status: BLOCKED_STATUS[verdict.page], code: verdict.page }
  }
  if (verdict.outcome === 'reminder') {
    const said = verdict.notices.map(({ texts }) => texts[language.code] ?? texts['en'] ?? { title, text: '' })
    const [first] = said
    const rest = said.slice(1).flatMap((notice) => [notice.title, notice.text])
    const words = {
      title: first?.title ?? title,
      paragraphs: withAsking([first?.text ?? '', ...rest], standing, ask),
      short: first?.text ?? '',
    }
    return { ...common, ...words, status: 200, code: 'notice', action: language.say('continue') }
  }
  const words = {
    title: language.say('openTitle'),
    paragraphs: [language.say('openText')],
    short: language.say('openText'),
  }
  return { ...common, ...words, status: 503, code: 'open', action: language.say('continue'), retryAfterSeconds: 1 }
}

/** Whom to ask is said once: a notice of the terms mostly says it itself. */
const withAsking = (texts: readonly string[], { contact }: GateStanding, ask: string): string[] =>
  contact !== null && texts.some((text) => text.includes(contact)) ? [...texts] : [...texts, ask]

export const askWhom = ({ contact }: GateStanding, language: Language) =>
  contact === null ? language.say('askAdministrator') : language.say('ask', { contact })

function fullMessage(standing: GateStanding, counts: SeatCounts, language: Language): Message {
  const { max = 0, reserved = 0 } = standing.sessions ?? {}
  const used = counts.working.people + counts.working.administrators
  const { nextFreeSeconds } = counts
  const count = Math.max(1, Math.ceil((nextFreeSeconds ?? 60) / 60))
  const minutes = language.say('minutes', { count })
  const ask = askWhom(standing, language)
  return {
    status: 503,
    code: 'full',
    title: language.say('fullTitle'),
    paragraphs: [
      language.say('fullText', { title: standing.title }),
      language.say('fullCount', { used, max }),
      ...(reserved > 0 ? [language.say('fullReserved', { count: reserved })] : []),
      nextFreeSeconds === null ? language.say('fullSoon') : language.say('fullNext', { minutes }),
      ask,
    ],
    short: language.say('fullShort', { used, max, minutes, ask }),
    action: language.say('tryAgain'),
    retryAfterSeconds: Math.min(nextFreeSeconds ?? 60, 60),
    details: { working: used, seats: max, nextFreeSeconds },
  }
}

const STYLE =
  ':root{color-scheme:light dark}body{font:1.0625rem/1.6 system-ui,sans-serif;max-width:36rem;margin:18vh auto 2rem;padding:0 1.5rem}h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}p{margin:0 0 .8rem}a{display:inline-block;margin-top:1rem;padding:.6rem 1.5rem;border-radius:.4rem;background:#1d4f91;color:#fff;text-decoration:none}a:focus-visible{outline:3px solid #f2a900;outline-offset:2px}'
/** Reloading keeps what follows # in the address, where web clients keep where one is; the link would not. */
const SCRIPT = "document.querySelector('a').addEventListener('click',function(e){e.preventDefault();location.reload()})"

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const POLICY = `default-src 'none'; style-src ${sha256(STYLE)}; script-src ${sha256(SCRIPT)}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`

/** A whole page. Its link leads to the address that it was shown at: nothing of a request is repeated in it. */
export function pageAnswer(message: Message, language: Language, cookie: string | null): Answer {
  const [title, action] = [message.title, message.action].map(escapeHtml)
  const paragraphs = message.paragraphs.filter((text) => text !== '').map((text) => `<p>${escapeHtml(text)}</p>`)
  const body = `<!doctype html>
<html lang="${language.code}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
<main>
<h1>${title}</h1>
${paragraphs.join('\n')}
<a href="">${action}</a>
</main>
<script>${SCRIPT}</script>
</html>
`
  const headers = {
    ...commonHeaders(message),
    'content-type': 'text/html; charset=utf-8',
    'content-language': language.code,
    'content-security-policy': POLICY,
    ...(cookie !== null && { 'set-cookie': `domicile_notice=${cookie}; Path=/; Secure; SameSite=Lax; HttpOnly` }),
  }
  return { status: message.status, headers, body }
}

/** For calls that pages and programs make: JSON, in the form that the manifest gives for its clients. */
export function callAnswer(message: Message, language: Language, refused: SessionSettings['refused']): Answer {
  const headers = { ...commonHeaders(message), 'content-language': language.code }
  if (refused) {
    const body = refused.body
      .replaceAll('${title}', () => JSON.stringify(message.title).slice(1, -1))
      .replaceAll('${message}', () => JSON.stringify(message.short).slice(1, -1))
    return { status: refused.status, headers: { ...headers, 'content-type': refused.type }, body }
  }
  const error = { code: message.code, message: message.short, ...message.details }
  return {
    status: message.status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: `${JSON.stringify({ error })}\n`,
  }
}

const commonHeaders = ({ code, retryAfterSeconds }: Message) => ({
  // Tells an answer of the gate from one of the application.
  'x-domicile-gate': code,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  ...(retryAfterSeconds !== null && { 'retry-after': retryAfterSeconds }),
})

const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
