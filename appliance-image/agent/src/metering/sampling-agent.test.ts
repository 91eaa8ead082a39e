import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ColumnsBody, type MinuteBody, readSamples } from '@domicile/license/ledger'
import { readRecord } from '@domicile/license/record'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { bundledAgent, FLAGS } from '../bundle.fixture.ts'
import { LEAST, TEXTS } from '../config.fixture.ts'

const bundle = bundledAgent()

let home: string
let gateway: Server
let agents: ChildProcess[]
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'sampling-'))
  agents = []
  for (const folder of ['state', 'tls', 'run']) mkdirSync(join(home, folder))
  gateway = createServer((_, response) => void response.end('6f1c 000000000123456\n')).listen(0, '127.0.0.1')
  await once(gateway, 'listening')
})
afterEach(() => {
  for (const agent of agents) agent.kill('SIGKILL')
  gateway.close()
  rmSync(home, { recursive: true })
})

/** The agent as its image runs it, with a database that is not there. */
function launch(): ChildProcess {
  const folders = { state: join(home, 'state'), tls: join(home, 'tls'), run: join(home, 'run'), texts: TEXTS }
  const { port } = gateway.address() as AddressInfo
  const config = {
    ...{ version: 1, appliance: 'erp', hostnames: ['erp.example.com'], tls: { mode: 'internal' }, ...LEAST, folders },
    application: { ...LEAST.application, session: { cookie: 'session' } },
    guards: { users: { table: 'res_user', active: 'active' } },
    meters: { modules: { sale: { transactions: 'select count(*) from sale where at >= $1 and at < $2' } } },
    ...{ gateway: { host: '127.0.0.1', port }, http: { host: '127.0.0.1', port: 0 } },
  }
  writeFileSync(join(home, 'agent.json'), JSON.stringify(config))
  const agent = spawn(process.execPath, [...FLAGS, bundle, join(home, 'agent.json')], { stdio: 'ignore' })
  agents.push(agent)
  return agent
}

const samplesFolder = () => join(home, 'state/licence/ledger/samples')
/** Of all days: at midnight there are two. */
function sampled() {
  const names = existsSync(samplesFolder()) ? readdirSync(samplesFolder()) : []
  const days = names.map((name) => readSamples(readFileSync(join(samplesFolder(), name), 'utf8'), name.slice(0, 10)))
  const bodies = days.flatMap((day) => day.bodies)
  return {
    problems: days.flatMap(({ problem }) => problem ?? []),
    columns: bodies.find((body): body is ColumnsBody => 'levels' in body),
    minutes: bodies.filter((body): body is MinuteBody => Array.isArray(body)),
  }
}
const recorded = () => readRecord(readFileSync(join(home, 'state/licence/record.jsonl'), 'utf8'))

const why = () => recorded().lines.find(({ kind }) => kind === 'meters-unreachable')?.data

test('an agent without its database samples what it can, says why not more, and goes on after being killed', async () => {
  for (let round = 0; round < 3; round++) {
    const agent = launch()
    await vi.waitFor(() => expect(why()).toMatchObject({ code: expect.any(String) }), { timeout: 20_000, interval: 50 })
    agent.kill('SIGKILL')
    await once(agent, 'close')
  }
  const { problems, columns, minutes } = sampled()
  const { lines, problem } = recorded()
  const value = (name: string) =>
    minutes[0]?.[[...(columns?.levels ?? []), ...(columns?.counts ?? [])].indexOf(name) + 1]

  expect([problems, problem]).toEqual([[], null])
  expect(new Set(minutes.map(([minute]) => minute)).size).toBe(minutes.length)
  expect(value('disk_bytes')).toBeGreaterThan(1_000_000)
  expect([value('users'), value('database_bytes'), value('transfer_bytes')]).toEqual([null, null, null])
  expect(lines.filter(({ kind }) => kind === 'meters')).toHaveLength(1)
}, 90_000)
