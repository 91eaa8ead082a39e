import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Customer, newCustomer } from '../support/customer.ts'
import { bringKiller, guestbookInstallation, killInstallation } from '../support/faults.ts'
import { installGuestbook, page, sign, siteOf } from '../support/guestbook.ts'
import { changesSince, type Inventory, inventory } from '../support/inventory.ts'
import { waitUntil } from '../support/waiting.ts'

let customer: Customer & AsyncDisposable
let before: Inventory

beforeAll(async () => {
  customer = await newCustomer('uninstall')
  before = await inventory(customer.host)
})
afterAll(() => customer[Symbol.asyncDispose]())

test('the inventory of a host sees what an installation brings', async () => {
  await installGuestbook(customer)

  const installed = await inventory(customer.host)

  for (const part of ['files', 'containers', 'networks', 'volumes', 'images', 'firewall', 'interfaces'] as const)
    expect(installed[part].length, part).toBeGreaterThan(before[part].length)
})

test('uninstall asks for the name, and without an answer changes nothing', async () => {
  const installed = await inventory(customer.host)

  const { exitCode, document } = await customer.json(['uninstall'])

  expect(exitCode).toBe(2)
  expect(document.error).toMatchObject({ code: 'NO_TERMINAL', hint: expect.stringContaining('--yes') })
  expect(await changesSince(customer.host, installed)).toEqual([])
})

test('what was backed up stays with its keys, and nothing else does', async () => {
  await customer.must(['uninstall', '--yes'])

  const left = (await changesSince(customer.host, before)).filter(
    (line) => !line.includes(' /var/lib/domicile/guestbook/backup/'),
  )
  const paths = left.flatMap((line) => /(?:new|gone): (\w+): (\S+)/.exec(line)?.slice(1, 3).join(' ') ?? line)
  const folder = '/var/lib/domicile'
  expect(paths.sort()).toEqual([
    ...['', 'guestbook/', 'guestbook/secrets/'].map((path) => `files ${folder}/${path}`),
    ...['archive', 'point_in_time'].map((key) => `files ${folder}/guestbook/secrets/backup_${key}_key`),
  ])
})

test('on demand it goes, too, and the host is as it was before install', async () => {
  await customer.must(['uninstall', '--yes', '--remove-backups'])

  expect(await changesSince(customer.host, before)).toEqual([])
})

test('a second uninstall says that there is nothing', async () => {
  const { exitCode, document } = await customer.json(['uninstall', '--yes'])

  expect(exitCode).toBe(7)
  expect(document.error.code).toBe('NO_APPLIANCE')
})

test('data that was kept is there after the next install', async () => {
  const site = await installGuestbook(customer)
  await sign(site, 'kept over an uninstall')

  await customer.must(['uninstall', '--keep-data', '--yes'])
  expect((await inventory(customer.host)).containers).toEqual(before.containers)

  await installGuestbook(customer)
  expect(await page(await siteOf(customer))).toContain('kept over an uninstall')
})

test('kept data can still be removed', async () => {
  await customer.must(['uninstall', '--keep-data', '--yes'])
  await customer.must(['uninstall', '--yes', '--remove-backups'])

  expect(await changesSince(customer.host, before)).toEqual([])
})

test('a damaged record does not keep an appliance on the host', async () => {
  await installGuestbook(customer)
  await customer.host.must('sh', ['-c', 'echo "{" > /var/lib/domicile/guestbook/state.json'])

  await customer.must(['uninstall', '--yes', '--remove-backups'])

  const { files, containers, networks, volumes } = await inventory(customer.host)
  expect({ containers, networks, volumes }).toEqual({
    containers: before.containers,
    networks: before.networks,
    volumes: before.volumes,
  })
  expect(files).toEqual(before.files)
})

test('an installation over kept data that is killed, resumed and fails gives the kept data back', async () => {
  await bringKiller(customer)
  await sign(await installGuestbook(customer), 'survives a failed install')
  await customer.must(['uninstall', '--keep-data', '--yes'])
  const secrets = () => customer.host.must('sh', ['-c', 'sha256sum /var/lib/domicile/guestbook/secrets/*'])
  const kept = await secrets()
  const file = '/var/lib/domicile/guestbook/journal.jsonl'
  await killInstallation(customer, {
    file,
    line: '"event":"done","step":"grants"',
    delayMs: 0,
    title: 'after the grants',
  })
  // Something else takes the port: the gateway cannot start, whatever else goes well.
  const hold =
    'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 443, Listen => 1, ReuseAddr => 1) or die; sleep 600'
  await customer.host.must('systemd-run', ['--unit', 'thief', 'perl', '-e', hold])
  await waitUntil('port 443 is taken', async () =>
    (await customer.host.must('ss', ['-ltn'])).includes(':443 ') ? undefined : 'not yet',
  )

  const { exitCode } = await customer.json(guestbookInstallation)

  expect(exitCode).toBe(6)
  expect(await secrets()).toBe(kept)
  await customer.host.must('systemctl', ['stop', 'thief'])
  expect(await page(await installGuestbook(customer))).toContain('survives a failed install')
  await customer.must(['uninstall', '--yes'])
})
