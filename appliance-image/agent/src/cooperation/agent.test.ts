import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { licenceClient } from '@domicile/license/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { bundledAgent, FLAGS } from '../bundle.fixture.ts'
import { LEAST, TEXTS } from '../config.fixture.ts'

const TOKEN = 'a-token-that-is-only-used-in-tests'

const bundle = bundledAgent()

let home: string
let agent: ChildProcess
let output: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'agent-'))
  output = ''
  for (const folder of ['state', 'tls', 'run']) await mkdir(join(home, folder))
})
afterEach(async () => {
  agent.kill('SIGKILL')
  await rm(home, { recursive: true })
})

/** @returns its address */
async function launch(more: object): Promise<string> {
  const folders = { state: join(home, 'state'), tls: join(home, 'tls'), run: join(home, 'run'), texts: TEXTS }
  const http = { host: '127.0.0.1', port: 0 }
  const config = { version: 1, appliance: 'desk', hostnames: ['desk.example.com'], tls: { mode: 'internal' }, ...LEAST }
  await writeFile(join(home, 'license_token'), `${TOKEN}\n`)
  await writeFile(join(home, 'agent.json'), JSON.stringify({ ...config, folders, http, ...more }))
  agent = spawn(process.execPath, [...FLAGS, bundle, join(home, 'agent.json')], { stdio: 'pipe' })
  for (const stream of [agent.stdout, agent.stderr])
    stream?.on('data', (text) => {
      output += text
    })
  const port = await vi.waitFor(
    () => /"event":"started".*"port":(\d+)/.exec(output)?.[1] ?? Promise.reject(new Error(output)),
    {
      timeout: 10_000,
    },
  )
  return `http://127.0.0.1:${port}`
}

const COOPERATING = () => ({
  cooperation: { tokenFile: join(home, 'license_token') },
  meters: { mails: { reported: true, title: 'Mails sent' } },
})

test('limits nothing before the first licence, and is told what is counted', async () => {
  const url = await launch(COOPERATING())
  const problems: string[] = []
  await using client = licenceClient({ url, token: TOKEN, onProblem: ({ code }) => problems.push(code) })
  client.reportUsage('mails', 3)

  expect(await client.acquire('a')).toMatchObject({ granted: true, reason: 'unlimited' })
  expect(await client.entitlements()).toMatchObject({ standing: 'unlicensed', product: 'erp', modules: null })
  expect(await client.flush()).toBe(true)
  expect(problems).toEqual([])
  client.reportUsage('letters')
  await client.flush()
  expect(problems).toEqual(['METER_UNKNOWN'])
})

test('is open to nobody in an appliance where nobody asked for the token', async () => {
  const url = await launch({})
  const answer = await fetch(`${url}/license/v1/entitlements`, { headers: { authorization: `Bearer ${TOKEN}` } })

  expect(answer.status).toBe(404)
})

test('stays small however much is asked of it', { timeout: 60_000 }, async () => {
  const url = await launch(COOPERATING())
  await using client = licenceClient({ url, token: TOKEN, timeoutMs: 20_000 })
  const round = (name: string, many: number) =>
    Promise.all(Array.from({ length: many }, (_, index) => client.acquire(`${name}-${index}`)))
  const memory = () => residentBytes(agent.pid ?? 0)
  await round('first', 500)
  const before = await memory()
  for (let many = 0; many < 2; many++) await round(`more-${many}`, 500)
  expect(await memory()).toBeLessThan(before + 8 * 2 ** 20)
})

async function residentBytes(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}
