import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Customer, installation, newCustomer } from '../support/customer.ts'
import { bringKiller, killSelftest } from '../support/faults.ts'
import { installGuestbook, page, sign, siteOf } from '../support/guestbook.ts'
import { changesSince, type Inventory, inventory } from '../support/inventory.ts'
import { waitUntil } from '../support/waiting.ts'

let customer: Customer & AsyncDisposable
let before: Inventory

beforeAll(async () => {
  customer = await newCustomer('selftest', { stacks: ['guestbook', 'erp'] })
  await bringKiller(customer)
  await sign(await installGuestbook(customer), 'what people wrote')
  await stopBackups('guestbook')
  before = await inventory(customer.host)
})
afterAll(() => customer[Symbol.asyncDispose]())

const GUESTBOOK = ['license', 'selftest', '--name', 'guestbook']
const SCRATCH = 'guestbook-selftest'

interface Standing {
  readonly standing: string
  readonly checks: readonly { check: string; outcome: string; verdict: string; detail: string }[]
}

const standing = ({ standings }: { standings: Standing[] }, wanted: string) => {
  const found = standings.find((one) => one.standing === wanted)
  if (!found) throw new Error(`“${wanted}” was not tried`)
  return Object.fromEntries(found.checks.map(({ check, outcome }) => [check, outcome]))
}

/** The agent has backups made by itself; what comes of them is not what these tests look for. */
const stopBackups = async (name: string) => {
  const helper = ['socket', 'service'].map((kind) => `domicile-helper@${name}.${kind}`)
  await customer.host.must('systemctl', ['stop', ...helper])
  await waitUntil('no backup is under way', async () => {
    const { stdout } = await customer.host.run('sh', ['-c', `docker ps --format '{{.Names}}' | grep -- '-job$'`])
    return stdout ? stdout : undefined
  })
}

/** PostgreSQL archives its changes all the time. */
const ARCHIVED = /\/var\/lib\/domicile\/\w+\/backup\//

/** The running appliance is as it was, to the bit, and of the scratch copy nothing is there. */
const expectThatNothingHappened = async () => {
  const changes = await changesSince(customer.host, before)
  expect(changes.filter((change) => !ARCHIVED.test(change))).toEqual([])
  expect(await page(await siteOf(customer))).toContain('what people wrote')
}

/** Does something inside the scratch copy as soon as it is whole. */
async function meddle(sql: string): Promise<void> {
  const psql = ['exec', '-u', '70', `${SCRATCH}-postgres-1`, 'psql', '-U', 'postgres', '-d', 'guestbook', '-c', sql]
  await waitUntil('the scratch copy is whole', async () => {
    const { stdout } = await customer.host.run('docker', ['ps', '--quiet', '--filter', `name=${SCRATCH}-gateway-1`])
    return stdout ? undefined : 'no gateway yet'
  })
  await customer.host.must('docker', psql)
}

describe('every standing of an appliance that works', () => {
  test('keeps the laws, and the appliance never notices', async () => {
    const report = await customer.must(GUESTBOOK)

    expect(report.broken).toEqual([])
    expect(report.standings.map((one: Standing) => one.standing)).toEqual([
      ...['unlicensed', 'good', 'notice', 'read-only', 'suspended', 'terminated', 'ended', 'good again'],
    ])
    expect(standing(report, 'read-only')).toMatchObject({ import: 'done', read: 'done', write: 'refused' })
    expect(standing(report, 'suspended')).toMatchObject({ backup: 'done', export: 'done', entry: 'refused' })
    expect(standing(report, 'good again')).toMatchObject({ read: 'done', write: 'done', entry: 'done' })
    await expectThatNothingHappened()
  })

  test('what the stack does not provide is not counted as kept', async () => {
    const { stdout } = await customer.domicile(GUESTBOOK)

    expect(stdout).toMatch(/^ended +✓ +✓ +✓ +⊘ +– +✓ +⊘ +–/m)
  })
})

describe('a law that is broken', () => {
  test('is named, with exit code 4', async () => {
    const [{ exitCode, document }] = await Promise.all([
      customer.json(GUESTBOOK),
      meddle('REVOKE SELECT ON entry FROM guestbook_app'),
    ])

    expect(exitCode).toBe(4)
    expect(document.lawful).toBe(false)
    expect(document.broken.join('\n')).toMatch(
      /suspended: every table can be read out .* failed: .*permission denied for table entry/,
    )
    expect(standing(document, 'suspended')).toMatchObject({ export: 'failed', backup: 'done' })
    await expectThatNothingHappened()
  })

  test('is noticed where something is done that must be refused', async () => {
    // Above all rights: nothing that is taken from the role binds it.
    const [{ exitCode, document }] = await Promise.all([
      customer.json(GUESTBOOK),
      meddle('ALTER ROLE guestbook_app SUPERUSER'),
    ])

    expect(exitCode).toBe(4)
    expect(document.broken.join('\n')).toContain('read-only: writing is refused. It was done')
    expect(standing(document, 'read-only')).toMatchObject({ write: 'done', read: 'done' })
    await expectThatNothingHappened()
  })
})

describe('a self-test that does not come to its end', () => {
  test('interrupted, it removes its scratch copy', async () => {
    const { exitCode, stderr } = await customer.host.run('timeout', [
      ...['--preserve-status', '--signal', 'INT', '6', 'domicile', ...GUESTBOOK],
    ])

    expect(exitCode).toBe(130)
    expect(stderr).toContain('The self-test was interrupted')
    await expectThatNothingHappened()
  })

  test('killed, it leaves a copy that nobody takes for an appliance and that uninstall removes', async () => {
    await killSelftest(customer, '"event":"done","step":"healthy gateway"', 4000)

    expect((await customer.json(['status'])).document).toMatchObject({ appliance: 'guestbook', healthy: true })
    expect((await customer.json(['status', '--name', SCRATCH])).document.error.hint).toContain('uninstall')
    await customer.must(['uninstall', '--name', SCRATCH, '--yes', '--remove-backups'])
    await expectThatNothingHappened()
  })

  test('killed while the database is copied, it is removed by the next run', async () => {
    await killSelftest(customer, '"event":"start","step":"copy"', 100)

    expect(await customer.must(GUESTBOOK)).toMatchObject({ lawful: true })
    await expectThatNothingHappened()
  })

  test('an appliance that merely has such a name is left alone', async () => {
    await customer.must(
      installation(
        'guestbook',
        ...['--name', SCRATCH, '--hostname', 'other.localhost'],
        ...['--http-port', '8080'],
        ...['--https-port', '8443'],
      ),
    )

    const { exitCode, document } = await customer.json(GUESTBOOK)

    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 3, code: 'NAME_TAKEN' })
    expect((await customer.json(['status', '--name', SCRATCH])).document).toMatchObject({ healthy: true })
    await customer.must(['uninstall', '--name', SCRATCH, '--yes', '--remove-backups'])
    await expectThatNothingHappened()
  })
})

test('the ERP keeps every law there is, in every standing', async () => {
  await customer.must(
    installation('erp', ...['--hostname', 'erp.localhost'], ...['--http-port', '8080'], ...['--https-port', '8443']),
  )
  await stopBackups('erp')
  before = await inventory(customer.host)

  const report = await customer.must(['license', 'selftest', '--name', 'erp'])

  expect(report.broken).toEqual([])
  const verdicts = report.standings.flatMap(({ checks }: Standing) => checks.map(({ verdict }) => verdict))
  expect(verdicts).not.toContain('not-provided')
  expect(standing(report, 'users full')).toMatchObject({ activate: 'refused', write: 'done', login: 'done' })
  expect(standing(report, 'sessions full')).toMatchObject({ sessions: 'refused', activate: 'done' })
  expect(standing(report, 'ended')).toMatchObject({ import: 'done', login: 'done', logout: 'done', write: 'refused' })
  await expectThatNothingHappened()
})
