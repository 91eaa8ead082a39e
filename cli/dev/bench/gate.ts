import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatewayConf } from '@domicile/stacks/plan'
import { execa } from 'execa'
import { bringPrograms } from '../prerequisites.ts'
import { EXECUTABLE, FOLDER, installErp, median, prepareBench, ROOT, table, uninstallErp } from './fixture.ts'

const NAME = 'bench-gate'
const SESSIONS = 50
const ROUNDS = 9
const SECONDS = 3
const RATE = 200
const RATE_SECONDS = 8
const WANTED = { throughput: 0.85, addedMs: 2 }
const CONTAINERS = ['backend', 'with', 'without'].map((part) => `${NAME}-${part}`)

type Gateway = { readonly name: string; readonly address: string }

/**
 * The gateway with the gate against the same gateway without it: TLS, fifty people's sessions of a real ERP, the agent in
 * its container and the seats in PostgreSQL. Behind both is a web server that answers at once, so that the gateway is what
 * is measured.
 */
export async function benchGate(): Promise<void> {
  await bringPrograms('wrk')
  await prepareBench()
  const folder = await mkdtemp(join(tmpdir(), `${NAME}-`))
  try {
    await installErp(NAME)
    await license(folder)
    const sessions = await openSessions()
    const [gated, bare] = await startGateways(folder)
    await measure(folder, sessions, gated, bare)
  } finally {
    await execa('docker', ['rm', '--force', ...CONTAINERS], { reject: false })
    await uninstallErp(NAME)
    await rm(folder, { recursive: true })
  }
}

async function measure(folder: string, sessions: readonly string[], gated: Gateway, bare: Gateway): Promise<void> {
  const script = join(folder, 'sessions.lua')
  await writeFile(script, luaFor(sessions))
  await eachSession(gated, sessions)
  const speed: { gated: number; bare: number }[] = []
  for (let round = 0; round < ROUNDS; round++)
    speed.push({ bare: await requestsPerSecond(bare, script), gated: await requestsPerSecond(gated, script) })
  const delay: { gated: number; bare: number }[] = []
  for (let round = 0; round < ROUNDS; round++)
    delay.push({ bare: await p99At(RATE, bare, sessions), gated: await p99At(RATE, gated, sessions) })
  const ratio = median(speed.map((round) => round.gated / round.bare))
  const added = median(delay.map((round) => round.gated - round.bare))
  const numbers = (rounds: readonly number[], digits: number) =>
    rounds.map((value) => value.toFixed(digits)).join(' / ')
  table([
    ['', 'without gate', 'with gate', 'measured', 'wanted'],
    [
      'requests/s',
      numbers(
        speed.map((round) => round.bare),
        0,
      ),
      numbers(
        speed.map((round) => round.gated),
        0,
      ),
      `${ratio.toFixed(2)} ×`,
      `>= ${WANTED.throughput} ×`,
    ],
    [
      `p99 at ${RATE}/s, ms`,
      numbers(
        delay.map((round) => round.bare),
        2,
      ),
      numbers(
        delay.map((round) => round.gated),
        2,
      ),
      `${added.toFixed(2)} ms more`,
      `<= ${WANTED.addedMs} ms more`,
    ],
    ['seats held', '', await seatsHeld(), '', String(SESSIONS)],
  ])
}

/** A licence for as many sessions as there are, so that each has to take a seat. */
async function license(folder: string): Promise<void> {
  const [spec, file] = [join(folder, 'licence.yaml'), join(folder, 'bench.lic')]
  await writeFile(
    spec,
    JSON.stringify({
      ...{ vendor: 'Benchmark', contract: 'BENCH-1', customer: { name: 'Benchmark', taxNumber: '0' } },
      ...{ product: 'erp', purpose: 'test', term: { from: '2026-01-01', until: null } },
      ...{ maintenanceUntil: null, paidThrough: null, seq: 1 },
      limits: { sessions: { max: SESSIONS, behaviour: 'refuse' } },
    }),
  )
  const domicile = (...args: string[]) => execa(EXECUTABLE, args, { cwd: FOLDER })
  const terms = join(ROOT, 'license/terms/erp-on-premises.yaml')
  await domicile('vendor', 'license', 'issue', '--spec', spec, '--terms', terms, '--key', 'vendor.key', '--out', file)
  await domicile('license', 'apply', file, '--name', NAME)
}

/** Sessions of the ERP itself, made as it makes them: the gate asks it about each. */
async function openSessions(): Promise<string[]> {
  const keys = Array.from({ length: SESSIONS }, () => randomBytes(32).toString('hex'))
  const rows = keys.map((key) => `('${key}', 1, now() at time zone 'UTC')`)
  await sql('erp', `insert into ir_session (key, create_uid, create_date) values ${rows}`)
  return keys.map((key) => `Session ${Buffer.from(`admin:1:${key}`).toString('base64')}`)
}

const sql = async (database: string, statement: string) =>
  (await execa('docker', ['exec', '-u', '70', `${NAME}-postgres-1`, 'psql', '-qAt', '-d', database, '-c', statement]))
    .stdout

/** Two gateways beside the appliance's own, on its closed network, with its certificate and its agent. */
async function startGateways(folder: string): Promise<[Gateway, Gateway]> {
  const network = `${NAME}_internal`
  const run = async (name: string, ...rest: string[]) => {
    const hardened = ['--read-only', '--cap-drop=ALL', '--tmpfs=/tmp:uid=8200,gid=8300']
    await execa('docker', ['run', '--detach', '--name', name, `--network=${network}`, ...hardened, ...rest])
    return { name, address: await addressOf(name) }
  }
  const image = 'domicile/gateway:0.1.0'
  const serving =
    'pid /tmp/pid; events {} http { access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s; server { listen 8000; keepalive_requests 1000000; location / { return 200 "ok\\n"; } } }'
  await writeFile(join(folder, 'backend.conf'), serving)
  const backend = await run(
    `${NAME}-backend`,
    `--volume=${folder}/backend.conf:/backend.conf:ro`,
    ...['--entrypoint=nginx', image, '-e', 'stderr', '-c', '/backend.conf', '-g', 'daemon off;'],
  )
  const agent = `${await addressOf(`${NAME}-agent-1`)}:8081`
  const options = {
    upstream: `${backend.address}:8000`,
    agent,
    httpsPort: 443,
    maxBodyBytes: 2 ** 20,
    title: 'Benchmark',
  }
  const conf = gatewayConf({ ...options, session: { header: 'Authorization' } })
  await writeFile(join(folder, 'with.conf'), conf)
  await writeFile(join(folder, 'without.conf'), conf.replace(/^ *auth_request .*$/m, ''))
  await execa('chmod', ['-R', 'a+rX', folder])
  const gateway = (kind: 'with' | 'without') =>
    run(
      `${NAME}-${kind}`,
      `--volume=${NAME}_tls:/tls:ro`,
      `--volume=${folder}/${kind}.conf:/etc/domicile/gateway.conf:ro`,
      image,
    )
  const both: [Gateway, Gateway] = [await gateway('with'), await gateway('without')]
  for (const { address } of both) await answers(address)
  return both
}

const addressOf = async (name: string) => {
  const format = `{{(index .NetworkSettings.Networks "${NAME}_internal").IPAddress}}`
  return (await execa('docker', ['inspect', '--format', format, name])).stdout
}

async function answers(address: string): Promise<void> {
  const url = `https://${address}:8443/`
  await execa('curl', [
    ...['--silent', '--insecure', '--fail', '--retry', '20'],
    '--retry-connrefused',
    '--retry-delay',
    '1',
    url,
  ])
}

const luaFor = (sessions: readonly string[]) => `
local sessions = { ${sessions.map((session) => `"${session}"`).join(', ')} }
local n = 0
request = function()
  n = n % #sessions + 1
  return wrk.format("GET", "/", { ["Authorization"] = sessions[n] })
end
`

async function requestsPerSecond({ address }: Gateway, script: string): Promise<number> {
  const load = ['-t1', '-c32', `-d${SECONDS}s`, '-s', script, `https://${address}:8443/`]
  const { stdout } = await execa('wrk', load)
  if (/Non-2xx/.test(stdout)) throw new Error(`Not everybody passed:\n${stdout}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
}

async function eachSession(gateway: Gateway, sessions: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  for (const session of sessions) await roundTrip(gateway, session, agent)
  agent.destroy()
}

/**
 * 99th percentile in milliseconds when requests come at a constant rate, whatever becomes of those before.
 */
async function p99At(rate: number, gateway: Gateway, sessions: readonly string[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const began = performance.now()
  const under: Promise<number>[] = []
  const total = rate * RATE_SECONDS
  while (under.length < total) {
    const due = began + (under.length * 1000) / rate
    if (due > performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      continue
    }
    const session = sessions[under.length % sessions.length] ?? ''
    under.push(roundTrip(gateway, session, agent))
  }
  // Connections are made in the first seconds.
  const times = (await Promise.all(under)).slice(rate * 3).sort((a, b) => a - b)
  agent.destroy()
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN
}

const roundTrip = ({ address }: Gateway, authorization: string, agent: Agent) =>
  new Promise<number>((resolve, reject) => {
    const began = performance.now()
    const options = { host: address, port: 8443, agent, rejectUnauthorized: false, headers: { authorization } }
    request(options, (response) => {
      if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`))
      response.resume().on('end', () => resolve(performance.now() - began))
    })
      .on('error', reject)
      .end()
  })

const seatsHeld = () => sql('domicile', 'select count(*) from domicile.seat where holder is not null')
