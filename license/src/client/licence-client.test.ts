import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type LicenceClient, type LicenceClientError, type LicenceClientOptions, licenceClient } from './index.ts'

const TOKEN = 'marked-token-of-tests'
const HELD = { granted: true, reason: 'held', idleSeconds: 1200, seats: { used: 1, max: 2 }, nextFreeSeconds: null }
const ENTITLED = {
  ...{ standing: 'good', readOnly: false, blocked: false, until: '2026-12-31', product: 'desk', edition: null },
  limits: { users: null, sessions: 2, services: 0, meters: {} },
  modules: {},
  ...{ maintenanceUntil: null, notices: [] },
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly token: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
  readonly body: any
}

let asked: Asked[]
let answerTo: (request: Asked, response: ServerResponse) => void
let server: Server
let url: string
let problems: LicenceClientError[]
let clients: LicenceClient[]

const say = (response: ServerResponse, status: number, body?: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body))

/** As the agent does when all is well. */
const agent = ({ method, url }: Asked, response: ServerResponse) => {
  if (method === 'PUT') return say(response, 200, HELD)
  if (method === 'DELETE') return say(response, 204)
  return say(response, 200, url.endsWith('usage') ? { counted: true } : ENTITLED)
}

async function serve(request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { method = '', url = '', headers } = request
  const text = Buffer.concat(chunks).toString()
  const one = { method, url, token: headers.authorization ?? '', body: text && JSON.parse(text) }
  asked.push(one)
  answerTo(one, response)
}

const listen = async (port = 0) => {
  server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const away = () => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}

beforeEach(async () => {
  asked = []
  problems = []
  clients = []
  answerTo = agent
  await listen()
})
afterEach(async () => {
  vi.useRealTimers()
  for (const client of clients) await client.close()
  await away()
})

function open(options: LicenceClientOptions = {}): LicenceClient {
  const client = licenceClient({
    url,
    token: TOKEN,
    timeoutMs: 300,
    onProblem: (one) => problems.push(one),
    ...options,
  })
  clients.push(client)
  return client
}
const codes = () => problems.map(({ code }) => code)

describe('with the agent', () => {
  test('takes a seat and gives it back, whatever the holder is called', async () => {
    const client = open()

    expect(await client.acquire('a/b č?#', { pool: 'services' })).toEqual(HELD)
    await client.release('a/b č?#')

    const path = '/license/v1/seats/a%2Fb%20%C4%8D%3F%23'
    expect(asked).toEqual([
      { method: 'PUT', url: path, token: `Bearer ${TOKEN}`, body: { pool: 'services' } },
      { method: 'DELETE', url: path, token: `Bearer ${TOKEN}`, body: '' },
    ])
  })

  test('says when all seats are taken: that is no problem', async () => {
    answerTo = (_, response) => say(response, 409, { ...HELD, granted: false, reason: 'full', nextFreeSeconds: 7 })

    expect(await open().acquire('a')).toMatchObject({ granted: false, reason: 'full', nextFreeSeconds: 7 })
    expect(problems).toEqual([])
  })

  test('asks for entitlements once a minute, however many want to know', async () => {
    const client = open()

    const answers = await Promise.all(Array.from({ length: 20 }, () => client.entitlements()))

    expect(answers.every((answer) => answer?.until === '2026-12-31')).toBe(true)
    expect(asked.length).toBe(1)
  })

  test('sends usage together, with an id', async () => {
    const client = open()
    for (const _ of Array(50)) client.reportUsage('mails')
    client.reportUsage('letters', 2)

    expect(await client.flush()).toBe(true)
    expect(asked.map(({ body }) => body)).toEqual([
      { meter: 'mails', count: 50, id: expect.stringMatching(/^[\w-]{36}$/) },
      { meter: 'letters', count: 2, id: expect.any(String) },
    ])
  })

  test('sends usage by itself soon', async () => {
    open().reportUsage('mails', 3)

    await expect.poll(() => asked.map(({ body }) => body.count), { timeout: 3000 }).toEqual([3])
  })

  test('sends a large count in parts that the agent takes', async () => {
    const client = open()
    client.reportUsage('mails', 1_500_000)
    await client.close()

    expect(asked.map(({ body }) => body.count)).toEqual([1_000_000, 500_000])
  })

  test('asks for few things at once: the gateway needs the agent too', async () => {
    let atOnce = 0
    let most = 0
    answerTo = (one, response) => {
      atOnce += 1
      most = Math.max(most, atOnce)
      setTimeout(() => {
        atOnce -= 1
        agent(one, response)
      }, 5)
    }
    const client = open({ timeoutMs: 5000 })

    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => client.acquire(`${index}`)))

    expect(answers.every(({ reason }) => reason === 'held')).toBe(true)
    expect(most).toBe(8)
  })

  test('lets nobody wait in a long line either: who does not get a turn in time works on', async () => {
    answerTo = (one, response) => void setTimeout(() => agent(one, response), 200)
    const client = open()
    const begun = performance.now()

    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => client.acquire(`${index}`)))

    expect(performance.now() - begun).toBeLessThan(900)
    expect(answers.filter(({ reason }) => reason === 'held').length).toBeGreaterThanOrEqual(8)
    expect(answers.filter(({ reason }) => reason === 'unchecked').length).toBeGreaterThan(50)
    expect(await client.acquire('later')).toMatchObject({ reason: 'held' })
  })

  test('reads the token from its file, and again when it was refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'client-'))
    const tokenFile = join(folder, 'license_token')
    await writeFile(tokenFile, 'the-token-of-yesterday\n')
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    answerTo = (one, response) =>
      one.token === `Bearer ${TOKEN}`
        ? agent(one, response)
        : say(response, 401, { error: { code: 'NOT_AUTHENTICATED', message: 'No.', hint: 'Say who.' } })
    const client = licenceClient({ url, tokenFile, onProblem: (one) => problems.push(one) })

    expect(await client.acquire('a')).toMatchObject({ granted: true, reason: 'unchecked' })
    await writeFile(tokenFile, `${TOKEN}\n`)
    now += 6000
    expect(await client.acquire('a')).toMatchObject({ reason: 'held' })
    expect(codes()).toEqual(['NOT_AUTHENTICATED'])
    vi.restoreAllMocks()
    await rm(folder, { recursive: true })
  })
})

describe('a module may be used', () => {
  const used = async (modules: unknown) => {
    answerTo = (_, response) => say(response, 200, { ...ENTITLED, modules })
    return open().mayUse('sale')
  }
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  const sale = (from: string | null, until: string | null) => ({ sale: { from, until, users: null } })

  test('when it is licensed today', async () => {
    expect(await used(sale(null, null))).toBe(true)
    expect(await used(sale(day(0), day(0)))).toBe(true)
    expect(await used(sale(day(2), null))).toBe(false)
    expect(await used(sale(null, day(-2)))).toBe(false)
    expect(await used({ stock: { from: null, until: null, users: null } })).toBe(false)
  })

  test('when nobody licenses modules, or nobody knows', async () => {
    expect(await used({})).toBe(true)
    expect(await used(null)).toBe(true)
    await away()
    expect(await open().mayUse('sale')).toBe(true)
    await listen()
  })
})

describe('without an agent', () => {
  const everything = async (client: LicenceClient) => {
    client.reportUsage('mails')
    const seat = await client.acquire('a')
    await client.release('a')
    return { seat, entitlements: await client.entitlements(), sent: await client.flush() }
  }
  const OPEN = {
    seat: { ...HELD, reason: 'unchecked', seats: { used: null, max: null } },
    entitlements: null,
    sent: false,
  }

  test('that is away, work goes on, and that is told once', async () => {
    await away()

    expect(await everything(open())).toEqual(OPEN)
    expect(codes()).toEqual(['AGENT_AWAY'])
    await listen()
  })

  test('that hangs, nobody waits twice', async () => {
    answerTo = () => {}
    const begun = performance.now()

    expect(await everything(open())).toEqual(OPEN)
    expect(codes()).toEqual(['AGENT_SLOW'])
    expect(performance.now() - begun).toBeLessThan(600)
  })

  test('that hangs in the middle of its answer, too', async () => {
    answerTo = (_, response) => void response.writeHead(200).write('{"granted":')

    expect(await everything(open())).toEqual(OPEN)
    expect(codes()).toEqual(['AGENT_SLOW'])
  })

  test.each([
    ['<html>', 200],
    ['"granted"', 200],
    ['{"granted":"yes"}', 200],
    ['{"granted":true,"reason":"held","seats":null}', 200],
    ['[]', 200],
    ['', 200],
    ['{}', 409],
    ['', 404],
    ['{"error":"no"}', 500],
    ['{"error":{"code":7}}', 503],
    ['x'.repeat(2 ** 21), 200],
  ])('but something that says %j', async (text, status) => {
    answerTo = ({ method, url }, response) =>
      method === 'PUT' || url.endsWith('entitlements')
        ? response.writeHead(status, { 'content-type': 'application/json' }).end(text)
        : response.writeHead(500).end(text)
    const client = open()

    expect(await client.acquire('a')).toEqual(OPEN.seat)
    expect(await client.entitlements()).toBeNull()
    expect(codes()[0]).toBe('ANSWER_STRANGE')
  })

  test('but a redirection, nobody else hears the token', async () => {
    const heard: string[] = []
    const other = createServer((request, response) => {
      heard.push(request.url ?? '')
      response.end()
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`
    answerTo = (_, response) => response.writeHead(307, { location }).end()

    expect(await open().acquire('a')).toEqual(OPEN.seat)
    expect(heard).toEqual([])
    other.close()
  })

  test('the last entitlements stay', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const client = open()
    await client.entitlements()
    await away()
    now += 3 * 86_400_000

    expect(await client.entitlements()).toEqual(ENTITLED)
    expect(codes()).toEqual(['AGENT_AWAY'])
    vi.restoreAllMocks()
    await listen()
  })

  test('usage waits, and is sent with the same id until it arrives: an answer that was lost counts nothing twice', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    answerTo = (_, response) => response.destroy()
    const client = open()
    client.reportUsage('mails', 2)
    expect(await client.flush()).toBe(false)
    client.reportUsage('mails', 3)
    now += 6000
    answerTo = agent

    await client.flush()
    expect(await client.flush()).toBe(true)
    const [first, again, next] = asked.map(({ body }) => body)
    expect(again).toEqual(first)
    expect(next).toMatchObject({ meter: 'mails', count: 3 })
    expect(next.id).not.toBe(first.id)
    vi.restoreAllMocks()
  })

  test('usage that it refuses is given up, and other usage arrives', async () => {
    answerTo = (one, response) =>
      one.body.meter === 'letters'
        ? say(response, 404, { error: { code: 'METER_UNKNOWN', message: 'No such meter.', hint: 'Declare it.' } })
        : agent(one, response)
    const client = open()
    client.reportUsage('letters')
    client.reportUsage('mails')

    expect(await client.flush()).toBe(true)
    expect(asked.map(({ body }) => body.meter)).toEqual(['letters', 'mails'])
    expect(codes()).toEqual(['METER_UNKNOWN'])
  })

  test('meters that are made at run time do not fill the memory', async () => {
    await away()
    const client = open()
    for (let index = 0; index < 1000; index++) client.reportUsage(`meter-${index}`)

    expect(codes()).toEqual(['TOO_MANY_METERS'])
    await listen()
  })

  test('whoever is told of a problem and fails stops nothing', async () => {
    await away()
    const client = open({
      onProblem: () => {
        throw new Error('the listener failed')
      },
    })

    expect(await client.acquire('a')).toMatchObject({ granted: true })
    await listen()
  })
})

describe('secrets', () => {
  test('are in no problem', async () => {
    const holder = 'marked-holder'
    for (const token of [TOKEN, `${TOKEN}\n\u0000`, `${TOKEN} č`]) {
      for (const answer of [agent, (_: Asked, response: ServerResponse) => response.writeHead(500).end(TOKEN)]) {
        answerTo = answer
        await open({ token }).acquire(holder)
      }
    }
    await away()
    await open().acquire(holder)
    await listen()

    const said = problems.map((problem) => `${problem.stack} ${JSON.stringify(problem)} ${problem.cause}`).join('\n')
    expect(codes()).toContain('TOKEN_MISSING')
    expect(said).not.toContain('marked')
  })

  test('are not taken in an address', () => {
    for (const wrong of ['http://user:marked@agent:8081', 'file:///run/secrets', 'agent:8081', ''])
      expect(() => open({ url: wrong })).toThrow(/^The address of the agent must be/)
  })
})

describe('a mistake of the caller is said', () => {
  test.each(['', '.', '..', 'x'.repeat(129), '\ud800'])('holder %j', async (holder) => {
    await expect(open().acquire(holder)).rejects.toThrow(TypeError)
    await expect(open().release(holder)).rejects.toThrow(TypeError)
    expect(asked).toEqual([])
  })

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('count %d', (count) => {
    expect(() => open().reportUsage('mails', count)).toThrow(TypeError)
  })
})

describe('a seat that is held', () => {
  const beats = () => asked.filter(({ method }) => method === 'PUT').length
  /** Time passes for the client alone; the calls are real. */
  const pass = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const fakeTimers = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

  test('is asked for again until it is released, once', async () => {
    fakeTimers()
    const seat = await open().hold('job')
    for (let minute = 1; minute <= 3; minute++) {
      await pass(60_000)
      await vi.waitFor(() => expect(beats()).toBe(1 + minute))
    }
    await seat.release()
    const calls = asked.length
    expect(asked.at(-1)?.method).toBe('DELETE')

    await seat.release()
    await pass(600_000)
    expect(asked.length).toBe(calls)
  })

  test('is asked for three times before it would be free', async () => {
    answerTo = (one, response) =>
      one.method === 'PUT' ? say(response, 200, { ...HELD, idleSeconds: 60 }) : agent(one, response)
    fakeTimers()
    await open().hold('job')
    await pass(20_000)

    await vi.waitFor(() => expect(beats()).toBe(2))
  })

  test('may be lost, and says so', async () => {
    fakeTimers()
    const seat = await open().hold('job')
    answerTo = (_, response) => say(response, 409, { ...HELD, granted: false, reason: 'full' })
    await pass(60_000)

    await vi.waitFor(() => expect(seat.granted).toBe(false))
  })

  test('was not given: nothing is asked again and nothing given back', async () => {
    answerTo = (_, response) => say(response, 409, { ...HELD, granted: false, reason: 'full' })
    fakeTimers()
    const seat = await open().hold('job')
    await pass(600_000)
    await seat.release()

    expect(seat).toMatchObject({ granted: false, answer: { reason: 'full' } })
    expect(asked.map(({ method }) => method)).toEqual(['PUT'])
  })

  test('is released at the end of its block, and with the client', async () => {
    const client = open()
    {
      await using seat = await client.hold('job')
      expect(seat.granted).toBe(true)
    }
    await client.hold('other')
    await client.close()

    expect(asked.filter(({ method }) => method === 'DELETE').map(({ url }) => url)).toEqual([
      '/license/v1/seats/job',
      '/license/v1/seats/other',
    ])
  })
})
