import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GateStanding, SeatStore } from '../gate/index.ts'
import { SeatKeeper } from '../gate/seat-keeper.ts'
import { healthServer } from '../health-server.ts'
import { cooperationHandler } from './handler.ts'
import { ReportedUsage } from './reported-usage.ts'

const TOKEN = 'a token that is only used in tests'.replaceAll(' ', '-')
const LIMITS = { max: 2, reserved: 0, services: 1, idleMinutes: 20, behaviour: 'refuse' } as const

let folder: string
let tokenFile: string
let server: Server
let port: number
let standing: Pick<GateStanding, 'blocked' | 'sessions'>
let taken: Map<string, string>
let down: boolean
/** How long the table takes for a seat. */
let slowMs: number
let usage: ReportedUsage

/** A table of seats in memory, which can be out of reach. */
const store: SeatStore = {
  acquire: async (holder, pool, { max, services }) => {
    if (down) throw new Error('the database is down')
    await sleep(slowMs)
    const among = [...taken.values()].filter((other) => (other === 'services') === (pool === 'services'))
    if (!taken.has(holder) && among.length >= (pool === 'services' ? services : max)) return false
    taken.set(holder, pool)
    return true
  },
  renew: async () => {},
  release: async (holder) => {
    if (down) throw new Error('the database is down')
    taken.delete(holder)
  },
  cull: async () => {},
  liveSeats: async () => [],
  extendAll: async () => {},
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooperation-'))
  tokenFile = join(folder, 'license_token')
  await writeFile(tokenFile, `${TOKEN}\n`)
  standing = { blocked: null, sessions: LIMITS }
  taken = new Map()
  down = false
  slowMs = 0
  usage = new ReportedUsage(() => performance.now())
  const handler = cooperationHandler({
    tokenFile,
    seats: new SeatKeeper({ store, monotonic: () => performance.now(), record: () => {} }),
    standing: () => standing,
    entitlements: () => ({ standing: 'good' }) as never,
    usage,
    meters: new Set(['mails']),
  })
  server = healthServer({ problem: async () => null, thumbprint: null }, handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

/** One call; the path goes out as it is written. */
function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  return new Promise<{ status: number; headers: object; body: unknown }>((resolve, reject) => {
    const asked = request(
      { port, method, path, agent: false, headers: { authorization: `Bearer ${TOKEN}`, ...headers } },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('end', () => {
          const said = Buffer.concat(chunks).toString()
          const parsed = said.startsWith('{') ? JSON.parse(said) : said
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parsed })
        })
      },
    )
    asked.on('error', reject).end(text)
  })
}
const take = (holder: string, body?: unknown) => call('PUT', `/license/v1/seats/${encodeURIComponent(holder)}`, body)
const drop = (holder: string) => call('DELETE', `/license/v1/seats/${encodeURIComponent(holder)}`)
const report = (event: unknown) => call('POST', '/license/v1/usage', event)
const refusal = (code: string) => ({ error: { code, message: expect.any(String), hint: expect.any(String) } })

describe('who is answered', () => {
  test.each([
    '',
    'Bearer',
    'Bearer ',
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    TOKEN,
  ])('not who says %j', async (authorization) => {
    for (const path of ['entitlements', 'usage', 'seats/a', 'nothing'])
      expect(await call('GET', `/license/v1/${path}`, undefined, { authorization })).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
        body: refusal('NOT_AUTHENTICATED'),
      })
  })

  test('nobody while there is no token, or one that anybody could guess', async () => {
    await writeFile(tokenFile, '\n')
    expect(await call('GET', '/license/v1/entitlements', undefined, { authorization: 'Bearer ' })).toMatchObject({
      status: 503,
      body: refusal('TOKEN_UNREADABLE'),
    })
    await rm(tokenFile)
    expect(await call('GET', '/license/v1/entitlements')).toMatchObject({ status: 503 })
  })

  test('who has the new token, at once, and nobody with the old one', async () => {
    await writeFile(tokenFile, 'another-token-of-the-appliance')
    const authorization = 'Bearer another-token-of-the-appliance'

    expect(await call('GET', '/license/v1/entitlements')).toMatchObject({ status: 401 })
    expect(await call('GET', '/license/v1/entitlements', undefined, { authorization })).toMatchObject({ status: 200 })
  })

  test('other paths of the port are as they were', async () => {
    expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await call('GET', '/license/v2/entitlements')).toMatchObject({ status: 404, body: '' })
  })
})

describe('seats', () => {
  test('as many as are licensed, with numbers, and a heartbeat takes no other', async () => {
    const first = await take('a')
    await take('a')
    const second = await take('b', {})
    const third = await take('c')

    const held = { granted: true, reason: 'held', idleSeconds: 1200, nextFreeSeconds: null }
    expect(first).toMatchObject({ status: 200, body: { ...held, seats: { used: 1, max: 2 } } })
    expect(second).toMatchObject({ status: 200, body: { ...held, seats: { used: 2, max: 2 } } })
    expect(third).toMatchObject({ status: 409, body: { granted: false, reason: 'full', seats: { used: 2, max: 2 } } })
    expect((third.body as { nextFreeSeconds: number }).nextFreeSeconds).toBeGreaterThan(1190)
  })

  test('one that is given back is free at once; giving back what nobody has is no mistake', async () => {
    await take('a')
    await take('b')

    expect(await drop('a')).toEqual({ status: 204, headers: expect.anything(), body: '' })
    expect(await drop('a')).toMatchObject({ status: 204 })
    expect(await drop('never had one')).toMatchObject({ status: 204 })
    expect(await take('c')).toMatchObject({ status: 200 })
  })

  test('one that is given back while it is being taken is free', async () => {
    slowMs = 50
    const taking = take('a')
    await sleep(20)
    await drop('a')
    await taking

    expect(taken.size).toBe(0)
    expect(await take('b')).toMatchObject({ body: { seats: { used: 1, max: 2 } } })
  })

  test('giving back is no mistake while the table is away, and people go on', async () => {
    await take('a')
    down = true

    expect(await drop('a')).toMatchObject({ status: 204 })
    expect(await take('b')).toMatchObject({ status: 200, body: { reason: 'unchecked' } })
  })

  test('services have their own', async () => {
    expect(await take('job', { pool: 'services' })).toMatchObject({ body: { seats: { used: 1, max: 1 } } })
    expect(await take('other job', { pool: 'services' })).toMatchObject({
      status: 409,
      body: { nextFreeSeconds: null },
    })
    expect(await take('a')).toMatchObject({ status: 200, body: { seats: { used: 1, max: 2 } } })
  })

  test('beyond the limit where the licence only warns, and the answer says so', async () => {
    standing = { ...standing, sessions: { ...LIMITS, max: 1, behaviour: 'warn' } }
    await take('a')

    expect(await take('b')).toMatchObject({ status: 200, body: { granted: true, reason: 'over-limit' } })
  })

  test('all who come while nobody can tell, or nothing is limited', async () => {
    down = true
    expect(await take('a')).toMatchObject({ status: 200, body: { granted: true, reason: 'unchecked' } })
    standing = { ...standing, sessions: null }
    expect(await take('a')).toMatchObject({
      status: 200,
      body: { granted: true, reason: 'unlimited', seats: { used: null, max: null } },
    })
  })

  test('none while the licence keeps the application closed', async () => {
    standing = { ...standing, blocked: { page: 'suspended' } }

    expect(await take('a')).toMatchObject({ status: 409, body: { granted: false, reason: 'blocked' } })
    expect(taken.size).toBe(0)
  })

  test('of a holder nothing is kept but its hash', async () => {
    await take('ana@customer.example')

    expect([...taken.keys()]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  })

  test.each([
    '',
    '%',
    '%E0%A4',
    'a/b',
    '.',
    '..',
    '%2e%2E',
    'x'.repeat(129),
  ])('not for the holder %j', async (holder) => {
    const { status } = await call('PUT', `/license/v1/seats/${holder}`)

    expect([400, 404]).toContain(status)
    expect(taken.size).toBe(0)
  })

  test.each(['a b', 'č/š', '\u0000', "';drop", 'x'.repeat(128)])('for the holder %j, as for any', async (holder) => {
    expect(await take(holder)).toMatchObject({ status: 200 })
    expect(await drop(holder)).toMatchObject({ status: 204 })
    expect(taken.size).toBe(0)
  })
})

describe('usage', () => {
  test('adds up, by meter, until it is taken', async () => {
    await report({ meter: 'mails' })
    await report({ meter: 'mails', count: 41 })

    expect(usage.take()).toEqual({ mails: 42 })
    expect(usage.take()).toEqual({})
  })

  test('counts an event with an id once', async () => {
    expect(await report({ meter: 'mails', count: 7, id: 'batch-1' })).toMatchObject({ body: { counted: true } })
    expect(await report({ meter: 'mails', count: 7, id: 'batch-1' })).toMatchObject({ body: { counted: false } })

    expect(usage.take()).toEqual({ mails: 7 })
  })

  test('is not taken for a meter that the stack does not declare', async () => {
    for (const meter of ['users', 'letters', '__proto__', 'constructor'])
      expect(await report({ meter })).toMatchObject({ status: 404, body: refusal('METER_UNKNOWN') })
    expect(usage.take()).toEqual({})
  })

  test.each([
    { meter: 'mails', count: 0 },
    { meter: 'mails', count: -1 },
    { meter: 'mails', count: 1.5 },
    { meter: 'mails', count: 1_000_001 },
    { meter: 'mails', count: '5' },
    { meter: 'mails', count: null },
    { meter: 'mails', id: '' },
    { meter: 'mails', id: 'two words' },
    { meter: 'mails', id: 'x'.repeat(65) },
    { meter: 'mails', who: 'ana@customer.example' },
    { meter: '' },
    {},
    [],
    'null',
    '"mails"',
    '{"meter":"mails","__proto__":{"count":9}}',
  ])('is not taken from %j', async (event) => {
    expect(await report(event)).toMatchObject({ status: 400, body: refusal('BODY_WRONG') })
    expect(usage.take()).toEqual({})
  })
})

describe('what is sent', () => {
  test.each(['{', 'mails', '{"meter":"mails"}{}', Buffer.from([0x22, 0xff, 0x22])])('is JSON, not %j', async (body) => {
    expect(await report(body)).toMatchObject({ status: 400, body: refusal('BODY_NOT_JSON') })
  })

  test('is at most 8 KiB, whether or not it says how long it is', async () => {
    const long = JSON.stringify({ meter: 'mails', id: 'x'.repeat(8192) })

    expect(await report(long)).toMatchObject({ status: 413, body: refusal('BODY_TOO_LARGE') })
    expect(await call('POST', '/license/v1/usage', long, { 'transfer-encoding': 'chunked' })).toMatchObject({
      status: 413,
    })
  })

  test('is not repeated in the answer', async () => {
    const secret = 'marked-as-secret'
    const answers = [
      await report({ meter: secret }),
      await report({ meter: 'mails', count: secret }),
      await report(`{${secret}`),
      await call('GET', `/license/v1/${secret}`),
      await call('PUT', `/license/v1/seats/${secret.repeat(20)}`),
    ]

    expect(answers.map(({ status }) => status)).toEqual([404, 400, 400, 404, 400])
    expect(JSON.stringify(answers)).not.toContain(secret)
  })

  test('is answered 405 when the path does not know the method', async () => {
    for (const [method, path] of [
      ['GET', 'seats/a'],
      ['POST', 'seats/a'],
      ['PUT', 'entitlements'],
      ['GET', 'usage'],
    ] as const)
      expect(await call(method, `/license/v1/${path}`)).toMatchObject({ status: 405, body: refusal('WRONG_METHOD') })
  })

  test('keeps no connection from the gateway: half of them stay free, and each ends with its answer', async () => {
    const hanging = await Promise.all(
      [...Array(40)].map(
        () =>
          new Promise<ReturnType<typeof connect>>((resolve) => {
            const head = `POST /license/v1/usage HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKEN}\r\n`
            const socket = connect(port, '127.0.0.1', () => {
              socket.write(`${head}Content-Length: 10\r\n\r\n`)
              resolve(socket)
            })
            socket.on('error', () => {}).resume()
          }),
      ),
    )
    // Until the first of them are being answered.
    await expect.poll(async () => (await report({ meter: 'mails' })).status).toBe(503)

    const answer = await report({ meter: 'mails' })
    expect(answer).toMatchObject({ status: 503, headers: { connection: 'close' }, body: refusal('BUSY') })
    expect(await call('GET', '/health')).toMatchObject({ status: 200 })
    for (const socket of hanging) socket.destroy()
    await expect.poll(async () => (await report({ meter: 'mails' })).status).toBe(200)
  })
})
