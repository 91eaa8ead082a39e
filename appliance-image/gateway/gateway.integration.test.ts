import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type SecureContextOptions } from 'node:tls'
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildImages, imageReference } from '../build-images.ts'
import { docker, ended, inside, logs, makeVolume, start, until } from '../test-container.ts'

const image = imageReference('gateway')
const CONFIGURATION = `
server {
  listen 8080;
  location = /__domicile/alive { return 200; }
  location = /__domicile/traffic { alias /tmp/traffic; }
}
server {
  listen 8443 ssl;
  ssl_certificate /tls/live/cert.pem;
  ssl_certificate_key /tls/live/key.pem;
  location / { return 200 "served"; }
  location = /large { alias /tmp/large; }
}`

let tls: string
let folder: string

beforeAll(() => buildImages({ only: ['base', 'gateway'] }))
beforeEach(async () => {
  tls = await makeVolume()
  folder = await mkdtemp(join(tmpdir(), 'domicile-gateway-test-'))
  await writeFile(join(folder, 'gateway.conf'), CONFIGURATION)
})
afterEach(() => rm(folder, { recursive: true }))

const startGateway = () =>
  start(image, [
    '--network=bridge',
    '--tmpfs=/tmp',
    `--volume=${tls}:/tls`,
    `--volume=${join(folder, 'gateway.conf')}:/etc/domicile/gateway.conf:ro`,
  ])

type Pair = { cert: string; key: string }

async function makePair(name: string): Promise<Pair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
  })
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { cert: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
}

/** Puts a pair in place as the agent does: a new folder, then the link to it in one step. */
async function publish({ cert, key }: Pair) {
  const script = `umask 027; folder=$(mktemp -d /tls/XXXXXX); chmod 750 "$folder"
    printf %s "$CERT" > "$folder/cert.pem"; printf %s "$KEY" > "$folder/key.pem"
    ln -s "$folder" /tls/next; mv -T /tls/next /tls/live`
  const options = ['--user=8100:8300', `--volume=${tls}:/tls`, `--env=CERT=${cert}`, `--env=KEY=${key}`]
  await docker`docker run --rm ${options} --entrypoint bash ${image} -c ${script}`
}

const healthy = async (container: string) =>
  (await inside(container, ['http-healthy', '8080', '/__domicile/alive'])).exitCode === 0

async function startServing(pair: Pair) {
  await publish(pair)
  const container = await startGateway()
  await until('the gateway answers', () => healthy(container))
  return container
}

async function addressOf(container: string, network = 'bridge') {
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`
  return (await docker`docker inspect --format ${format} ${container}`).stdout.trim()
}

/** What the gateway answers to `request` over TLS. */
async function ask(container: string, request: string, options: SecureContextOptions & { network?: string } = {}) {
  const host = await addressOf(container, options.network)
  const socket = connect({ host, port: 8443, rejectUnauthorized: false, ...options })
  socket.write(request)
  return Buffer.concat(await socket.toArray()).toString()
}

async function nameServed(container: string) {
  const socket = connect({ host: await addressOf(container), port: 8443, rejectUnauthorized: false })
  try {
    return await new Promise((resolve, reject) => {
      socket.once('secureConnect', () => resolve(socket.getPeerCertificate().subject.CN))
      socket.once('error', reject)
    })
  } finally {
    socket.destroy()
  }
}

test('it waits for a certificate, says so, and serves when there is one', async () => {
  const container = await startGateway()
  await until('it says what it waits for', async () =>
    (await logs(container)).includes('waiting for /tls/live/cert.pem'),
  )
  expect(await healthy(container)).toBe(false)

  await publish(await makePair('first.test'))

  await until('the gateway answers', () => healthy(container))
  expect(await nameServed(container)).toBe('first.test')
})

test('a new certificate is served without a restart; one that does not match its key leaves the old one', async () => {
  const first = await makePair('first.test')
  const second = await makePair('second.test')
  const container = await startServing(first)

  await publish({ cert: second.cert, key: first.key })
  await until('it refuses the pair', async () => (await logs(container)).includes('new certificate refused'), 15)
  expect(await nameServed(container)).toBe('first.test')

  await publish(second)
  await until('the new certificate is served', async () => (await nameServed(container)) === 'second.test', 15)
})

test('neither query strings nor cookies nor credentials are logged', async () => {
  const container = await startServing(await makePair('log.test'))
  const answer = await ask(
    container,
    'GET /path/seen?q=unseen HTTP/1.1\r\nHost: log.test\r\nCookie: s=unseen\r\nAuthorization: unseen\r\nReferer: /?unseen\r\nConnection: close\r\n\r\n',
  )

  expect(answer).toContain('served')
  expect(answer).toMatch(/^Server: nginx\r$/m)
  await until('the request is logged', async () => (await logs(container)).includes('"path":"/path/seen"'))
  expect(await logs(container)).not.toContain('unseen')
})

const MIB = 2 ** 20
const LARGE = 'GET /large HTTP/1.1\r\nHost: count.test\r\nConnection: close\r\n\r\n'

/** What the gateway says that it has sent, read from inside; the agent gets the same text. */
async function traffic(container: string) {
  const { stdout } = await inside(container, ['bash', '-c', 'printf %s "$(</tmp/traffic)"'])
  const [, counter, bytes] = /^(\S+) (\d{15})$/.exec(stdout) ?? []
  return { counter, bytes: Number(bytes) }
}

test('what is sent to the outside is counted; what is sent into the closed network is not', async () => {
  const container = await startServing(await makePair('count.test'))
  const closed = `gateway-${randomBytes(4).toString('hex')}`
  await docker`docker network create --internal ${closed}`
  try {
    await docker`docker network connect ${closed} ${container}`
    await inside(container, [
      'bash',
      '-c',
      `printf -v block '%${MIB}s'; for i in {1..10}; do printf %s "$block"; done > /tmp/large`,
    ])
    await until('it counts', async () => (await traffic(container)).bytes >= 0)
    const before = await traffic(container)

    expect((await ask(container, LARGE)).length).toBeGreaterThan(10 * MIB)
    await until('it counted', async () => (await traffic(container)).bytes > before.bytes + 10 * MIB, 20)
    const after = await traffic(container)
    expect(after.counter).toBe(before.counter)
    expect(after.bytes - before.bytes).toBeLessThan(10.5 * MIB)

    expect((await ask(container, LARGE, { network: closed })).length).toBeGreaterThan(10 * MIB)
    // Longer than it takes to be counted.
    await sleep(16_000)
    expect((await traffic(container)).bytes - after.bytes).toBeLessThan(MIB)

    await docker`docker restart ${container}`
    await until('the gateway answers again', () => healthy(container))
    await until('it counts anew', async () => (await traffic(container)).counter !== before.counter, 20)
    expect((await traffic(container)).bytes).toBeLessThan(MIB)
  } finally {
    await docker`docker network disconnect --force ${closed} ${container}`
    await docker`docker network rm ${closed}`
  }
})

test('protocols older than TLS 1.2 are refused', async () => {
  const container = await startServing(await makePair('old.test'))

  // Security level 0 lets this side offer what it would not by itself.
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await expect(ask(container, '', old)).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
})

test('asked to stop, it ends at once and well, with or without a certificate', async () => {
  const waiting = await startGateway()
  await until('it waits', async () => (await logs(waiting)).includes('waiting'))
  await docker`docker stop --time 20 ${waiting}`
  expect(await ended(waiting)).toBe(0)

  const serving = await startServing(await makePair('stop.test'))
  await docker`docker stop --time 20 ${serving}`
  expect(await ended(serving)).toBe(0)
})
