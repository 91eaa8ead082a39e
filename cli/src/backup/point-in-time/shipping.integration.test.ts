import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SftpServer } from '../../../test/support/sftp-server.ts'
import { waitUntil } from '../../../test/support/waiting.ts'
import { addTarget } from '../targets/add-target.ts'
import { accessTo } from '../targets/target-room.ts'
import { Archiving } from './archiving.fixture.ts'
import { nightlyBase } from './base.ts'
import { ensureShipping, fetchPointInTime, readShipping } from './shipping.ts'
import { checkPointInTime } from './status.ts'

const NAME = `t-shipping-${process.pid}`
const appliance = new Archiving(NAME)
const server = new SftpServer(`${NAME}-sftp`)

beforeEach(async () => {
  await appliance.start()
  await server.start(`${NAME}_edge`)
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await appliance[Symbol.asyncDispose]()
})

const shipping = async () => (await readShipping(NAME))[0]
const shipped = (after: Date) =>
  waitUntil('all is there', async () => {
    const now = await shipping()
    return now?.lookedAt && now.lookedAt > after && now.waitingSince === null ? undefined : JSON.stringify(now)
  })

test('every change is at the second copy soon, after an outage too, and a lost repository comes back from there', async () => {
  const { place, tools } = appliance
  await nightlyBase(place, tools)
  await server.sh('install -d -o keeper -m 0700 /srv/copies/nas')
  const fingerprint = await server.fingerprint()
  const wanted = { name: 'nas', url: server.url('/srv/copies/nas'), labels: [], limitKiB: null }
  const asked = { ...tools, trust: async (shown: string) => shown === fingerprint, s3Keys: async () => '' }
  const { target, publicKey } = await addTarget(place, wanted, asked)
  await server.allow(publicKey ?? '')

  await ensureShipping(place, tools)
  await ensureShipping(place, tools)
  await shipped(new Date())

  await server.down()
  await appliance.sql('create table kept as select 41 n')
  await appliance.sql('select pg_switch_wal()')
  await waitUntil('the outage is said', async () => ((await shipping())?.error ? undefined : 'nothing is said'))
  expect((await shipping())?.waitingSince).toBeInstanceOf(Date)
  await server.up()
  await shipped(new Date())
  expect((await shipping())?.error).toBeNull()

  await rm(appliance.folder.pointInTime, { recursive: true })
  await tools.engine.removeContainer(appliance.postgres)
  await appliance.run()
  await fetchPointInTime(place, accessTo(NAME, target), tools)
  const { findings, window } = await checkPointInTime(place, tools)
  expect(findings.filter(({ code }) => code === 'DAMAGED' || code === 'UNREADABLE' || code === 'GAP')).toEqual([])
  expect(window).toHaveLength(1)
})
