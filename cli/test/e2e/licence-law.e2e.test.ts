import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/commands/index.ts'
import { type Customer, installation, newCustomer, RELEASE, VENDOR_KEY } from '../support/customer.ts'
import { HOSTNAME, installErp, logIn, partyNames } from '../support/erp.ts'
import { applyDocument, contractOf, type Profile, waitForStanding } from '../support/licences.ts'
import { waitUntil } from '../support/waiting.ts'

/**
 * The law that no standing may break: what the customer needs to see how it stands, to mend that, to run its appliance and
 * to take its data out works always. Every command of the product is held to it, those to come as well: one that is not in
 * the table fails the first test below.
 */
const DAY_MS = 86_400_000
const day = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

/** How each command is tried, in an order in which each finds what it needs. */
const TRIED: Readonly<Record<string, readonly string[]>> = {
  'license:show': ['license', 'show'],
  'license:request': ['license', 'request', '--out', '/root/law.lic'],
  'license:apply': ['license', 'apply', '/root/current.lic'],
  'license:audit': ['license', 'audit'],
  'license:simulate': ['license', 'simulate'],
  'license:selftest': ['license', 'selftest'],
  status: ['status'],
  doctor: ['doctor'],
  acceptance: ['acceptance'],
  'audit-trail:verify': ['audit-trail', 'verify'],
  logs: ['logs', 'app', '--lines', '5'],
  'settings:get': ['settings', 'get'],
  'settings:set': ['settings', 'set', 'workers=2', '--yes'],
  'maintenance:announce': ['maintenance', 'announce', '--from', `${day(5)}T20:00`, '--until', `${day(5)}T21:00`],
  'maintenance:cancel': ['maintenance', 'cancel'],
  'tls:root': ['tls', 'root'],
  'tls:renew': ['tls', 'renew'],
  'tls:use': ['tls', 'use', 'internal'],
  stop: ['stop', 'cron'],
  start: ['start', 'cron'],
  restart: ['restart', 'cron'],
  apply: ['apply'],
  install: installation('erp', '--hostname', HOSTNAME),
  'release:inspect': ['release', 'inspect', RELEASE('erp')],
  'release:verify': ['release', 'verify', RELEASE('erp'), '--vendor-key', VENDOR_KEY],
  'backup:create': ['backup', 'create'],
  'backup:list': ['backup', 'list', '--explain'],
  'backup:show': ['backup', 'show', 'latest'],
  'backup:policy': ['backup', 'policy', '--set', 'days=8'],
  'backup:hold': ['backup', 'hold', 'latest', 'a law'],
  'backup:release': ['backup', 'release', 'latest'],
  'backup:verify': ['backup', 'verify'],
  'backup:drill': ['backup', 'drill'],
  'backup:report': ['backup', 'report'],
  'backup:keys:export': ['backup', 'keys', 'export', '--yes'],
  'backup:keys:rotate': ['backup', 'keys', 'rotate', '--yes'],
  'backup:target:add': ['backup', 'target', 'add', 'disk', '/srv', '--yes'],
  'backup:target:test': ['backup', 'target', 'test', 'disk'],
  'backup:target:copy': ['backup', 'target', 'copy'],
  'backup:target:list': ['backup', 'target', 'list'],
  'backup:target:remove': ['backup', 'target', 'remove', 'disk', '--yes'],
  'backup:point-in-time:off': ['backup', 'point-in-time', 'off', '--yes'],
  'backup:point-in-time:on': ['backup', 'point-in-time', 'on', '--yes'],
  'backup:point-in-time:base': ['backup', 'point-in-time', 'base'],
  'backup:point-in-time:status': ['backup', 'point-in-time', 'status'],
  restore: ['restore', '--latest', '--yes', '--without-snapshot'],
  'restore:status': ['restore', 'status'],
  'restore:undo': ['restore', 'undo', '--yes'],
  'restore:accept': ['restore', 'accept', '--yes'],
  uninstall: ['uninstall', '--dry-run'],
}

/** What has nothing to do with an appliance that has a licence. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'host:prepare': 'brings Docker Engine to a host before there is an appliance',
  preflight: 'judges a host before there is an appliance',
  'backup:point-in-time:check': 'judges what was archived, which ends where it was switched off',
  'backup:target:trust': 'needs a server that was set up anew',
  'helper:serve': 'is started by systemd',
  'tls:set': 'needs a pair of the customer’s own: tried in every contract’s timeline',
}

/** Those whose exit code says how the appliance stands, beside whether they worked. */
const JUDGES = ['doctor']

/** What takes long is tried in the hardest standing alone. */
const LONG = [
  'license:selftest',
  ...['backup:verify', 'backup:drill', 'backup:keys:rotate', 'backup:target:add', 'backup:target:test'],
  ...['backup:target:copy', 'backup:target:remove', 'backup:point-in-time:off', 'backup:point-in-time:on'],
  ...['backup:point-in-time:base', 'restore', 'restore:undo', 'restore:accept'],
]
const HARDEST = 'ended'

let customer: Customer & AsyncDisposable
let password: string

beforeAll(async () => {
  customer = await newCustomer('licence-law', { stacks: ['erp'] })
  password = await installErp(customer)
})
afterAll(() => customer[Symbol.asyncDispose]())

const LOCKED = 8

/** One thing is done to backups at a time, and the agent has some done by itself: who comes meanwhile waits. */
async function whenItsTurn(args: readonly string[]) {
  let outcome = await customer.json(args)
  await waitUntil(`${args.join(' ')} has its turn`, async () => {
    if (outcome.exitCode === LOCKED) outcome = await customer.json(args)
    return outcome.exitCode === LOCKED ? outcome.document.error.message : undefined
  })
  return outcome
}

test('every command of the product is in the table', () => {
  const table = [...Object.keys(TRIED), ...Object.keys(ELSEWHERE)]
  const product = Object.keys(COMMANDS).filter((command) => !command.startsWith('vendor:'))

  expect(table.toSorted()).toEqual(product.toSorted())
})

const AT_LIMITS = {
  users: { max: 1, behaviour: 'refuse' },
  sessions: { max: 1, behaviour: 'refuse', reserved: 0, services: 0, idleMinutes: 20 },
} as const

/** Each standing by a contract that leads there by dates alone, or by an order. */
const STANDINGS: readonly [string, Profile, object, object?][] = [
  ['good', 'erp-on-premises', { limits: AT_LIMITS }],
  ['notice', 'erp-on-premises', { paidThrough: day(-10) }],
  ['read-only', 'hrm-subscription', { term: { from: '2026-01-01', until: day(-2) } }],
  ['suspended', 'erp-on-premises', {}, { action: 'suspend', urgent: true }],
  ['terminated', 'active-users-tiered', { term: { from: '2026-01-01', until: day(-2) } }],
  ['ended', 'invoicing-prepaid', { trial: true, term: { from: '2026-01-01', until: day(-40) } }],
]

describe.each(STANDINGS)('%s', (state, profile, claims, order) => {
  beforeAll(async () => {
    const contract = await contractOf(profile, `LAW-${state}`)
    const licence = await contract.licence(new Date(), claims)
    const ordered = order && (await contract.order(new Date(), { action: 'suspend', ...order }))
    const text = [licence, ordered ?? ''].join('\n')
    await customer.host.must('sh', ['-c', 'cat > /root/current.lic; rm -f /root/law.lic'], { input: text })
    await applyDocument(customer, text, '--replace')
    await waitForStanding(customer, state)
    if (state === 'good') {
      const { pem } = await customer.must(['tls', 'root'])
      await partyNames(
        await logIn({ address: customer.host.address, hostname: HOSTNAME, root: pem }, 'admin', password),
      )
    }
  })

  test.each(
    Object.entries(TRIED).filter(([command]) => state === HARDEST || !LONG.includes(command)),
  )('%s', async (command, args) => {
    const { exitCode, stdout, stderr, document } = await whenItsTurn(args)

    expect(document.error, stdout + stderr).toBeUndefined()
    if (!JUDGES.includes(command)) expect(exitCode, stdout + stderr).toBe(0)
  })

  test('and through all of it, it stands as it stood', async () => {
    await waitForStanding(customer, state)
  })
})
