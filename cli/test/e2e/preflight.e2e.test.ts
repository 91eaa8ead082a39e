import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Customer, installation, newCustomer, RELEASE, VENDOR_KEY } from '../support/customer.ts'
import { HOSTNAME } from '../support/guestbook.ts'
import { changesSince, type Inventory, inventory } from '../support/inventory.ts'
import { waitUntil } from '../support/waiting.ts'

let customer: Customer & AsyncDisposable
let before: Inventory

beforeAll(async () => {
  customer = await newCustomer('preflight')
})
beforeEach(async () => {
  before = await inventory(customer.host)
})
afterAll(() => customer[Symbol.asyncDispose]())

const preflight = (...more: readonly string[]) =>
  customer.json([
    'preflight',
    RELEASE('guestbook'),
    '--vendor-key',
    VENDOR_KEY,
    '--accept',
    'disk-latency=a test machine',
    ...more,
  ])

const verdictOn = (document: { checks: { id: string }[] }, check: string) =>
  document.checks.find(({ id }) => id === check)

test('a good host passes, without root for most of it, and nothing is changed', async () => {
  expect(await preflight()).toMatchObject({ exitCode: 0, document: { ready: true } })

  const args = ['preflight', '/srv/guestbook.domicile', '--vendor-key', '/srv/vendor.pub', '--json']
  await customer.host.must('cp', [RELEASE('guestbook'), VENDOR_KEY, '/srv'])
  const asNobody = JSON.parse((await customer.host.run('domicile', args, { user: 'nobody' })).stdout)
  await customer.host.must('rm', ['/srv/guestbook.domicile', '/srv/vendor.pub'])
  const failed = asNobody.checks.filter(({ verdict }: { verdict: string }) => verdict === 'fail')

  expect(failed.map(({ id }: { id: string }) => id).filter((id: string) => !id.startsWith('engine-'))).toEqual([])
  expect(await changesSince(customer.host, before)).toEqual([])
})

test('a taken port is named with the program that holds it; another port is free', async () => {
  const server =
    'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 443, Listen => 1, ReuseAddr => 1) or die; sleep 600'
  await customer.host.must('systemd-run', ['--unit=squatter', 'perl', '-e', server])
  await waitUntil('port 443 is taken', async () =>
    (await customer.host.must('ss', ['-ltn'])).includes(':443 ') ? undefined : 'not yet',
  )

  const { exitCode, document } = await preflight()
  expect(exitCode).toBe(3)
  expect(verdictOn(document, 'port-https')).toMatchObject({ verdict: 'fail', value: expect.stringContaining('perl') })
  expect(await customer.json(installation('guestbook', '--hostname', HOSTNAME))).toMatchObject({ exitCode: 3 })
  expect(await preflight('--https-port', '8443')).toMatchObject({ exitCode: 0 })

  await customer.host.must('systemctl', ['stop', 'squatter'])
  expect(await changesSince(customer.host, before)).toEqual([])
})

test('a full disk stands in the way, and can be answered for by name and with a reason', async () => {
  await customer.host.must('mkdir', ['/var/lib/domicile'])
  await customer.host.must('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', '/var/lib/domicile'])

  const { exitCode, document } = await preflight()
  expect(exitCode).toBe(3)
  expect(verdictOn(document, 'disk-size')).toMatchObject({ verdict: 'fail', hint: expect.stringContaining('du -xh') })
  expect(await customer.json(installation('guestbook', '--hostname', HOSTNAME))).toMatchObject({
    exitCode: 3,
    document: { error: { code: 'PREFLIGHT_FAILED' } },
  })

  const accepted = await preflight('--accept', 'disk-size=it grows by itself')
  expect(accepted).toMatchObject({ exitCode: 0, document: { ready: true } })
  expect(verdictOn(accepted.document, 'disk-size')).toMatchObject({ accepted: { why: 'it grows by itself' } })

  await customer.host.must('umount', ['/var/lib/domicile'])
  await customer.host.must('rmdir', ['/var/lib/domicile'])
  expect(await changesSince(customer.host, before)).toEqual([])
})

test('a disk that fills up while installing: everything is undone', async () => {
  await customer.host.must('mkdir', ['/var/lib/domicile'])
  await customer.host.must('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/var/lib/domicile'])

  const { exitCode, document } = await customer.json(
    installation('guestbook', '--hostname', HOSTNAME, '--accept', 'disk-size=a test'),
  )

  expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 6, code: 'ROLLED_BACK' })
  expect(document.error.message).toContain('ENOSPC')
  await customer.host.must('umount', ['/var/lib/domicile'])
  await customer.host.must('rmdir', ['/var/lib/domicile'])
  expect(await changesSince(customer.host, before)).toEqual([])
})

test('a stopped engine is told from a missing one', async () => {
  await customer.host.must('systemctl', ['stop', 'docker.socket', 'docker.service'])

  const { exitCode, document } = await preflight()

  expect(exitCode).toBe(3)
  expect(verdictOn(document, 'engine-present')).toMatchObject({ verdict: 'pass' })
  expect(verdictOn(document, 'engine-reachable')).toMatchObject({
    verdict: 'fail',
    hint: expect.stringContaining('systemctl'),
  })
  await customer.host.must('systemctl', ['start', 'docker.socket', 'docker.service'])
  await customer.host.waitForEngine()
})

test('a name that leads nowhere is found before people do', async () => {
  const { exitCode, document } = await preflight('--hostname', 'erp.example.invalid')

  expect(exitCode).toBe(3)
  expect(verdictOn(document, 'dns')).toMatchObject({
    verdict: 'fail',
    hint: expect.stringContaining('erp.example.invalid. IN A'),
  })
})

test('the report is a page of its own', async () => {
  expect((await preflight('--report', '/root/report.html')).exitCode).toBe(0)

  const report = await customer.host.readFile('/root/report.html')
  expect(report).toContain('<!doctype html>')
  expect(report).not.toMatch(/(src|href)="?https?:/)
})
