import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as requestOverTls } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { execa } from 'execa'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { gatewayConf } from './gateway-conf.ts'

/** The real gateway with the real configuration, before an application and a gate that stand in for those of an appliance. */

const root = join(import.meta.dirname, '../../..')
const name = `gate-test-${randomBytes(4).toString('hex')}`
const KEPT = 'max-age=1, stale-while-revalidate=5, stale-if-error=259200'
const REFUSED = 'max-age=1, stale-while-revalidate=0, stale-if-error=259200'

type Mode = 'pass' | 'block' | 'hang' | 'garbage' | 'empty' | 'error' | 'missing' | 'cut'
let mode: Mode
let asked: IncomingMessage[]
let folder: string
let host: string
let address: string
let gate: ReturnType<typeof createServer>
let gatePort: number

function standInGate(request: IncomingMessage, response: ServerResponse): unknown {
  asked.push(request)
  const raw = (text: string) => response.socket?.end(text)
  if (mode === 'hang') return
  if (mode === 'garbage') return raw(`${randomBytes(100).toString('latin1')}\r\n\r\n`)
  if (mode === 'cut') return raw('HTTP/1.1 204 No Con')
  if (mode === 'empty') return raw('')
  if (mode === 'error') return response.writeHead(500).end()
  if (mode === 'missing') return response.writeHead(404).end()
  if (request.url === '/__domicile/notices') return response.end('{"banners":[]}')
  if (request.url === '/gate/page')
    return response.writeHead(402, { 'content-type': 'text/html', 'retry-after': '7' }).end('<h1>refused</h1>')
  if (mode === 'block') return response.writeHead(403, { 'cache-control': REFUSED }).end()
  response.writeHead(204, { 'cache-control': KEPT }).end()
}

const PAGE = '<html><head><title>x</title></head><body><script>"</body>"</script></body></html>'

function standInApplication(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request
    .on('data', (chunk) => chunks.push(chunk))
    .on('end', () => {
      const { url, method, headers } = request
      if (url === '/page') return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
      if (url === '/saved') {
        const file = { 'content-type': 'text/html', 'content-disposition': 'attachment; filename=x.html' }
        return response.writeHead(200, file).end(PAGE)
      }
      if (url === '/kept') return response.writeHead(200, { 'cache-control': 'public, max-age=43200' }).end()
      if (url === '/secret') return response.writeHead(200, { 'cache-control': 'no-store' }).end()
      if (url === '/forbidden')
        return response.writeHead(403, { 'x-domicile-gate': 'suspended' }).end('the application says no')
      const body = Buffer.concat(chunks).toString()
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ method, url, headers, body }))
    })
}

const application = createServer(standInApplication).on('upgrade', (_, socket: Socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  socket.on('data', (data) => socket.write(`heard ${data}`)).on('error', () => {})
})

const docker = (...args: string[]) => execa('docker', args)
const listen = async (server: ReturnType<typeof createServer>, port = 0) => {
  await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  await execa(process.execPath, [join(root, 'appliance-image/build-images.ts'), '--only', 'base,gateway'])
  folder = await mkdtemp(join(tmpdir(), `${name}-`))
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'live'))
  const pair = ['-keyout', join(folder, 'live/key.pem'), '-out', join(folder, 'live/cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  await execa('openssl', ['req', '-x509', ...curve, '-nodes', '-subj', '/CN=gate.test', ...pair])
  await chmod(join(folder, 'live/key.pem'), 0o644)
  host = (await docker('network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}')).stdout
  await listen(application)
})
afterAll(async () => {
  application.close()
  application.closeAllConnections()
  await rm(folder, { recursive: true })
})

beforeEach(async () => {
  mode = 'pass'
  asked = []
  gate = createServer({ keepAliveTimeout: 65_000 }, standInGate)
  gatePort = await listen(gate)
})
afterEach(async () => {
  await stopGate()
  await docker('rm', '--force', name)
})

async function stopGate() {
  gate.close()
  gate.closeAllConnections()
}

async function startGateway(session?: { header?: string; cookie?: string }) {
  const { port } = application.address() as AddressInfo
  const addresses = { upstream: `${host}:${port}`, agent: `${host}:${gatePort}` }
  const conf = gatewayConf({ ...addresses, httpsPort: 443, maxBodyBytes: 2 ** 20, title: 'ERP', session })
  await writeFile(join(folder, 'gateway.conf'), conf)
  const mounts = [`${folder}:/tls:ro`, `${join(folder, 'gateway.conf')}:/etc/domicile/gateway.conf:ro`]
  const flags = ['--read-only', '--cap-drop=ALL', '--tmpfs=/tmp:uid=8200,gid=8300', '--network=bridge']
  const volumes = mounts.map((mount) => `--volume=${mount}`)
  await docker('run', '--detach', '--name', name, ...flags, ...volumes, 'domicile/gateway:0.1.0')
  address = (await docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', name)).stdout
  for (let attempt = 0; ; attempt++) {
    if (
      await visit('/__domicile/banner.js').then(
        ({ status }) => status === 200,
        () => false,
      )
    )
      return
    if (attempt > 100) throw new Error((await docker('logs', name)).stderr)
    await sleep(100)
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

interface Visit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}
interface Seen {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly milliseconds: number
}

const visit = (path: string, { method = 'GET', headers = {}, body }: Visit = {}) =>
  new Promise<Seen>((resolve, reject) => {
    const began = performance.now()
    const options = { host: address, port: 8443, path, method, headers: headers as never, rejectUnauthorized: false }
    requestOverTls({ ...options, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response
        .on('data', (chunk) => chunks.push(chunk))
        .on('end', () => {
          const seen = { headers: response.headers, body: Buffer.concat(chunks).toString() }
          resolve({ ...seen, status: response.statusCode ?? 0, milliseconds: performance.now() - began })
        })
    })
      .on('error', reject)
      .end(body)
  })

const as = (session: string): Visit => ({ headers: { authorization: session } })
const NAVIGATION = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const HEADER = { header: 'Authorization' }
const questions = () => asked.filter(({ url }) => url === '/gate')

test('a session is asked about once for all it does at the same moment, with what the gate needs and no more', async () => {
  await startGateway(HEADER)
  const headers = {
    authorization: 'Session 1',
    cookie: 'secret=1',
    referer: 'https://gate.test/secret',
    range: 'bytes=0-1',
  }
  const seen = await Promise.all(Array.from({ length: 50 }, () => visit('/a?q=secret', { headers })))

  expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([200]))
  expect(questions().length).toBeLessThanOrEqual(2)
  expect(Object.keys(asked[0]?.headers ?? {}).sort()).toEqual(
    ['connection', 'host', 'x-domicile-navigation', 'x-domicile-session', 'x-forwarded-for'].filter(
      (header) => asked[0]?.headers[header] !== undefined,
    ),
  )
  expect(asked[0]?.headers).toMatchObject({ 'x-domicile-session': 'Session 1', 'x-domicile-navigation': '0' })
  await visit('/', as('Session 2'))
  expect(questions().at(-1)?.headers['x-domicile-session']).toBe('Session 2')
  expect((await docker('logs', name)).stdout).not.toMatch(/Session|secret/)
})

test('what is posted reaches the application whole, and the gate not at all', async () => {
  await startGateway(HEADER)
  const body = 'x'.repeat(500_000)
  const seen = await visit('/save', { method: 'POST', body, headers: { authorization: 'Session 1' } })

  expect(JSON.parse(seen.body)).toMatchObject({ method: 'POST', url: '/save', body })
  expect(questions()[0]).toMatchObject({ method: 'GET' })
  expect(questions()[0]?.headers).not.toHaveProperty('content-length')
})

test('our headers come from nobody but us', async () => {
  await startGateway(HEADER)
  const mine = {
    'x-domicile-session': 'Session admin',
    'x-domicile-navigation': '1',
    'x-domicile-notice': 'x'.repeat(22),
  }
  const seen = await visit('/', { headers: { ...mine, cookie: 'domicile_notice=short' } })

  expect(questions()[0]?.headers).toMatchObject({ 'x-domicile-navigation': '0' })
  expect(questions()[0]?.headers).not.toHaveProperty('x-domicile-session')
  expect(questions()[0]?.headers).not.toHaveProperty('x-domicile-notice')
  expect(Object.keys(JSON.parse(seen.body).headers).filter((header) => header.startsWith('x-domicile'))).toEqual([])
  for (const path of ['/__domicile/gate', '/__domicile/refused', '/__domicile/open', '/__domicile/', '/__domicile/x'])
    expect((await visit(path)).status).toBe(404)
})

test.each([
  ['the address line', NAVIGATION, '1'],
  ['an old browser', { accept: 'text/html' }, '1'],
  ['a frame', { ...NAVIGATION, 'sec-fetch-dest': 'iframe' }, '0'],
  ['a script', { accept: 'text/html', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, '0'],
  ['a guess of the browser', { ...NAVIGATION, 'sec-purpose': 'prefetch;prerender' }, '0'],
  ['a program', { accept: '*/*' }, '0'],
])('going to a page is known: %s', async (_, headers, navigation) => {
  await startGateway(HEADER)
  await visit('/', { headers })
  expect(questions()[0]?.headers['x-domicile-navigation']).toBe(navigation)
})

test('who is refused sees the agent’s page with its status, whatever was asked', async () => {
  await startGateway(HEADER)
  mode = 'block'
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    const seen = await visit('/a', {
      method,
      ...as('Session 1'),
      ...(method !== 'GET' && { body: 'x'.repeat(100_000) }),
    })
    expect(seen).toMatchObject({ status: 402, body: '<h1>refused</h1>' })
    expect(seen.headers['retry-after']).toBe('7')
  }
  const page = asked.find(({ url }) => url === '/gate/page')
  expect(page?.headers).toMatchObject({ 'x-domicile-session': 'Session 1' })
})

test('a refusal of the application’s own stays its own', async () => {
  await startGateway(HEADER)
  const refusal = await visit('/forbidden')
  expect(refusal).toMatchObject({ status: 403, body: 'the application says no' })
  expect(refusal.headers).not.toHaveProperty('x-domicile-gate')
})

test('WebSockets open', async () => {
  await startGateway(HEADER)
  const socket = connect({ host: address, port: 8443, rejectUnauthorized: false })
  socket.write(
    'GET /socket HTTP/1.1\r\nHost: gate.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: 1\r\n\r\n',
  )
  const heard = await new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (data) => {
      text += data
      if (text.endsWith('\r\n\r\n')) socket.write('hello')
      if (text.includes('heard')) resolve(text)
    })
  })
  socket.destroy()
  expect(heard).toMatch(/^HTTP\/1\.1 101 .*heard hello$/s)
  expect(questions()[0]?.headers).not.toHaveProperty('upgrade')
})

test('while the agent is down, everybody works at full speed', async () => {
  await startGateway(HEADER)
  await visit('/', as('Session known'))
  await stopGate()
  // Longer than a verdict is fresh: what counts from here on is the word of how long it is good without the agent.
  await sleep(3000)
  for (let index = 0; index < 20; index++) {
    expect(await visit('/', as('Session known'))).toMatchObject({ status: 200 })
    const { status, milliseconds } = await visit('/', as(`Session new ${index}`))
    expect(status).toBe(200)
    expect(milliseconds).toBeLessThan(300)
  }
})

test('while the agent hangs, one request in five seconds waits for a second and no other', async () => {
  await startGateway(HEADER)
  await visit('/', as('Session known'))
  mode = 'hang'
  await sleep(1500)
  const times: number[] = []
  const began = performance.now()
  while (performance.now() - began < 7000) {
    const seen = [await visit('/', as('Session known')), await visit('/', as(`Session ${times.length}`))]
    for (const { status, milliseconds } of seen) {
      expect(status).toBe(200)
      times.push(milliseconds)
    }
  }
  expect(times.length).toBeGreaterThan(100)
  expect(times.filter((time) => time > 300).length).toBeLessThanOrEqual(3)
  expect(Math.max(...times)).toBeLessThan(2000)
})

test.each<Mode>([
  'garbage',
  'empty',
  'error',
  'missing',
  'cut',
])('an agent that answers with %s stops nobody', async (how) => {
  await startGateway(HEADER)
  mode = how
  for (let index = 0; index < 5; index++)
    expect(await visit('/', as(`Session ${index % 2}`))).toMatchObject({ status: 200 })
})

test('stopping the agent does not open what is closed', async () => {
  await startGateway(HEADER)
  mode = 'block'
  await visit('/', as('Session known'))
  await visit('/')
  await stopGate()
  // Longer than a verdict is fresh: what counts from here on is the word of how long it is good without the agent.
  await sleep(3000)

  for (const session of [as('Session known'), as('Session other'), {}]) {
    const seen = await visit('/', session)
    expect(seen.status).toBe(503)
    expect(seen.body).toContain('One moment, please')
  }
})

test('the agent is asked again soon after it is back', async () => {
  await startGateway(HEADER)
  mode = 'hang'
  await visit('/', as('Session 1'))
  mode = 'block'
  await sleep(6000)
  expect(await visit('/', as('Session 2'))).toMatchObject({ status: 402 })
})

test('pages that people go to get the banner; files, calls and compressed answers are left as they are', async () => {
  await startGateway()
  const withBanner = PAGE.replace('</head>', '<script src="/__domicile/banner.js" defer></script></head>')
  const accept = { ...NAVIGATION, 'accept-encoding': 'gzip' }

  expect((await visit('/page', { headers: accept })).body).toBe(withBanner)
  expect((await visit('/saved', { headers: accept })).body).toBe(PAGE)
  expect((await visit('/page', { headers: { 'accept-encoding': 'gzip' } })).body).toBe(PAGE)
  expect(JSON.parse((await visit('/echo', { headers: accept })).body).headers).not.toHaveProperty('accept-encoding')
  const call = await visit('/echo', { headers: { 'accept-encoding': 'gzip' } })
  expect(JSON.parse(call.body).headers['accept-encoding']).toBe('gzip')
  expect((await visit('/__domicile/notices')).body).toBe('{"banners":[]}')
  await stopGate()
  expect((await visit('/__domicile/banner.js')).headers['content-type']).toMatch('text/javascript')
})

test('a page is never kept by the browser without asking again; what it consists of may be', async () => {
  await startGateway()
  const kept = (path: string, headers = {}) => visit(path, { headers }).then((seen) => seen.headers['cache-control'])

  expect(await kept('/kept', NAVIGATION)).toBe('no-cache')
  expect(await kept('/secret', NAVIGATION)).toBe('no-store')
  expect(await kept('/kept')).toBe('public, max-age=43200')
  expect((await visit('/kept', { headers: NAVIGATION })).headers['strict-transport-security']).toBeDefined()
})

test('all cookies of the session’s name are shown to the gate, and no other makes a session', async () => {
  await startGateway({ cookie: 'connect.sid' })
  await visit('/', { headers: { cookie: 'connect.sid=a; x=1; connect.sid=b' } })
  await visit('/', { headers: { cookie: 'connectXsid=a; theme=connect.sid' } })

  expect(questions().map(({ headers }) => headers['x-domicile-session'])).toEqual([
    'connect.sid=a; x=1; connect.sid=b',
    undefined,
  ])
})

test('headers as long as the gateway takes them are asked about, longer ones nobody sees', async () => {
  await startGateway(HEADER)
  const long = {
    authorization: 'S'.repeat(15_000),
    'user-agent': 'U'.repeat(15_000),
    'accept-language': 'L'.repeat(15_000),
  }
  expect((await visit('/', { headers: { authorization: long.authorization } })).status).toBe(200)
  expect(questions()[0]?.headers['x-domicile-session']).toHaveLength(15_000)
  expect((await visit('/', { headers: { authorization: 'S'.repeat(17_000) } })).status).toBe(400)
  expect((await visit('/', { headers: { authorization: ['Session 1', 'Session 2'] } })).status).toBe(400)
})

test('how much was sent is said to the agent alone', async () => {
  await startGateway()
  const path = '/__domicile/traffic'

  // From this host, requests come from the agent's address.
  expect(await (await fetch(`http://${address}:8080${path}`)).text()).toMatch(/^\S+ \d+\n$/)

  const ask = `exec 3<>/dev/tcp/${address}/8080; printf 'GET ${path} HTTP/1.0\r\n\r\n' >&3; read -r -u 3 _ status _; echo "$status"`
  const stranger = await docker(
    'run',
    '--rm',
    '--network=bridge',
    '--entrypoint=bash',
    'domicile/base:0.1.0',
    '-c',
    ask,
  )
  expect(stranger.stdout).toBe('403')
  expect((await docker('logs', name)).stdout).not.toContain('traffic')
  expect((await visit(path)).status).toBe(404)
})
