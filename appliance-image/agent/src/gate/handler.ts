import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Asked, Gate, Keeping } from './gate.ts'

/** Answers requests for paths that it knows and says so; of others it says no and leaves them alone. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>

/**
 * The gate's paths, for the gateway alone: it sets every `x-domicile-…` header itself.
 *
 * - `GET /gate`: 204 or 403, in header `x-domicile-verdict` why
 * - `GET /gate/page`: what somebody sees who did not pass
 * - `GET /__domicile/notices`: what the banner of open pages shows
 */
export const gateHandler =
  (gate: Gate): Handler =>
  async (request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (request.method !== 'GET') return false
    if (path === '/gate') {
      const { verdict, keeping } = await gate.decide(askedIn(request))
      const headers = { 'cache-control': cacheControl(keeping), 'x-domicile-verdict': verdict.outcome }
      response.writeHead(verdict.outcome === 'pass' ? 204 : 403, headers).end()
      return true
    }
    if (path === '/gate/page') {
      const json = /json/i.test(`${header(request, 'content-type')} ${header(request, 'accept')}`)
      const called = { json, path: header(request, 'x-domicile-path') }
      const refused = { ...askedIn(request), ...called, acceptLanguage: languageOf(request) }
      const { status, headers, body } = await gate.answer(refused)
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
      return true
    }
    if (path === '/__domicile/notices') {
      const accepted = languageOf(request)
      const body = JSON.stringify({ close: gate.closeWord(accepted), banners: gate.banners(accepted) })
      const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=5' }
      response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
      return true
    }
    return false
  }

const askedIn = (request: IncomingMessage): Asked => ({
  carried: header(request, 'x-domicile-session'),
  navigation: header(request, 'x-domicile-navigation') === '1',
  noticeCookie: header(request, 'x-domicile-notice'),
  host: header(request, 'host'),
  userAgent: header(request, 'user-agent'),
  address: header(request, 'x-forwarded-for'),
})

const languageOf = (request: IncomingMessage) => header(request, 'accept-language')

const header = ({ headers }: IncomingMessage, name: string): string => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}

const cacheControl = ({ seconds, whileAsking, withoutAgent }: Keeping) =>
  `max-age=${seconds}, stale-while-revalidate=${whileAsking}, stale-if-error=${withoutAgent}`
