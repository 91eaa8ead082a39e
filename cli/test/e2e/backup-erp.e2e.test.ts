import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ErpCustomer, erpCustomer, logIn, query, type Session, waitUntilWorks } from '../support/erp.ts'

/** The ERP with parties and attachments: proven, copied, taken back to before a mistake, and looked into beside what runs. */

const PARTIES = 400
const ATTACHMENTS = 30

let erp: ErpCustomer
let admin: Session
let snapshot: string

beforeAll(async () => {
  erp = await erpCustomer('backup-erp')
  // One thing is done to backups at a time: the agent's own first snapshot and drill would be in the way.
  await erp.customer.host.must('systemctl', ['stop', 'domicile-helper@erp.socket', 'domicile-helper@erp.service'])
  admin = await logIn(erp.site, 'admin', erp.password)
  const parties = Array.from({ length: PARTIES }, (_, number) => ({ name: `Žalec & søn ${number}` }))
  const ids = (await admin.call('model.party.party.create', parties)) as number[]
  const attachments = ids.slice(0, ATTACHMENTS).map((id, number) => ({
    ...{ name: `contract ${number}.txt`, type: 'data', resource: `party.party,${id}` },
    data: { __class__: 'bytes', base64: Buffer.from(`contract ${number} `.repeat(500)).toString('base64') },
  }))
  await admin.call('model.ir.attachment.create', attachments)
})
afterAll(() => erp.customer[Symbol.asyncDispose]())

const count = async (sql: string) => Number(await query(erp.customer, sql))

test('a snapshot of it is restored on trial and found equal, the application comes up on it', async () => {
  snapshot = (await erp.customer.must(['backup', 'create'])).snapshot.run

  const drilled = await erp.customer.must(['backup', 'drill'])

  expect(drilled).toMatchObject({ run: snapshot, verdict: 'proven', application: 'healthy' })
  expect(drilled.compared.tables.compared).toBeGreaterThan(200)
  expect(drilled.compared.documents.compared).toBeGreaterThanOrEqual(ATTACHMENTS)
  expect(drilled.recoverySeconds).toBeGreaterThan(0)
  expect((await erp.customer.must(['backup', 'list'])).items[0]).toMatchObject({ run: snapshot, refused: null })
})

test('a copy on another disk is proven by itself', async () => {
  await erp.customer.host.must('mkdir', ['/srv/copy'])
  await erp.customer.must(['backup', 'target', 'add', 'disk', '/srv/copy', '--yes'])
  const { items } = await erp.customer.must(['backup', 'target', 'copy', 'disk'])
  expect(items).toMatchObject([{ target: 'disk', copied: [snapshot] }])

  expect(await erp.customer.must(['backup', 'drill', '--from', 'disk'])).toMatchObject({
    ...{ run: snapshot, from: 'disk', verdict: 'proven' },
  })
})

describe('a part, beside what runs', () => {
  test('a table comes into a database of its own', async () => {
    await erp.customer.must(['restore', snapshot, '--only', 'table', 'party_party', '--into', 'party_before'])

    const before = await erp.customer.host.must('docker', [
      ...['exec', '-u', '70', 'erp-postgres-1', 'psql', '-U', 'postgres', '-d', 'party_before', '-qAt'],
      ...['-c', 'select count(*) from party_party'],
    ])
    expect(Number(before)).toBe(await count('select count(*) from party_party'))
  })

  test('documents come into a folder, byte for byte', async () => {
    await erp.customer.must(['restore', snapshot, '--only', 'documents', 'filestore', '--to', '/root/documents'])

    const found = await erp.customer.host.must('sh', [
      '-c',
      "grep -rlF 'contract 7 contract 7 ' /root/documents | wc -l",
    ])
    expect(Number(found)).toBe(1)
  })
})

test('a mistake in all parties is taken back to the second before it; who was logged in logs in again', async () => {
  await erp.customer.must(['backup', 'point-in-time', 'base'])
  await admin.call('model.party.party.create', [{ name: 'Made after the snapshot' }])
  await sleep(2000)
  const before = await query(erp.customer, `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`)
  await sleep(2000)
  await query(erp.customer, "update party_party set name = 'gone'; delete from ir_attachment")
  expect(await count("select count(*) from party_party where name <> 'gone'")).toBe(0)

  const { restore } = await erp.customer.must(['restore', '--at', before, '--yes', '--without-snapshot'])

  expect(restore).toMatchObject({ phase: 'switched', source: { run: snapshot } })
  expect(await count("select count(*) from party_party where name = 'gone'")).toBe(0)
  expect(await count("select count(*) from party_party where name = 'Made after the snapshot'")).toBe(1)
  expect(await count('select count(*) from ir_attachment')).toBe(ATTACHMENTS)
  await expect(admin.call('model.party.party.search', [], 0, 1, null)).rejects.toThrow()
  await waitUntilWorks('the administrator logs in again', async () => {
    admin = await logIn(erp.site, 'admin', erp.password)
    await admin.call('model.party.party.create', [{ name: 'Made on the restored side' }])
  })
})

test('the side with the mistake is there until somebody has seen that all is well', async () => {
  expect((await erp.customer.must(['restore', 'status'])).restore.phase).toBe('switched')
  const { removed } = await erp.customer.must(['restore', 'accept', '--yes'])
  expect(removed.length).toBeGreaterThanOrEqual(2)
})
