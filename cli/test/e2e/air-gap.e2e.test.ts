import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { browse } from '../support/browser.ts'
import { type Customer, installation, newCustomer, RELEASE, VENDOR_KEY } from '../support/customer.ts'
import { createParty, logIn, partyNames } from '../support/erp.ts'
import { secretsThatShow, watchProcesses } from '../support/secrets.ts'
import { waitUntil } from '../support/waiting.ts'
import type { Site } from '../support/web.ts'
import { workshop } from '../support/workshop.ts'

const HOSTNAME = 'erp.localhost'

let customer: Customer & AsyncDisposable
let site: Site
let password: string

beforeAll(async () => {
  customer = await newCustomer('air-gap', { stacks: ['erp'] })
  await customer.host.cutNetwork()
})
afterAll(() => customer[Symbol.asyncDispose]())

const admin = () => logIn({ ...site, address: customer.host.address }, 'admin', password)

const waitUntilHealthy = () =>
  waitUntil('the ERP is healthy again', async () => {
    const { document } = await customer.json(['status'])
    return document.healthy ? undefined : JSON.stringify(document)
  })

test('the host has neither a way out, nor names, nor Node.js', async () => {
  const { host } = customer
  // Where its packages came from, it got through before.
  const sources = ['/etc/apt/sources.list', '/etc/apt/sources.list.d']
  const [mirror = ''] = (await host.must('grep', ['-rhoE', 'https?://[^ ]+', ...sources])).split('\n')

  expect((await host.run('curl', ['-sS', '--max-time', '3', mirror])).exitCode).not.toBe(0)
  expect((await host.run('timeout', ['3', 'getent', 'hosts', new URL(mirror).hostname])).exitCode).not.toBe(0)
  expect((await host.run('sh', ['-c', 'command -v node npm'])).stdout).toBe('')
})

test('preflight says that the way is clear', async () => {
  const { document, exitCode } = await customer.json([
    ...['preflight', RELEASE('erp'), '--vendor-key', VENDOR_KEY, '--hostname', HOSTNAME],
    ...['--accept', 'disk-latency=a test machine'],
  ])

  expect(exitCode).toBe(0)
  expect(document.ready).toBe(true)
  expect(document.checks.length).toBeGreaterThan(25)
})

test('one line installs the ERP and says where it is and how to log in', async () => {
  await watchProcesses(customer)

  const document = await customer.must(installation('erp', '--hostname', HOSTNAME))

  expect(document).toMatchObject({ changed: true, url: `https://${HOSTNAME}`, login: { user: 'admin' } })
  password = document.login.password
  site = { address: customer.host.address, hostname: HOSTNAME, root: (await customer.must(['tls', 'root'])).pem }
})

test('no secret showed in any process meanwhile, nor anywhere else', async () => {
  // What is known to have shown, the name of the file that was installed, is found, and nothing else.
  expect(await secretsThatShow(customer, 'erp', [password, RELEASE('erp')])).toEqual([RELEASE('erp')])
})

test('status says that it is healthy', async () => {
  const { document, exitCode } = await customer.json(['status'])

  expect(exitCode).toBe(0)
  expect(document).toMatchObject({
    appliance: 'erp',
    healthy: true,
    url: `https://${HOSTNAME}`,
    release: { name: 'erp' },
  })
  for (const service of document.services) expect(service).toMatchObject({ state: 'running' })
})

test('its certificate is signed by the root that `tls root` prints, and a party can be created', async () => {
  const session = await admin()

  await createParty(session, 'Made before the reboot')

  expect(await partyNames(session)).toContain('Made before the reboot')
})

test('a wrong password is refused', async () => {
  await expect(logIn(site, 'admin', `${password}x`)).rejects.toThrow()
})

test('a person logs in with a browser and finds the party', async () => {
  await browse(site, async (context, url) => {
    const page = await context.newPage()
    await page.goto(`${url}#erp`)
    await page.getByLabel(/user name/i).fill('admin')
    await page.getByRole('button', { name: /login/i }).click()
    await page.locator('input[type=password]').last().fill(password)
    await page.keyboard.press('Enter')
    await page.getByText('Parties', { exact: true }).waitFor()
    // The first login of all is greeted by an assistant.
    await page.getByRole('button', { name: /cancel/i }).click()
    await page.getByText('Module Configuration').first().waitFor({ state: 'hidden' })
    await page.goto(`${url}#erp/model/party.party`)
    await page.getByText('Made before the reboot').first().waitFor()
    await page.screenshot({ path: join(workshop.artifacts, 'erp.png') })
  })
})

test('the password is shown once: a second install says that there is nothing to do', async () => {
  const document = await customer.must(installation('erp'))

  expect(document).toMatchObject({ changed: false })
  expect(JSON.stringify(document)).not.toContain(password)
  expect((await customer.host.run('cat', ['/var/lib/domicile/erp/secrets/admin_password'])).stdout).toBe('')
})

test('a reboot brings it all back without anybody logging in', async () => {
  await customer.host.reboot()
  await waitUntilHealthy()

  expect(await partyNames(await admin())).toContain('Made before the reboot')
})

test('so does a power cut', async () => {
  await createParty(await admin(), 'Made before the power cut')

  await customer.host.powerCut()
  await waitUntilHealthy()

  expect(await partyNames(await admin())).toEqual(
    expect.arrayContaining(['Made before the reboot', 'Made before the power cut']),
  )
})
