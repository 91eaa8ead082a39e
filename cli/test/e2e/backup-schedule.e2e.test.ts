import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SimulatedClock, startSimulatedClock } from '../support/clock.ts'
import { type Customer, newCustomer } from '../support/customer.ts'
import { installGuestbook } from '../support/guestbook.ts'
import { waitUntil } from '../support/waiting.ts'

const SOCKET = 'domicile-helper@guestbook.socket'
const SERVICE = 'domicile-helper@guestbook.service'
const UNITS = '/etc/systemd/system/domicile-helper@guestbook'
const PATH = '/var/lib/domicile/guestbook/run/helper.sock'
/** The agent looks every minute. */
const LOOKS = { deadlineMs: 300_000 }

let customer: Customer & AsyncDisposable
let clock: SimulatedClock

beforeAll(async () => {
  customer = await newCustomer('backup-schedule')
  await installGuestbook(customer)
})
afterAll(() => customer[Symbol.asyncDispose]())

const systemctl = async (...args: string[]) => (await customer.host.run('systemctl', args)).stdout
const checkOf = async (id: string) =>
  (await customer.json(['doctor'])).document.checks.find((check: { id: string }) => check.id === id)

/** Asks the helper as the agent does. */
async function ask(path: string, body = '{}') {
  const curl = ['--silent', '--unix-socket', PATH, '--write-out', '\n%{http_code}', '--data', body]
  const [text = '', status] = (await customer.host.must('curl', [...curl, `http://helper${path}`])).split('\n')
  return { status: Number(status), body: JSON.parse(text) }
}

const snapshots = async (): Promise<string[]> => {
  const { items } = await customer.must(['backup', 'list'])
  return items.map(({ run }: { run: string }) => run)
}
const idle = () =>
  waitUntil('nothing is at work', async () => {
    const { busy } = (await ask('/v1/ping')).body
    return busy === null ? undefined : JSON.stringify(busy)
  })
const hoursUntil = (time: string) => {
  const today = Date.parse(`${clock.now().toISOString().slice(0, 10)}T${time}:00Z`)
  const hours = (today - clock.now().getTime()) / 3_600_000
  return hours > 0 ? hours : hours + 24
}
const snapshotsAre = (count: number) =>
  waitUntil(
    `there are ${count} snapshots`,
    async () => {
      const found = await snapshots()
      return found.length >= count ? undefined : `${found.length}; ${JSON.stringify(await checkOf('backup'))}`
    },
    LOOKS,
  )

test('after an installation systemd holds the helper’s socket, and nothing runs', async () => {
  expect(await systemctl('is-active', SOCKET)).toBe('active')
  expect(await systemctl('is-enabled', SOCKET)).toBe('enabled')
  expect(await systemctl('is-active', SERVICE)).toBe('inactive')
  expect(await customer.host.must('stat', ['-c', '%a %u', PATH])).toBe('600 8100')
  expect(await checkOf('backup-helper')).toMatchObject({ verdict: 'pass' })
  expect((await customer.must(['status'])).backup).toMatchObject({
    ...{ lastSnapshot: null, lastProof: null, running: null },
    next: { what: 'create' },
  })
})

test('whoever asks starts it, and it understands its own few verbs and nothing else', async () => {
  expect(await ask('/v1/ping')).toMatchObject({ status: 200, body: { protocol: 1, busy: null } })
  expect(await systemctl('is-active', SERVICE)).toBe('active')

  expect((await ask('/v1/backup-create', '{"kind":"final"}')).status).toBe(400)
  expect(await ask('/v1/uninstall')).toMatchObject({ status: 400, body: { error: { code: 'HELPER_UNKNOWN_VERB' } } })
  expect(await snapshots()).toEqual([])
})

test('apply mends what somebody changed of the units, and then nothing differs', async () => {
  await customer.host.must('sh', ['-c', `systemctl disable --now ${SOCKET}; echo >> ${UNITS}.service`])
  expect(await checkOf('backup-helper')).toMatchObject({ verdict: 'warn', hint: 'domicile apply' })

  const { differences } = await customer.must(['apply'])

  expect(differences.map(({ kind }: { kind: string }) => kind)).toEqual(['units', 'units', 'units'])
  expect(await checkOf('backup-helper')).toMatchObject({ verdict: 'pass' })
  expect((await customer.must(['apply'])).differences).toEqual([])
})

test('the first snapshot is made by itself, while nobody is logged in', async () => {
  clock = await startSimulatedClock(customer, 'guestbook')
  await clock.jump(0.25)

  await snapshotsAre(1)

  await idle()
  expect((await customer.must(['status'])).backup.lastSnapshot).not.toBeNull()
})

test('in the night the next one is', async () => {
  // Each appliance has its minute in the first half of the window.
  await clock.jump(hoursUntil('04:00'))

  await snapshotsAre(2)
  await idle()
})

test('a helper that is killed in the middle is said, and what it had begun is made anew', async () => {
  const before = (await snapshots()).length
  await clock.jump(30)
  await waitUntil(
    'a snapshot is being made',
    async () => {
      const { busy } = (await ask('/v1/ping')).body
      return busy?.operation === 'create' ? undefined : JSON.stringify(busy)
    },
    LOOKS,
  )
  await customer.host.must('systemctl', ['kill', '--signal', 'KILL', '--kill-who', 'main', SERVICE])
  expect(await snapshots()).toHaveLength(before)

  await waitUntil(
    'the agent has found out',
    async () => {
      const { verdict, value } = await checkOf('backup')
      return verdict === 'warn' && value.includes('INTERRUPTED') ? undefined : value
    },
    LOOKS,
  )
  await clock.jump(0.5)
  await snapshotsAre(before + 1)
  await idle()
  expect((await checkOf('backup')).value).not.toContain('to make a snapshot did not succeed')
})

test('a night in which the server was off is made up for after the reboot', async () => {
  const before = (await snapshots()).length
  await customer.host.must('docker', ['stop', 'guestbook-agent-1'])
  await clock.jump(30)
  await customer.host.must('docker', ['start', 'guestbook-agent-1'])
  await customer.host.reboot()

  expect(await systemctl('is-active', SOCKET)).toBe('active')
  await snapshotsAre(before + 1)
  await idle()
})

test('days without a snapshot make doctor fail, and a snapshot makes it pass', async () => {
  await customer.host.must('systemctl', ['stop', SOCKET, SERVICE])
  await clock.jump(60)
  await waitUntil(
    'the alarm comes',
    async () => {
      const { exitCode, document } = await customer.json(['doctor'])
      const { verdict } = document.checks.find(({ id }: { id: string }) => id === 'backup')
      return exitCode === 1 && verdict === 'fail' ? undefined : `${exitCode}, ${verdict}`
    },
    LOOKS,
  )
})

test('an uninstall leaves the backups and no unit; the next installation finds them again', async () => {
  const before = await snapshots()
  await customer.must(['uninstall', '--yes'])

  expect((await customer.host.run('sh', ['-c', `ls ${UNITS}*`])).stdout).toBe('')
  expect(await systemctl('list-units', '--all', '--no-legend', 'domicile-helper*')).toBe('')
  expect(await customer.json(['status'])).toMatchObject({
    exitCode: 7,
    document: { error: { code: 'NOT_INSTALLED', message: expect.stringContaining('backups') } },
  })
  expect(await customer.must(['uninstall', '--yes'])).toMatchObject({ changed: false })

  await installGuestbook(customer)
  expect(await snapshots()).toEqual(before)
  expect((await customer.json(['backup', 'create'])).exitCode).toBe(0)

  await customer.must(['uninstall', '--yes', '--remove-backups'])
  expect((await customer.host.run('ls', ['/var/lib/domicile'])).stdout).toBe('')
})
