import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isUnknown, runChecks, type Verdict } from '@domicile/stacks/preflight'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { collectFacts, type FactsOptions } from './collect-facts.ts'

const GIB = 2 ** 30
const REQUIREMENTS = { cpu: 1, memoryBytes: 2 ** 26, diskBytes: 2 ** 20, arch: ['amd64', 'arm64'], extractedBytes: 1 }

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domicile-preflight-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const options = (change: Partial<FactsOptions> = {}): FactsOptions => ({
  ports: { http: 1, https: 2 },
  dataDir: folder,
  dockerSocket: join(folder, 'no-engine.sock'),
  ...change,
})

async function verdict(id: string, change: Partial<FactsOptions>, requirements = {}): Promise<Verdict | undefined> {
  const { ports, ...rest } = options(change)
  const facts = await collectFacts({ ports, ...rest })
  return runChecks(facts, { ...REQUIREMENTS, ...requirements }, { name: 'erp', ports }).find((entry) => entry.id === id)
}

/** Stands in for an engine: answers on a Unix socket with what it is given, and is none. */
async function fakeEngine(listener: RequestListener): Promise<string> {
  const socket = join(folder, 'fake-engine.sock')
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return socket
}

const answers = (bodies: Readonly<Record<string, unknown>>): RequestListener => {
  return ({ url = '' }, response) => {
    response.statusCode = url in bodies ? 200 : 404
    response.end(JSON.stringify(bodies[url] ?? {}))
  }
}

const engineOf = (version: object, info: object = {}) =>
  answers({ '/version': version, '/info': { DockerRootDir: folder, ...info }, '/networks': [], '/containers/json': [] })

test('the facts about this machine are known, and learning them leaves no trace', async () => {
  const before = readdirSync(folder)
  const facts = await collectFacts(options())

  expect(readdirSync(folder)).toEqual(before)
  expect(facts.cpuCount).toBeGreaterThan(0)
  expect(facts.memory).toMatchObject({ totalBytes: expect.any(Number) })
  expect(facts.dataDisk).toMatchObject({ measuredAt: folder, freeBytes: expect.any(Number) })
  expect(facts.diskLatency).toMatchObject({ measuredAt: folder, onDataDisk: true, writes: expect.any(Number) })
  expect(facts.cgroups).toMatchObject({ controllers: expect.arrayContaining(['memory']) })
  for (const key of ['architecture', 'kernel', 'virtualization', 'systemd', 'network', 'forwarding'] as const)
    expect(isUnknown(facts[key]), key).toBe(false)
})

test('a folder that does not exist yet is measured where it will be, and not made', async () => {
  const dataDir = join(folder, 'not', 'yet')
  const facts = await collectFacts(options({ dataDir }))

  expect(facts.dataDisk).toMatchObject({ path: dataDir, measuredAt: folder })
  expect(facts.diskLatency).toMatchObject({ measuredAt: folder })
  expect(facts.appliances).toEqual([])
  expect(existsSync(join(folder, 'not'))).toBe(false)
})

test('a taken port fails and names who holds it', async () => {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo

  const taken = await verdict('port-https', { ports: { http: 1, https: port } })

  expect(taken).toMatchObject({ verdict: 'fail', value: expect.stringContaining(`(pid ${process.pid})`) })
})

const mayMount = process.getuid?.() === 0 && mounts()

function mounts(): boolean {
  const point = mkdtempSync(join(tmpdir(), 'domicile-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', point], { stdio: 'ignore' })
    execFileSync('umount', [point])
    return true
  } catch {
    return false
  } finally {
    rmSync(point, { recursive: true })
  }
}

// Only root may mount, and not in every container: elsewhere there is no disk of one's own to fill.
test.skipIf(!mayMount)('a full disk fails, what could not be measured on it is a warning, nothing stays', async () => {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
  try {
    expect(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(2 ** 21))).toThrow('ENOSPC')
    const dockerSocket = await fakeEngine(engineOf({ Version: '28.3.0' }, { DockerRootDir: disk }))

    const facts = await collectFacts(options({ dataDir: join(disk, 'domicile'), dockerSocket }))
    const verdicts = runChecks(facts, REQUIREMENTS, { ports: { http: 1, https: 2 } })
    const of = (id: string) => verdicts.find((entry) => entry.id === id)

    expect(of('disk-size')).toMatchObject({ verdict: 'fail', value: '0 B of 1 MiB', wanted: `1 MiB free in ${disk}` })
    expect(of('disk-latency')).toMatchObject({ verdict: 'warn', value: 'unknown: No space left on device' })
    expect(readdirSync(disk)).toEqual(['filler'])
  } finally {
    execFileSync('umount', [disk])
  }
})

test('a disk that is too small for the release fails', async () => {
  const dockerSocket = await fakeEngine(engineOf({ Version: '28.3.0' }))

  expect(await verdict('disk-size', { dockerSocket }, { diskBytes: 2 ** 30 * GIB })).toMatchObject({ verdict: 'fail' })
})

test('an old engine fails, and the value says what it is', async () => {
  const dockerSocket = await fakeEngine(engineOf({ Version: '19.03.15', ApiVersion: '1.40' }))

  expect(await verdict('engine-version', { dockerSocket })).toMatchObject({
    verdict: 'fail',
    value: 'Docker 19.03.15 (API 1.40)',
  })
})

test('Podman behind the socket is told from Docker', async () => {
  const version = { Version: '5.4.2', ApiVersion: '1.41', Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }] }
  const dockerSocket = await fakeEngine(engineOf(version))

  expect(await verdict('engine-version', { dockerSocket })).toMatchObject({
    verdict: 'fail',
    value: 'Podman 5.4.2 (API 1.41)',
  })
})

test('a missing engine is not reachable, and the hint says how to get one', async () => {
  const dockerSocket = join(folder, 'no-engine.sock')
  const facts = await collectFacts(options({ dockerSocket }))

  expect(facts.engine).toMatchObject({
    socket: false,
    denied: false,
    answer: { unknown: `there is no ${dockerSocket}` },
  })
  expect(await verdict('engine-reachable', { dockerSocket })).toMatchObject({ verdict: 'fail', strict: true })
})

test('a socket that nobody listens on any more is told from a missing one', async () => {
  const dockerSocket = join(folder, 'left-behind.sock')
  const listenAndDie =
    'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'
  spawnSync(process.execPath, ['-e', listenAndDie, dockerSocket])

  expect((await collectFacts(options({ dockerSocket }))).engine).toMatchObject({
    socket: true,
    answer: { unknown: `nobody listens on ${dockerSocket}` },
  })
})

test('an engine that never answers is given up, and everything else is still known', async () => {
  const dockerSocket = await fakeEngine(() => undefined)
  const start = performance.now()
  const facts = await collectFacts(options({ dockerSocket }))

  expect(performance.now() - start).toBeLessThan(6000)
  expect(facts.engine.answer).toEqual({ unknown: 'no answer within 4 s' })
  expect(facts.cpuCount).toBeGreaterThan(0)
  expect(facts.ports.http).toEqual({ port: 1, holders: [] })
}, 10_000)

const failing: [string, RequestListener, string][] = [
  ['an error', (_, response) => response.writeHead(500).end(), 'GET /version was answered with 500'],
  ['something that is no JSON', (_, response) => response.end('<html>'), 'GET /version was not answered with JSON'],
]

test.each(failing)('an engine that answers with %s is unknown, with the reason', async (_, listener, unknown) => {
  const dockerSocket = await fakeEngine(listener)

  expect((await collectFacts(options({ dockerSocket }))).engine.answer).toEqual({ unknown })
})

const BEGIN = '{"event":"begin","operation":"install","id":"1","at":"2026-03-01T08:00:00Z","subject":"erp 7.0.30"}'
const END = '{"event":"end","at":"2026-03-01T08:02:00Z","result":"done"}'

test('appliances are found by their state, interrupted operations by a journal without an end', async () => {
  for (const name of ['erp', 'crm', 'gone', 'kept']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'kept', 'state.json'), JSON.stringify({ status: 'kept' }, null, 2))
  writeFileSync(join(folder, 'erp', 'state.json'), '{}')
  writeFileSync(join(folder, 'erp', 'journal.jsonl'), `${BEGIN}\n${END}\n`)
  writeFileSync(join(folder, 'crm', 'journal.jsonl'), `${BEGIN}\n`)

  const { appliances } = await collectFacts(options())

  expect(appliances).toEqual(
    expect.arrayContaining([
      { name: 'erp', installed: true, unfinished: false },
      { name: 'crm', installed: false, unfinished: true },
      { name: 'gone', installed: false, unfinished: false },
      { name: 'kept', installed: false, unfinished: false },
    ]),
  )
})
