import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type SessionSettings, sessionSchema } from '@domicile/license/session'
import type { Notice } from '@domicile/license/standing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { healthServer } from '../health-server.ts'
import { Gate } from './gate.ts'
import { gateHandler } from './handler.ts'
import type { GateStanding, SeatStore } from './ports.ts'
import { loadLanguages } from './texts.ts'

const languages = loadLanguages(join(import.meta.dirname, '../../texts'))
const health = { problem: async () => null, thumbprint: null }

let standing: GateStanding
let shown: string[]
let taken: Set<string>
let asked: IncomingMessage[]
let servers: Server[]

const seats: SeatStore = {
  acquire: async (holder, _pool, { max }) => taken.has(holder) || (taken.size < max && Boolean(taken.add(holder))),
  renew: async () => {},
  release: async (holder) => void taken.delete(holder),
  cull: async () => {},
  liveSeats: async () => [],
  extendAll: async () => {},
}

beforeEach(() => {
  standing = {
    blocked: null,
    readOnly: false,
    notices: [],
    sessions: { max: 2, reserved: 1, services: 0, idleMinutes: 20, behaviour: 'refuse' },
    contact: 'Ana <ana@example.test> & "co"',
    title: 'ERP <1>',
    maintenance: null,
  }
  shown = []
  taken = new Set()
  asked = []
  servers = []
})
afterEach(() => {
  for (const server of servers) server.close()
})

const listen = async (server: Server) => {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** An agent with a gate before an application that knows sessions that begin with `good`. */
async function startGate(session: Partial<SessionSettings> | null = {}) {
  const application = createServer((request, response) => {
    asked.push(request)
    const known = request.headers['x-session']?.toString().startsWith('good')
    response.writeHead(known ? 200 : 401).end(known ? 'welcome' : 'who?')
  })
  const upstream = { host: '127.0.0.1', port: await listen(application) }
  const settings = session && sessionSchema.parse({ header: 'X-Session', proof: { path: '/me' }, ...session })
  const gate = new Gate(
    { session: settings ?? undefined, languages },
    {
      standing: () => standing,
      seats,
      noticeShown: (key) => shown.push(key),
      record: () => {},
      monotonic: () => performance.now(),
      upstream,
    },
  )
  const port = await listen(healthServer(health, gateHandler(gate)))
  return (path: string, headers: Record<string, string> = {}) => fetch(`http://127.0.0.1:${port}${path}`, { headers })
}
type Ask = Awaited<ReturnType<typeof startGate>>

const verdictOf = async (ask: Ask, headers: Record<string, string>) => {
  const response = await ask('/gate', headers)
  return [response.status, response.headers.get('x-domicile-verdict')]
}
const page = { 'x-domicile-navigation': '1', 'accept-language': 'en' }
const notice: Notice = {
  id: 'due',
  key: 'payment/due@2026-11-01',
  audience: 'everyone',
  texts: {
    en: { title: 'Payment is due', text: 'Please pay <soon>.' },
    sl: { title: 'Plačilo je zapadlo', text: 'Prosimo, plačajte.' },
  },
}

describe('the verdict', () => {
  test('is 204 for whoever passes and 403 with a reason for others', async () => {
    const ask = await startGate()
    expect(await verdictOf(ask, {})).toEqual([204, 'pass'])
    expect(await verdictOf(ask, { 'x-domicile-session': 'good 1' })).toEqual([204, 'pass'])
    expect(await verdictOf(ask, { 'x-domicile-session': 'good 2' })).toEqual([204, 'pass'])
    expect(await verdictOf(ask, { 'x-domicile-session': 'good 3' })).toEqual([403, 'full'])
    expect(await verdictOf(ask, { 'x-domicile-session': 'good 1' })).toEqual([204, 'pass'])
    expect(await verdictOf(ask, { 'x-domicile-session': 'bad' })).toEqual([204, 'pass'])
    expect(taken.size).toBe(2)
  })

  test('is never of use to anybody for long, but for those who passed while nobody can be asked', async () => {
    const ask = await startGate()
    const keeping = async (headers: Record<string, string>) =>
      (await ask('/gate', headers)).headers.get('cache-control')

    expect(await keeping({})).toBe('max-age=1, stale-while-revalidate=5, stale-if-error=259200')
    taken = new Set(['a', 'b'])
    expect(await keeping({ 'x-domicile-session': 'good' })).toBe(
      'max-age=1, stale-while-revalidate=0, stale-if-error=60',
    )
  })

  test('asks the application with what it needs and nothing else of the request', async () => {
    const ask = await startGate({
      proof: { method: 'POST', path: '/rpc', body: '{"m":1}', contentType: 'application/json', status: 200 },
    })
    await ask('/gate', {
      'x-domicile-session': 'good',
      'user-agent': 'browser',
      'x-forwarded-for': '192.0.2.7',
      cookie: 'a=b',
    })

    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ method: 'POST', url: '/rpc' })
    expect(asked[0]?.headers).toMatchObject({
      'x-session': 'good',
      'user-agent': 'browser',
      'x-forwarded-for': '192.0.2.7',
    })
    expect(asked[0]?.headers).not.toHaveProperty('cookie')
  })

  test('holds for everybody when the appliance is closed, and for stacks without sessions', async () => {
    standing = { ...standing, blocked: { page: 'suspended' } }
    const ask = await startGate(null)
    expect(await verdictOf(ask, {})).toEqual([403, 'blocked'])
    expect(await verdictOf(ask, { 'x-domicile-session': 'good' })).toEqual([403, 'blocked'])
    expect(asked).toEqual([])
  })
})

describe('what somebody sees who does not pass', () => {
  const full = { ...page, 'x-domicile-session': 'good 3' }

  test('says how many work, when to try again and whom to ask, and nothing of it is markup', async () => {
    const ask = await startGate()
    await verdictOf(ask, { 'x-domicile-session': 'good 1' })
    await verdictOf(ask, { 'x-domicile-session': 'good 2' })
    const response = await ask('/gate/page', full)
    const body = await response.text()

    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(body).toContain('Seats in use: 2 of 2.')
    expect(body).toContain('in about 20 minutes')
    expect(body).toContain('Ana &#60;ana@example.test&#62; &#38; &#34;co&#34;')
    expect(body).not.toContain('<1>')
    expect(body).not.toMatch(/(src|href)="[^"]/)
  })

  test('is in the language of the browser', async () => {
    const ask = await startGate()
    taken = new Set(['a', 'b'])
    const response = await ask('/gate/page', { ...full, 'accept-language': 'sl-SI,en;q=0.5' })
    expect(await response.text()).toContain('<html lang="sl">')
    expect(response.headers.get('content-language')).toBe('sl')
  })

  test('is JSON for calls, and what the manifest says for those that speak JSON', async () => {
    const body = '{"id":null,"error":["UserError",["${message}","",null]]}'
    const ask = await startGate({ refused: { status: 200, type: 'application/json', body } })
    taken = new Set(['a', 'b'])
    standing = { ...standing, contact: 'Ana "A" \\ $& B' }
    const call = { 'x-domicile-session': 'good 3' }

    const plain = await ask('/gate/page', call)
    expect(plain.status).toBe(503)
    expect(await plain.json()).toMatchObject({ error: { code: 'full', seats: 2, working: 0 } })

    const rpc = await ask('/gate/page', { ...call, 'content-type': 'application/json' })
    expect(rpc.status).toBe(200)
    const { error } = (await rpc.json()) as { error: [string, [string]] }
    expect(error[1][0]).toContain('Ana "A" \\ $& B')
  })

  test('takes the manifest’s form only where its clients understand it', async () => {
    const form = { path: '/rpc/', status: 200, type: 'application/json', body: '["${title}"]' }
    const ask = await startGate({ refused: form })
    taken = new Set(['a', 'b'])
    const call = { 'x-domicile-session': 'good 3', 'content-type': 'application/json' }

    expect(await (await ask('/gate/page', { ...call, 'x-domicile-path': '/rpc/' })).json()).toEqual([
      'All seats are taken',
    ])
    expect((await ask('/gate/page', { ...call, 'x-domicile-path': '/bus' })).status).toBe(503)
  })

  test.each([
    ['unlicensed', 402, 'no licence yet'],
    ['suspended', 403, 'closed for now'],
    ['switched-off', 402, 'switched off'],
    ['trial-over', 402, 'trial'],
    ['ended', 403, 'has ended'],
  ] as const)('says that the appliance is %s with status %d', async (name, status, words) => {
    standing = { ...standing, blocked: { page: name } }
    const ask = await startGate()
    const response = await ask('/gate/page', page)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-domicile-gate')).toBe(name)
    expect(await response.text()).toContain(words)
    expect(await (await ask('/gate/page')).json()).toMatchObject({ error: { code: name } })
  })

  test('of a closed appliance says what is due, which counts as shown', async () => {
    standing = { ...standing, blocked: { page: 'suspended' }, notices: [notice] }
    const ask = await startGate()
    expect(await (await ask('/gate/page', page)).text()).toContain('Please pay &#60;soon&#62;.')
    expect(shown).toEqual([notice.key])
  })

  test('is a reminder once: it counts as shown when it goes out, and its cookie lets through', async () => {
    standing = { ...standing, notices: [notice] }
    const ask = await startGate()
    expect(await verdictOf(ask, page)).toEqual([403, 'reminder'])
    expect(shown).toEqual([])
    const response = await ask('/gate/page', page)
    const cookie = response.headers.get('set-cookie') ?? ''

    expect(response.status).toBe(200)
    expect(await response.text()).toContain('Please pay &#60;soon&#62;.')
    expect(shown).toEqual([notice.key])
    expect(cookie).toMatch(/^domicile_notice=[\w-]{22}; Path=\/; Secure; SameSite=Lax; HttpOnly$/)
    const value = /=([\w-]+)/.exec(cookie)?.[1] ?? ''
    expect(await verdictOf(ask, { ...page, 'x-domicile-notice': value })).toEqual([204, 'pass'])
    expect(await verdictOf(ask, { 'accept-language': 'en' })).toEqual([204, 'pass'])
  })

  test('only what its own hashes name may run or style it', async () => {
    standing = { ...standing, notices: [notice] }
    const response = await (await startGate())('/gate/page', page)
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+';/,
    )
  })

  test('says so when nothing stands in the way any more', async () => {
    const response = await (await startGate())('/gate/page', page)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.text()).toContain('You can go on')
  })
})

test('banners say what is planned and what is not possible', async () => {
  const ask = await startGate()
  const notices = async (language: string) => (await ask('/__domicile/notices', { 'accept-language': language })).json()
  expect(await notices('en')).toEqual({ close: 'Close', banners: [] })
  const maintenance = { from: '2026-11-23T20:00:00Z', until: '2026-11-23T21:00:00Z', text: 'Nova različica.' }
  standing = { ...standing, readOnly: true, maintenance }

  expect(await notices('sl')).toEqual({
    close: 'Zapri',
    banners: [
      {
        id: `maintenance ${maintenance.from}`,
        text: expect.stringMatching(/od \{from\} do \{until\}.* Nova različica\.$/),
        from: maintenance.from,
        until: maintenance.until,
      },
      { id: 'read-only', text: expect.stringContaining('samo za branje') },
    ],
  })
})

test('other paths and methods are left to the rest of the agent', async () => {
  const ask = await startGate()
  expect((await ask('/health')).status).toBe(200)
  expect((await ask('/gate/other')).status).toBe(404)
  expect((await ask('/gatepage')).status).toBe(404)
})
