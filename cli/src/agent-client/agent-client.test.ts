import { type ChildProcess, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { agentClient } from './agent-client.ts'

const agentSource = dirname(fileURLToPath(import.meta.resolve('@domicile/appliance-image/agent-protocol')))

const refusal = (call: Promise<unknown>): Promise<UserError> =>
  call.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error) => (error instanceof UserError ? error : Promise.reject(error)),
  )

describe('with a running agent', () => {
  let home: string
  let agent: ChildProcess
  const client = () => agentClient(join(home, 'run/agent.sock'))

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'agent-'))
    const own = { state: join(home, 'state'), tls: join(home, 'tls'), run: join(home, 'run') }
    for (const folder of Object.values(own)) await mkdir(folder)
    const folders = { ...own, texts: join(agentSource, '../texts') }
    const http = { host: '127.0.0.1', port: 0 }
    const config = {
      ...{ version: 1, appliance: 'erp', hostnames: ['erp.example.com'], tls: { mode: 'internal' } },
      product: { name: 'erp', title: 'Tryton ERP', version: '7.0.30' },
      vendorKeys: [],
      application: { host: '127.0.0.1', port: 1 },
      database: { host: '127.0.0.1', role: 'a', own: 'a', application: 'erp', owner: 'erp', app: 'erp_app' },
      guards: {},
    }
    await writeFile(join(home, 'agent.json'), JSON.stringify({ ...config, folders, http }))
    agent = spawn(process.execPath, [join(agentSource, 'main.ts'), join(home, 'agent.json')], { stdio: 'ignore' })
    await vi.waitFor(() => client().call('tls-root', {}), { timeout: 10_000, interval: 50 })
  }, 15_000)
  afterAll(async () => {
    agent.kill('SIGKILL')
    await rm(home, { recursive: true })
  })

  test('every verb is understood on both sides', async () => {
    const { pem, fingerprint } = await client().call('tls-root', {})
    expect(new X509Certificate(pem).fingerprint256).toBe(fingerprint)

    const { tls, appliance } = await client().call('status', {})
    expect({ appliance, root: tls.rootFingerprint }).toEqual({ appliance: 'erp', root: fingerprint })
    const renewed = await client().call('tls-renew', {})
    expect(renewed.serial).not.toBe(tls.serial)
    expect(await client().call('tls-use', { mode: 'internal' })).toEqual(renewed)
  })

  test('the licence is shown while there is none, and a document that is none is refused with the code of the contract', async () => {
    const { standing, licence } = await client().call('licence-show', {})
    expect({ state: standing.state, licence }).toEqual({ state: 'unlicensed', licence: null })

    expect(await refusal(client().call('licence-import', { text: 'no licence' }))).toMatchObject({
      exitCode: ExitCode.Usage,
      hint: expect.stringMatching(/./),
    })
  })

  test('a pair that is refused is an error to act on, with exit code 3', async () => {
    const certificate = await readFile(join(home, 'tls/live/cert.pem'), 'utf8')

    expect(await refusal(client().call('tls-set', { certificate, key: 'no key' }))).toMatchObject({
      code: 'TLS_KEY_NOT_PEM',
      exitCode: ExitCode.Refused,
      hint: expect.stringContaining('openssl'),
    })
  })

  test('a request of the wrong shape is a failure of ours, not a refusal', async () => {
    expect(await refusal(client().call('tls-use', { mode: 'magic' } as never))).toMatchObject({
      code: 'AGENT_BAD_REQUEST',
      exitCode: ExitCode.Failed,
      message: expect.stringContaining('mode'),
    })
  })
})

describe('with something else at the socket', () => {
  let home: string
  let server: Server | undefined
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'agent-client-'))
  })
  afterEach(async () => {
    server?.close()
    server?.closeAllConnections()
    server = undefined
    await rm(home, { recursive: true })
  })
  const socket = () => join(home, 'agent.sock')

  const listen = (listener: RequestListener) =>
    new Promise<void>((resolve) => {
      server = createServer(listener).listen(socket(), resolve)
    })

  test('nothing there: says that the agent does not run and what to do', async () => {
    expect(await refusal(agentClient(socket()).call('status', {}))).toMatchObject({
      code: 'AGENT_UNREACHABLE',
      message: 'The agent does not answer: it does not run.',
      hint: expect.stringContaining('domicile status'),
      exitCode: ExitCode.Failed,
    })
  })

  test.each<[string, RequestListener]>([
    ['hangs up', (request) => request.destroy()],
    ['never stops', (_, response) => response.write('x'.repeat(2 * 1024 * 1024))],
  ])('an agent that %s is unreachable', async (_, listener) => {
    await listen(listener)

    expect((await refusal(agentClient(socket()).call('status', {}))).code).toBe('AGENT_UNREACHABLE')
  })

  test.each<[string, RequestListener]>([
    ['no JSON', (_, response) => response.end('hello')],
    ['another shape', (_, response) => response.end('{"protocol":"new"}')],
    ['an error of another shape', (_, response) => response.writeHead(500).end('{}')],
  ])('an answer that is %s is a matter of versions', async (_, listener) => {
    await listen(listener)

    expect(await refusal(agentClient(socket()).call('status', {}))).toMatchObject({
      code: 'AGENT_SPEAKS_OTHERWISE',
      hint: expect.stringContaining('version'),
      exitCode: ExitCode.Failed,
    })
  })
})
