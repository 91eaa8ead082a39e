import { spawn } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { $ } from 'zx'
import { bundleAgent } from '../../bundle-agent.ts'
import { LEAST, TEXTS } from './config.fixture.ts'
import type { TlsStatus } from './protocol.ts'
import { days, make } from './tls/certificate-fixtures.ts'

/**
 * Against Pebble, the ACME server that Let's Encrypt tests clients with: it asks the agent itself for the challenge, and
 * refuses some nonces on purpose.
 */
const folder = await mkdtemp(join(tmpdir(), 'acme-'))
const children: ReturnType<typeof spawn>[] = []

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** Debian's package, installed or unpacked beside the test. */
async function pebbleFolder(): Promise<string> {
  const installed = await access('/usr/bin/pebble').then(
    () => true,
    () => false,
  )
  if (installed) return '/usr/bin'
  await $({ cwd: folder, quiet: true })`apt-get download pebble && dpkg -x pebble_*.deb .`
  return join(folder, 'usr/bin')
}

function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } })
  children.push(child)
  return child
}

async function ask(verb: string, body: object): Promise<TlsStatus> {
  const socket = join(folder, 'run/agent.sock')
  const json = JSON.stringify(body)
  const { stdout } = await $({
    quiet: true,
  })`curl --silent --max-time 120 --unix-socket ${socket} --data ${json} http://agent/v1/${verb}`
  const answer = JSON.parse(stdout)
  return answer.tls ?? answer
}

let directory: string
let healthPort: number

beforeAll(async () => {
  const [pebble, api, dns, management, tls] = [await pebbleFolder(), ...(await ports(4))]
  healthPort = await freePort()
  directory = `https://127.0.0.1:${api}/dir`
  const now = new Date()
  const own = await make({ hostnames: ['127.0.0.1'], notBefore: days(-1, now), notAfter: days(1, now) })
  await writeFile(join(folder, 'api.pem'), own.certificate)
  await writeFile(join(folder, 'api-key.pem'), own.key)
  await writeFile(
    join(folder, 'pebble.json'),
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${api}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: join(folder, 'api.pem'),
        privateKey: join(folder, 'api-key.pem'),
        httpPort: healthPort,
        tlsPort: tls,
      },
    }),
  )
  const names = ['-dns01', `127.0.0.1:${dns}`, '-defaultIPv4', '127.0.0.1', '-defaultIPv6', '']
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-management', `127.0.0.1:${await freePort()}`]
  run(join(pebble, 'pebble-challtestsrv'), [...names, ...off])
  run(join(pebble, 'pebble'), ['-config', join(folder, 'pebble.json'), '-dnsserver', `127.0.0.1:${dns}`], {
    PEBBLE_VA_NOSLEEP: '1',
  })
  await startAgent()
})

const ports = (count: number) => Promise.all(Array.from({ length: count }, freePort))

async function startAgent(): Promise<void> {
  for (const name of ['state', 'tls', 'run']) await mkdir(join(folder, name))
  const folders = { state: join(folder, 'state'), tls: join(folder, 'tls'), run: join(folder, 'run'), texts: TEXTS }
  await writeFile(
    join(folder, 'agent.json'),
    JSON.stringify({
      version: 1,
      appliance: 'erp',
      hostnames: ['erp.example.com', 'www.example.com', '192.0.2.7'],
      tls: { mode: 'internal' },
      ...LEAST,
      folders,
      http: { host: '127.0.0.1', port: healthPort },
    }),
  )
  const bundle = join(folder, 'agent.cjs')
  await bundleAgent(folder)
  const flags = ['--jitless', '--max-semi-space-size=1', '--max-old-space-size=64']
  run(process.execPath, [...flags, bundle, join(folder, 'agent.json')], {
    NODE_EXTRA_CA_CERTS: join(folder, 'api.pem'),
  })
  await vi.waitFor(async () => expect((await ask('status', {})).serving).toBe('internal'), { timeout: 20_000 })
}

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

const served = async () => new X509Certificate(await readFile(join(folder, 'tls/live/cert.pem')))

describe('ACME', () => {
  test('a server that can not be reached leaves the internal certificate serving, and is told', async () => {
    const status = await ask('tls-use', { mode: 'acme', directory: 'https://localhost:9/dir' })

    expect(status).toMatchObject({
      mode: 'acme',
      serving: 'internal',
      lastError: { message: expect.stringContaining('ECONNREFUSED') },
      warnings: expect.arrayContaining([expect.objectContaining({ code: 'CHOSEN_CERTIFICATE_MISSING' })]),
    })
  })

  test('obtains a certificate for the host names by http-01, and serves it', async () => {
    const status = await ask('tls-use', { mode: 'acme', email: 'it@example.com', directory })

    expect(status).toMatchObject({
      mode: 'acme',
      serving: 'acme',
      names: ['erp.example.com', 'www.example.com'],
      issuer: expect.stringContaining('Pebble'),
      lastError: null,
      warnings: [{ code: 'NAMES_NOT_COVERED', message: expect.stringContaining('192.0.2.7') }],
    })
    const certificate = await served()
    expect(certificate.serialNumber).toBe(status.serial)
    expect(certificate.checkPrivateKey(createPrivateKey(await readFile(join(folder, 'tls/live/key.pem'))))).toBe(true)
  })

  test('does not order again what is good, but renews when asked', async () => {
    const { serialNumber } = await served()
    expect((await ask('tls-use', { mode: 'acme', directory })).serial).toBe(serialNumber)

    const renewed = await ask('tls-renew', {})
    expect(renewed).toMatchObject({ serving: 'acme', lastError: null })
    expect(renewed.serial).not.toBe(serialNumber)
    expect((await served()).serialNumber).toBe(renewed.serial)
  })

  test('gives way to the internal CA, and comes back without another order', async () => {
    const { serialNumber } = await served()
    expect(await ask('tls-use', { mode: 'internal' })).toMatchObject({
      serving: 'internal',
      issuer: 'CN=erp internal CA',
    })
    expect((await served()).serialNumber).not.toBe(serialNumber)

    expect(await ask('tls-use', { mode: 'acme', directory })).toMatchObject({ serving: 'acme', lastError: null })
  })
})
