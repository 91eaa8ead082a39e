import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Customer, newCustomer } from '../support/customer.ts'
import { bringKiller, killRestore } from '../support/faults.ts'
import { installGuestbook, page, sign } from '../support/guestbook.ts'
import type { Site } from '../support/web.ts'

const LIB = '/var/lib/domicile/guestbook'

let customer: Customer & AsyncDisposable
let site: Site
let snapshot: string

beforeAll(async () => {
  customer = await newCustomer('restore')
  await bringKiller(customer)
  site = await installGuestbook(customer)
  // The agent would have drills made meanwhile, and one thing is done to the backups at a time.
  await customer.host.must('systemctl', ['stop', 'domicile-helper@guestbook.socket'])
  await sign(site, 'in the snapshot')
  snapshot = (await customer.must(['backup', 'create'])).snapshot.run
  await sign(site, 'written afterwards')
})
afterAll(() => customer[Symbol.asyncDispose]())

const volumes = async () =>
  (await customer.host.must('docker', ['volume', 'ls', '--quiet', '--filter', 'label=io.domicile.appliance=guestbook']))
    .trim()
    .split('\n')
    .filter((name) => name.includes('_postgres'))
    .sort()
const restore = (...more: string[]) => customer.json(['restore', snapshot, '--yes', '--without-snapshot', ...more])
const failing = async () =>
  (await customer.json(['doctor'])).document.checks
    .filter(({ verdict }: { verdict: string }) => verdict === 'fail')
    .map(({ id }: { id: string }) => id)

const isAfterwards = async () => {
  const text = await page(site)
  return [text.includes('in the snapshot'), text.includes('written afterwards')]
}

describe('a restore', () => {
  test('says first what it needs and what is put aside, and changes nothing', async () => {
    const before = await volumes()
    const { document, exitCode } = await customer.json(['restore', '--latest', '--dry-run'])

    expect(exitCode).toBe(0)
    expect(document).toMatchObject({ changed: false, snapshot, lost: { from: document.at } })
    expect(document.needed.total).toBeGreaterThan(0)
    expect(document.freeBytes).toBeGreaterThan(document.needed.total)
    expect(await volumes()).toEqual(before)
  })

  test('brings back what the snapshot holds, and keeps what was there', async () => {
    const { restore: done } = await customer.must(['restore', '--latest', '--yes'])

    expect(done).toMatchObject({ phase: 'switched', source: { run: snapshot, instant: null } })
    expect(await isAfterwards()).toEqual([true, false])
    expect(await volumes()).toEqual(['guestbook_postgres', `guestbook_postgres_${done.id}`])
    expect(await failing()).toEqual([])
    const saved = (await customer.must(['backup', 'list'])).items.find(
      ({ run }: { run: string }) => run === done.preRestore,
    )
    expect(saved).toMatchObject({ kind: 'pre-restore' })
    const { differences } = await customer.must(['apply', '--dry-run'])
    expect(differences.filter(({ kind }: { kind: string }) => kind !== 'units')).toEqual([])
  })

  test('is not begun over one that waits', async () => {
    expect(await restore()).toMatchObject({ exitCode: 3, document: { error: { code: 'RESTORE_WAITS' } } })
  })

  test('is undone while both sides are there, and done again', async () => {
    await sign(site, 'written on the restored side')
    expect((await customer.must(['restore', 'undo', '--yes'])).restore.phase).toBe('undone')
    expect(await isAfterwards()).toEqual([true, true])
    expect((await customer.must(['restore', 'status'])).idleBytes).toBeGreaterThan(1_000_000)

    await customer.must(['restore', 'undo', '--yes'])
    expect(await page(site)).toContain('written on the restored side')
    await customer.must(['restore', 'undo', '--yes'])
  })

  test('is accepted: the side that does not run is removed', async () => {
    const { removed } = await customer.must(['restore', 'accept', '--yes'])

    expect(removed).toHaveLength(1)
    expect(await volumes()).toEqual(['guestbook_postgres'])
    expect(await customer.json(['restore', 'accept', '--yes'])).toMatchObject({
      ...{ exitCode: 7, document: { error: { code: 'NO_RESTORE' } } },
    })
  })

  test('is in the record that audits read, and nobody is accused', async () => {
    await customer.must(['license', 'audit', '--out', '/root/audit.jsonl'])
    const report = await customer.host.readFile('/root/audit.jsonl')

    expect(report).toContain('"kind":"restored"')
    expect(report).toContain(snapshot)
    expect(report).not.toContain('"kind":"tampered"')
  })

  test('of a snapshot that is not there is refused', async () => {
    expect(await customer.json(['restore', '20200101', '--yes'])).toMatchObject({
      ...{ exitCode: 7, document: { error: { code: 'SNAPSHOT_UNKNOWN' } } },
    })
    expect(await customer.json(['restore', '--yes'])).toMatchObject({ exitCode: 2 })
  })
})

describe('a restore that is killed', () => {
  test('while it loads, never touched what runs, and goes on', async () => {
    await killRestore(customer, snapshot, `${LIB}/restore.jsonl`, '"event":"start","step":"database"', 400)

    expect(await isAfterwards()).toEqual([true, true])
    expect((await customer.must(['restore', 'status'])).restore.phase).toBe('beside')
    const { document, exitCode } = await restore()
    expect(exitCode).toBe(0)
    expect(document.restore.phase).toBe('switched')
    expect(await isAfterwards()).toEqual([true, false])
    await customer.must(['restore', 'undo', '--yes'])
    await customer.must(['restore', 'accept', '--yes'])
    expect(await volumes()).toEqual(['guestbook_postgres'])
  })

  test('while it loads, is taken back', async () => {
    await killRestore(customer, snapshot, `${LIB}/restore.jsonl`, '"event":"start","step":"compare"', 200)

    await customer.must(['restore', 'undo', '--yes'])
    expect(await volumes()).toEqual(['guestbook_postgres'])
    expect(await isAfterwards()).toEqual([true, true])
  })

  test('while it switches, is ended by the next one', async () => {
    await customer.host.must('truncate', ['--size=0', `${LIB}/journal.jsonl`])
    await killRestore(customer, snapshot, `${LIB}/journal.jsonl`, '"event":"start","step":"container postgres"', 0)

    const { document, exitCode } = await restore()
    expect(exitCode).toBe(0)
    expect(document.restore.phase).toBe('switched')
    expect(await isAfterwards()).toEqual([true, false])
    expect(await failing()).toEqual([])
    await customer.must(['restore', 'undo', '--yes'])
    await customer.must(['restore', 'accept', '--yes'])
  })
})

test('a restored side that does not become healthy is left again by itself', async () => {
  const { host } = customer
  const stack = `${LIB}/release/stack`
  await host.must('cp', ['-a', stack, '/root/stack'])
  await host.must('sh', [
    '-c',
    `echo 'REVOKE CONNECT ON DATABASE guestbook FROM guestbook_app;' > ${stack}/restored.sql &&
     sed -i 's/^backup:/backup:\\n  restored: restored.sql/' ${stack}/appliance.yaml && grep restored ${stack}/appliance.yaml`,
  ])
  await host.must('truncate', ['--size=0', `${LIB}/journal.jsonl`])
  const restoring = restore()
  const wait = `until grep -qF '"start","step":"healthy app"' ${LIB}/journal.jsonl; do sleep 0.05; done; sleep 1`
  await host.must('timeout', ['300', 'sh', '-c', wait])
  // It has no right to its database and would be waited for: an end of its own is a quicker sign of the same.
  await host.must('docker', ['stop', '--time', '0', 'guestbook-app-1'])

  expect(await restoring).toMatchObject({ exitCode: 6, document: { error: { code: 'ROLLED_BACK' } } })
  expect(await isAfterwards()).toEqual([true, true])
  expect(await volumes()).toEqual(['guestbook_postgres'])
  expect((await customer.must(['restore', 'status'])).restore).toBeNull()
  await host.must('sh', ['-c', `rm -r ${stack} && mv /root/stack ${stack}`])
})
