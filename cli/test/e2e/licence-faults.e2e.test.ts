import { setTimeout as sleep } from 'node:timers/promises'
import { readRecord } from '@domicile/license/record'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Customer } from '../support/customer.ts'
import {
  createUser,
  erpCustomer,
  logIn,
  openPage,
  partyNames,
  query,
  refusalOf,
  rightsOf,
  type Session,
} from '../support/erp.ts'
import { applyDocument, type Contract, contractOf, waitForStanding } from '../support/licences.ts'
import { waitUntil } from '../support/waiting.ts'
import type { Site } from '../support/web.ts'

const AGENT = 'erp-agent-1'
const KILLS = process.env['DOMICILE_FAULTS'] === 'all' ? 15 : 6
const LATER = `${new Date().getFullYear() + 10}-12-31`
const LIMITS = {
  users: { max: 3, behaviour: 'refuse' },
  sessions: { max: 50, behaviour: 'refuse', reserved: 0, services: 0, idleMinutes: 20 },
} as const

let customer: Customer & AsyncDisposable
let site: Site
let contract: Contract
let admin: Session
let password: string
let rights: string
let folder: string

beforeAll(async () => {
  ;({ customer, site, password } = await erpCustomer('licence-faults'))
  rights = await rightsOf(customer)
  const destination = '{{range .Mounts}}{{if eq .Destination "/var/lib/domicile"}}{{.Source}}{{end}}{{end}}'
  folder = `${await docker('inspect', '--format', destination, AGENT)}/licence`
  contract = await contractOf('hrm-subscription', 'F-1')
  await applyDocument(customer, contract.licence(new Date(), { limits: LIMITS }))
  admin = await logIn(site, 'admin', password)
  await createUser(admin, 'user2')
})
afterAll(() => customer[Symbol.asyncDispose]())

const docker = (...args: string[]) => customer.host.must('docker', args)
const shell = (script: string) => customer.host.must('sh', ['-ec', script])
const show = () => customer.must(['license', 'show'])
/** What reads the file leaves out the end of its last line. */
const record = async () => readRecord(`${await customer.host.readFile(`${folder}/record.jsonl`)}\n`)
const kinds = async () => (await record()).lines.map(({ kind }) => kind)

/** As a fault ends it: the engine does not take it for an order of its own, and starts it again. */
const kill = (signal: string) => shell(`kill -${signal} "$(docker inspect --format '{{.State.Pid}}' ${AGENT})"`)

const waitForAgent = () =>
  waitUntil(
    'the agent answers',
    async () => {
      const { exitCode, stdout } = await customer.json(['license', 'show'])
      return exitCode === 0 ? undefined : stdout
    },
    { deadlineMs: 90_000 },
  )

/** Who works goes on, who comes gets in, the page is there; as long as a verdict may be kept, and longer. */
async function expectThatPeopleWork(seconds = 12) {
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    expect(await partyNames(admin)).toEqual([])
    const other = await logIn(site, 'admin', password)
    expect(await partyNames(other)).toEqual([])
    await other.logOut()
    expect((await openPage(site)).status).toBe(200)
    await sleep(500)
  }
}

describe('failing licence code costs nobody their work', () => {
  test('the agent is stopped', async () => {
    await docker('stop', AGENT)

    await expectThatPeopleWork()
    await customer.must(['start'])
    await waitForAgent()
  })

  test('the agent is killed: it is back by itself', async () => {
    const before = await docker('inspect', '--format', '{{.RestartCount}}', AGENT)
    await kill('KILL')

    await expectThatPeopleWork()
    await waitForAgent()
    expect(await docker('inspect', '--format', '{{.RestartCount}}', AGENT)).toBe(String(Number(before) + 1))
    expect((await show()).standing.state).toBe('good')
  })

  test('the agent hangs', async () => {
    await kill('STOP')

    await expectThatPeopleWork(20)
    await kill('CONT')
    await waitForAgent()
    expect((await show()).standing.state).toBe('good')
  })

  test('the agent crashes over and over', async () => {
    const crashing = (async () => {
      for (let time = 0; time < 5; time++) {
        await customer.host.run('sh', ['-c', `kill -KILL "$(docker inspect --format '{{.State.Pid}}' ${AGENT})"`])
        await sleep(2000)
      }
    })()

    await expectThatPeopleWork()
    await crashing
    await waitForAgent()
  })

  test.each(['state.json', 'record.jsonl'])('%s is rubbish', async (file) => {
    await shell(`head -c 5000 /dev/urandom > ${folder}/${file}`)
    await kill('KILL')

    await expectThatPeopleWork()
    await waitForAgent()
  })

  test('what was found in the record is said and written down; the licence is brought in again', async () => {
    const { findings } = await show()
    expect(findings.map(({ code }: { code: string }) => code)).toContain('RECORD_TAMPERED')
    expect(await kinds()).toContain('tampered')

    contract = await contractOf('hrm-subscription', 'F-2')
    await applyDocument(customer, contract.licence(new Date(), { limits: LIMITS }), '--replace')
    expect((await show()).standing.state).toBe('good')
  })

  test('its database is dropped: everybody is let in, and it is said', async () => {
    await query(customer, 'drop database domicile with (force)')

    await expectThatPeopleWork()
    await waitUntil('it is said', async () => {
      const codes = (await show()).findings.map(({ code }: { code: string }) => code)
      return codes.includes('ENFORCEMENT_FAILS') ? undefined : codes.join()
    })
    await waitUntil('it is written down', async () =>
      (await kinds()).includes('seats-unreachable') ? undefined : (await kinds()).join(),
    )
  })

  test('`apply` names it and makes it anew', async () => {
    const { differences } = await customer.must(['apply', '--dry-run'])
    expect(differences).toEqual([expect.objectContaining({ subject: 'domicile', aspect: 'database' })])
    await customer.must(['apply'])

    await waitUntil('there are seats again', async () => {
      await partyNames(admin)
      const { usage, findings } = await show()
      const codes = findings.map(({ code }: { code: string }) => code)
      return usage.sessions.used > 0 && !codes.includes('ENFORCEMENT_FAILS') ? undefined : codes.join()
    })
  })
})

describe('who changes what holds the licence is found out within a minute', () => {
  /** Waits until `license show` says it, and the record has it. */
  const expectFound = async (code: string) => {
    await waitUntil(`${code} is found`, async () => {
      const { findings } = await show()
      return findings.some((finding: { code: string }) => finding.code === code) ? undefined : JSON.stringify(findings)
    })
    await waitUntil(`${code} is written down`, async () => {
      const found = (await record()).lines.filter(({ kind }) => kind === 'tampered').map(({ data }) => data['code'])
      return found.includes(code) ? undefined : found.join()
    })
  }

  test('a trigger that is switched off', async () => {
    await query(customer, 'alter table res_user disable trigger user')

    await expectFound('GUARD_TRIGGER_DISABLED')
    await createUser(admin, 'user3')
    expect(await refusalOf(createUser(admin, 'user4'))).toContain('3 of 3')
  })

  test('a counter that is lowered', async () => {
    await query(customer, "update domicile.guard set used = 0 where name = 'users'")

    await expectFound('GUARD_COUNTER_WRONG')
    expect(await refusalOf(createUser(admin, 'user4'))).toContain('3 of 3')
  })

  test('a right that is granted back while it is read-only', async () => {
    await applyDocument(customer, contract.renewal(new Date(), { until: '2026-01-31' }))
    await waitForStanding(customer, 'read-only')
    await waitUntil('writing is taken away', async () =>
      (await query(customer, "select has_table_privilege('erp_app', 'party_party', 'insert')")) === 'f'
        ? undefined
        : 'not yet',
    )
    await query(customer, 'grant insert, update, delete on party_party to erp_app')

    await waitUntil('it is taken away again', async () =>
      (await query(customer, "select has_table_privilege('erp_app', 'party_party', 'insert')")) === 'f'
        ? undefined
        : 'not yet',
    )
    await waitUntil('it is said', async () => {
      const { findings } = await show()
      return JSON.stringify(findings).includes('party_party') ? undefined : JSON.stringify(findings)
    })
    await applyDocument(customer, contract.renewal(new Date(), { until: LATER }))
    expect(await rightsOf(customer)).toBe(rights)
  })
})

test('killed between any two effects, standing and rights agree afterwards, and the record holds', async () => {
  for (let time = 0; time < KILLS; time++) {
    const readOnly = time % 2 === 0
    const document = await contract.renewal(new Date(), { until: readOnly ? '2026-01-31' : LATER })
    await customer.host.must('sh', ['-c', 'cat > /root/next.lic'], { input: document })
    const delay = (time * 1.2) / KILLS
    const applying = customer.domicile(['license', 'apply', '/root/next.lic'])
    await sleep(300 + delay * 1000)
    await kill('KILL')
    await applying
    await waitForAgent()
    // Whether it had come in or not: a person runs it again.
    await customer.must(['license', 'apply', '/root/next.lic'])

    await waitForStanding(customer, readOnly ? 'read-only' : 'good')
    await waitUntil('the rights agree', async () => {
      const now = await rightsOf(customer)
      const writes = await query(customer, "select has_table_privilege('erp_app', 'party_party', 'insert')")
      return readOnly ? (writes === 'f' ? undefined : 'still writable') : now === rights ? undefined : 'not as before'
    })
    expect(await record(), `killed after ${delay} s`).toMatchObject({ problem: null })
  }
})
