import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cooperationHandler, ReportedUsage } from '../../appliance-image/agent/src/cooperation/index.ts'
import { SeatKeeper } from '../../appliance-image/agent/src/gate/seat-keeper.ts'
import { healthServer } from '../../appliance-image/agent/src/health-server.ts'

/** The example of the vendor's manual as it is, with the agent's own handler and a table of seats in memory. */

const PROGRAM = join(import.meta.dirname, '../../stacks/desk/app/desk.ts')
const TOKEN = 'a-token-that-is-only-used-in-tests'

let folder: string
let agent: Server
let program: ChildProcess
let said: string
let url: string
let taken: Set<string>
let usage: ReportedUsage
// biome-ignore lint/suspicious/noExplicitAny: tests put into it what they want
let entitled: any

const store = {
  acquire: async (holder: string, _pool: string, { max }: { max: number }) =>
    taken.has(holder) || (taken.size < max && Boolean(taken.add(holder))),
  renew: async () => {},
  release: async (holder: string) => void taken.delete(holder),
  cull: async () => {},
  liveSeats: async () => [],
  extendAll: async () => {},
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-'))
  const tokenFile = join(folder, 'license_token')
  await writeFile(tokenFile, TOKEN)
  taken = new Set()
  usage = new ReportedUsage(() => performance.now())
  entitled = {
    ...{ standing: 'good', readOnly: false, blocked: false, until: '2026-12-31', product: 'desk', edition: null },
    ...{
      limits: {},
      modules: { reports: { from: null, until: null, users: null } },
      maintenanceUntil: null,
      notices: [],
    },
  }
  const handler = cooperationHandler({
    ...{ tokenFile, usage, meters: new Set(['mails']), entitlements: () => entitled },
    seats: new SeatKeeper({ store, monotonic: () => performance.now(), record: () => {} }),
    standing: () => ({
      blocked: null,
      sessions: { max: 2, reserved: 0, services: 0, idleMinutes: 20, behaviour: 'refuse' },
    }),
  })
  agent = healthServer({ problem: async () => null, thumbprint: null }, handler)
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve))
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  said = ''
  program = spawn(process.execPath, [PROGRAM], {
    env: {
      ...process.env,
      PORT: `${port}`,
      DOMICILE_LICENSE_URL: `http://127.0.0.1:${(agent.address() as AddressInfo).port}`,
      DOMICILE_LICENSE_TOKEN_FILE: tokenFile,
    },
  })
  program.stderr?.on('data', (chunk) => {
    said += chunk
  })
  await expect.poll(() => fetch(`${url}/health`).then((answer) => answer.status), { timeout: 10_000 }).toBe(200)
})
afterEach(async () => {
  program.kill('SIGKILL')
  agent.close()
  await rm(folder, { recursive: true })
})

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

async function send(path: string, cookie = '') {
  const answer = await fetch(`${url}${path}`, { method: 'POST', redirect: 'manual', headers: { cookie } })
  return { status: answer.status, cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' }
}
async function see(cookie = '') {
  const answer = await fetch(url, { headers: { cookie } })
  return { status: answer.status, text: await answer.text() }
}

test('a person sits down, sends mails and leaves; whoever stands before the door takes no seat', async () => {
  expect((await see()).text).toContain('Sit down')
  expect((await see('desk=somebody-made-it-up')).text).toContain('Sit down')
  expect(taken.size).toBe(0)

  const { cookie } = await send('/enter')
  expect((await see(cookie)).text).toContain('Seats: 1 of 2')
  expect((await see(cookie)).text).toContain('Licensed until: 2026-12-31')
  expect((await see(cookie)).text).toContain('Reports: included')
  for (const _ of Array(3)) expect((await send('/mail', cookie)).status).toBe(303)
  await expect.poll(() => usage.take()['mails'], { timeout: 5000 }).toBe(3)

  await send('/leave', cookie)
  expect(taken.size).toBe(0)
  expect((await see(cookie)).text).toContain('Sit down')
})

test('the third reads that the seats are taken, until one of the two leaves', async () => {
  const { cookie } = await send('/enter')
  await send('/enter')
  expect((await send('/enter')).status).toBe(503)
  expect((await see(cookie)).text).toContain('Seats: 2 of 2')

  await send('/leave', cookie)
  expect((await send('/enter')).status).toBe(303)
})

test('shows what must be said, safely, and sends nothing while it may only be read', async () => {
  entitled = {
    ...entitled,
    readOnly: true,
    notices: [
      { id: 'a', audience: 'everyone', texts: { en: { title: 'T', text: 'Only <reading> is possible.' } } },
      { id: 'b', audience: 'administrators', texts: { en: { title: 'T', text: 'For administrators.' } } },
    ],
  }
  const { text } = await see((await send('/enter')).cookie)

  expect(text).toContain('Only &#60;reading&#62; is possible.')
  expect(text).not.toContain('For administrators.')
  expect(text).toContain('<button disabled>Send a mail')
})

test('works on when the agent goes away, and says so once', async () => {
  const { cookie } = await send('/enter')
  agent.closeAllConnections()
  await new Promise((resolve) => agent.close(resolve))

  expect(await see(cookie)).toMatchObject({ status: 200, text: expect.stringContaining('Seats: unchecked') })
  expect((await send('/enter')).status).toBe(303)
  expect(said.match(/AGENT_AWAY/g)?.length).toBe(1)
  expect(said).not.toContain(TOKEN)
})

test('ends when it is asked to, and sends first what it has counted', async () => {
  const { cookie } = await send('/enter')
  await send('/mail', cookie)
  program.kill('SIGTERM')
  const code = await new Promise((resolve) => program.once('exit', resolve))

  expect(code).toBe(0)
  expect(usage.take()).toEqual({ mails: 1 })
})
