import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, hash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, createServer } from 'node:tls'
import { readReport } from '@domicile/license/audit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bundledAgent, FLAGS } from './bundle.fixture.ts'
import { LEAST, TEXTS } from './config.fixture.ts'
import { VERBS, type VerbResponse } from './protocol.ts'

const MIB = 1024 * 1024

const bundle = bundledAgent()

let home: string
let agents: ChildProcess[]
let output: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'agent-'))
  agents = []
  output = ''
  for (const folder of ['state', 'tls', 'run']) await mkdir(join(home, folder))
})
afterEach(async () => {
  for (const agent of agents) agent.kill('SIGKILL')
  await rm(home, { recursive: true })
})

async function launch(tls: object = { mode: 'internal' }): Promise<ChildProcess> {
  const folders = { state: join(home, 'state'), tls: join(home, 'tls'), run: join(home, 'run'), texts: TEXTS }
  const http = { host: '127.0.0.1', port: 0 }
  const hostnames = ['erp.example.com', '192.0.2.7']
  const config = { version: 1, appliance: 'erp', hostnames, tls, ...LEAST, folders, http }
  await writeFile(join(home, 'agent.json'), JSON.stringify(config))
  const agent = spawn(process.execPath, [...FLAGS, bundle, join(home, 'agent.json')], { stdio: 'pipe' })
  agent.stdout?.on('data', (text) => {
    output += text
  })
  agent.stderr?.on('data', (text) => {
    output += text
  })
  agents.push(agent)
  return agent
}

const events = () =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

async function healthPort(): Promise<number> {
  return vi.waitFor(() => events().findLast(({ event }) => event === 'started').port, { timeout: 5000, interval: 10 })
}

const health = async (path = '/health') => {
  const response = await fetch(`http://127.0.0.1:${await healthPort()}${path}`)
  return { status: response.status, text: await response.text() }
}

const healthy = () =>
  vi.waitFor(async () => expect(await health()).toEqual({ status: 200, text: '{"status":"ok"}' }), {
    timeout: 10_000,
    interval: 20,
  })

function post(path: string, body: string, method = 'POST'): Promise<{ status: number; answer: never }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: join(home, 'run/agent.sock'), path, method }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode ?? 0, answer: JSON.parse(text) as never })
    })
    call.on('error', reject)
    call.end(body)
  })
}

const live = (file: string) => readFile(join(home, 'tls/live', file), 'utf8')

/** A handshake with what the gateway would serve, by a client that trusts the root alone; its error, or null. */
async function handshake(root: string, servername: string): Promise<string | null> {
  const server = createServer({ cert: await live('cert.pem'), key: await live('key.pem') }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ port: (server.address() as AddressInfo).port, ca: root, servername })
  try {
    await once(client, 'secureConnect')
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    client.destroy()
    server.close()
  }
}

describe('the agent', () => {
  test('makes a certificate that a browser with the root accepts, and little of a footprint', async () => {
    await launch()
    await healthy()
    const root = (await post('/v1/tls-root', '{}')).answer as VerbResponse<'tls-root'>
    const { status, answer } = await post('/v1/status', '{}')

    expect(status).toBe(200)
    expect(VERBS.status.response.parse(answer)).toMatchObject({
      protocol: 1,
      appliance: 'erp',
      tls: {
        mode: 'internal',
        serving: 'internal',
        names: ['erp.example.com', '192.0.2.7'],
        issuer: 'CN=erp internal CA',
        rootFingerprint: root.fingerprint,
        lastError: null,
        warnings: [],
      },
    })
    expect(await handshake(root.pem, 'erp.example.com')).toBeNull()
    expect(await handshake(root.pem, 'other.example.com')).toContain('erp.example.com')
    expect((answer as VerbResponse<'status'>).memoryBytes).toBeLessThan(64 * MIB)
    expect((await stat(join(home, 'run/agent.sock'))).mode & 0o777).toBe(0o660)
  })

  test('tells the same root and the same certificate after a restart', async () => {
    const first = await launch()
    await healthy()
    const before = await live('cert.pem')
    first.kill('SIGTERM')
    expect(await once(first, 'exit')).toEqual([0, null])

    await launch()
    await healthy()
    expect(await live('cert.pem')).toBe(before)
    expect(events().filter(({ event }) => event === 'internal-certificate-issued')).toHaveLength(1)
  })

  test('ends within a second of SIGTERM, also while it makes a certificate', async () => {
    const agent = await launch()
    await healthPort()
    const asked = performance.now()
    agent.kill('SIGTERM')

    expect(await once(agent, 'exit')).toEqual([0, null])
    expect(performance.now() - asked).toBeLessThan(1000)
  })

  test('comes back with a matching pair after SIGKILL at any moment of its first start', async () => {
    for (const moment of [100, 180, 260]) {
      await rm(join(home, 'state'), { recursive: true })
      const killed = await launch()
      await sleep(moment)
      killed.kill('SIGKILL')
      await once(killed, 'exit')
      output = ''

      const next = await launch()
      await healthy()
      const { pem } = (await post('/v1/tls-root', '{}')).answer as VerbResponse<'tls-root'>
      expect(await handshake(pem, 'erp.example.com')).toBeNull()
      next.kill('SIGKILL')
      await once(next, 'exit')
      output = ''
    }
  }, 20_000)

  test('answers ACME challenges from its account key, in ACME mode alone', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(join(home, 'state/acme-account.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    // An order fails at once: nobody listens there.
    await launch({ mode: 'acme', directory: 'https://127.0.0.1:9/directory' })
    await healthy()

    expect(await health('/.well-known/acme-challenge/to-ken_1')).toMatchObject({
      status: 200,
      text: expect.stringMatching(/^to-ken_1\.[A-Za-z0-9_-]{43}$/),
    })
    expect((await health('/.well-known/acme-challenge/a.b')).status).toBe(404)
    expect((await post('/v1/tls-use', '{"mode":"internal"}')).status).toBe(200)
    expect((await health('/.well-known/acme-challenge/to-ken_1')).status).toBe(404)
  })

  test('makes a report of its ledger that whoever gets it can verify', async () => {
    await launch()
    await healthy()
    const { status, answer } = await post('/v1/licence-audit', '{"from":null,"to":null,"exchange":true}')

    expect(status).toBe(200)
    const { file, bytes, sha256, findings } = VERBS['licence-audit'].response.parse(answer)
    expect(findings).toEqual([])
    const path = join(home, 'run', file)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const text = await readFile(path, 'utf8')
    expect([bytes, sha256]).toEqual([Buffer.byteLength(text), hash('sha256', text)])
    const report = readReport(text, { now: new Date(), vendorKeys: [] })
    expect(report).toMatchObject({ findings: [], reporter: { product: 'erp', purpose: 'production' } })
    expect(report.chain.checkpoints).toHaveLength(1)
  })

  test('refuses a report of a time in which there was nothing', async () => {
    await launch()
    await healthy()
    const ask = (from: string, to: string) => post('/v1/licence-audit', JSON.stringify({ from, to, exchange: false }))

    expect(await ask('2020-02-02', '2020-02-01')).toMatchObject({
      ...{ status: 409, answer: { error: { code: 'AUDIT_PERIOD_EMPTY', hint: expect.stringContaining('--from') } } },
    })
    expect((await ask('2020-02-31', '2020-03-01')).status).toBe(400)
    expect((await post('/v1/licence-samples', '{"day":"../../record","hour":1}')).status).toBe(400)
    expect(await post('/v1/licence-samples', '{"day":"2020-02-02","hour":1}')).toEqual({
      ...{ status: 200, answer: { lines: null } },
    })
  })

  test('refuses what it does not understand, and says what it speaks', async () => {
    await launch()
    await healthy()
    for (const [path, body, code, words] of [
      ['/v2/status', '{}', 'AGENT_UNKNOWN_VERSION', 'speaks version 1'],
      ['/v1/dance', '{}', 'AGENT_UNKNOWN_VERB', 'it knows status, tls-root'],
      ['/status', '{}', 'AGENT_BAD_REQUEST', 'POST /v1/<verb>'],
      ['/v1/status', '{', 'AGENT_BAD_REQUEST', 'not JSON'],
      ['/v1/status', '{"all":true}', 'AGENT_BAD_REQUEST', 'all'],
      ['/v1/tls-use', '{"mode":"acme","directory":"http://x"}', 'AGENT_BAD_REQUEST', 'directory'],
      ['/v1/tls-set', JSON.stringify({ certificate: 'x'.repeat(600_000), key: '' }), 'AGENT_REQUEST_TOO_LARGE', '512'],
    ] as const) {
      expect(await post(path, body)).toMatchObject({
        status: 400,
        answer: { error: { code, message: expect.stringContaining(words), hint: expect.stringMatching(/\w/) } },
      })
    }
    expect((await post('/v1/status', '{}')).status).toBe(200)
  })

  test('ends with one line that says what is wrong with its configuration', async () => {
    const agent = await launch({ mode: 'magic' })

    expect(await once(agent, 'exit')).toEqual([1, null])
    expect(events()).toMatchObject([{ event: 'failed', message: expect.stringContaining('agent.json: tls/mode') }])
  })

  test('writes no key to its log', async () => {
    await launch()
    await healthy()
    await post('/v1/tls-renew', '{"root":true}')
    const key = (await live('key.pem')).split('\n')[1] as string
    await post('/v1/tls-set', JSON.stringify({ certificate: await live('cert.pem'), key: await live('key.pem') }))

    expect(events().length).toBeGreaterThan(4)
    expect(output).not.toContain(key.slice(30))
    expect(output).not.toContain('PRIVATE KEY')
  })
})
