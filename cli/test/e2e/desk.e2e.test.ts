import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Customer, installation, newCustomer } from '../support/customer.ts'
import { applyDocument, contractOf } from '../support/licences.ts'
import { waitUntil } from '../support/waiting.ts'
import { type Site, submit, visit } from '../support/web.ts'

/** The example of the vendor's manual on an appliance: an application that takes its seats itself. */

const HOSTNAME = 'desk.localhost'
const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`
const SESSIONS = { max: 2, reserved: 0, services: 0, idleMinutes: 20, behaviour: 'refuse' } as const

let customer: Customer & AsyncDisposable
let site: Site

beforeAll(async () => {
  customer = await newCustomer('desk', { stacks: ['desk'] })
  await customer.must(installation('desk', '--hostname', HOSTNAME))
  const { pem } = await customer.must(['tls', 'root'])
  site = { address: customer.host.address, hostname: HOSTNAME, root: pem }
  const contract = await contractOf('erp-on-premises', 'D-1')
  const modules = { reports: {} }
  const term = { from: '2026-01-01', until: UNTIL }
  const claims = { product: 'desk', modules, term, limits: { sessions: SESSIONS } }
  await applyDocument(customer, contract.licence(new Date(), claims))
})
afterAll(() => customer[Symbol.asyncDispose]())

async function enter(): Promise<{ status: number; cookie: string }> {
  const { status, headers } = await submit(site, '/enter', {})
  return { status, cookie: String(headers['set-cookie'] ?? '').split(';')[0] ?? '' }
}
const see = async (cookie: string) => (await visit(site, '/', { headers: { cookie } })).body
const post = (path: string, cookie: string) => visit(site, path, { method: 'POST', headers: { cookie } })

/** The page as soon as it says that: an application asks what is licensed once a minute. */
async function pageThatSays(words: string, cookie: string): Promise<string> {
  let page = ''
  await waitUntil(
    `the page says "${words}"`,
    async () => {
      page = await see(cookie)
      return page.includes(words) ? undefined : page
    },
    { deadlineMs: 90_000 },
  )
  return page
}

const audited = () => customer.must(['license', 'audit'])
const shown = async () => customer.must(['license', 'show'])
const container = (service: string) => `desk-${service}-1`

test('two sit down, the third reads that all seats are taken, until somebody leaves', async () => {
  const [first, second] = [await enter(), await enter()]
  const page = await pageThatSays(`Licensed until: ${UNTIL}`, first.cookie)
  expect(page).toContain('Seats: 2 of 2')
  expect(page).toContain('Reports: included')
  expect((await enter()).status).toBe(503)
  expect((await shown()).usage.sessions).toEqual({ used: 2, max: 2 })

  await post('/leave', first.cookie)
  const third = await enter()
  expect(third.status).toBe(303)
  for (const { cookie } of [second, third]) await post('/leave', cookie)
  expect((await shown()).usage.sessions).toEqual({ used: 0, max: 2 })
})

test('without the agent people work on and come in; when it is back those who had a seat have it still', async () => {
  const first = await enter()
  await customer.host.must('docker', ['stop', container('agent')])
  expect(await see(first.cookie)).toContain('Seats: unchecked')
  const second = await enter()
  const third = await enter()
  expect([second.status, third.status]).toEqual([303, 303])

  await customer.host.must('docker', ['start', container('agent')])
  await pageThatSays('of 2', first.cookie)
  await pageThatSays('Seats: 2 of 2', second.cookie)
  expect((await post('/mail', third.cookie)).status).toBe(503)
  for (const { cookie } of [first, second, third]) await post('/leave', cookie)
})

test('mails that the application reports are in the ledger of the same minute or the next, beside those who worked', async () => {
  const { cookie } = await enter()
  for (const _ of Array(5)) expect((await post('/mail', cookie)).status).toBe(303)
  let figures = await audited()
  await waitUntil(
    'the audit knows of five mails',
    async () => {
      figures = await audited()
      return figures.meters.mails?.total === 5 ? undefined : JSON.stringify(figures.meters)
    },
    { deadlineMs: 150_000 },
  )

  expect(figures.sessions.peak.value).toBe(2)
  expect(figures.meters.sessions_refused.total).toBeGreaterThan(0)
  const { stdout } = await customer.domicile(['license', 'audit', 'mails', '--explain'])
  expect(stdout).toContain('mails: Mails sent\n  Reported by the application itself')
  await post('/leave', cookie)
})

test('the API is led to by no address of the gateway, and the token is where it belongs alone', async () => {
  const { host } = customer
  const { body, headers } = await visit(site, '/license/v1/entitlements')
  expect(headers['content-type']).toContain('text/html')
  expect(body).not.toContain('standing')

  const token = (await host.readFile('/var/lib/domicile/desk/secrets/license_token')).trim()
  expect(token).toMatch(/^\S{43}$/)
  const names = (await host.must('docker', ['ps', '--all', '--format', '{{.Names}}'])).trim().split('\n')
  const described = await host.must('docker', ['inspect', ...names])
  const logged = await Promise.all(names.map((name) => host.must('docker', ['logs', name])))
  expect(described + logged.join('')).not.toContain(token)
  for (const service of ['gateway', 'postgres'])
    expect(await host.must('docker', ['exec', container(service), 'ls', '/run'])).not.toContain('license_token')
})
