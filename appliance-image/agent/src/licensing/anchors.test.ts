import { randomUUID } from 'node:crypto'
import { cpSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Chain, verifyRequest } from '@domicile/license/document'
import { readRecord } from '@domicile/license/record'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judging } from './judging.ts'
import { LicenceKeeper, NO_USAGE } from './licence-keeper.ts'
import { licence, signed, stamped, VENDOR_KEYS } from './vendor.fixture.ts'

let home: string
let now: Date
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'anchors-'))
  now = new Date('2026-11-22T09:00:00Z')
})
afterEach(() => rm(home, { recursive: true }))

/** As after a start of the agent on what is in a folder. */
async function started(folder = 'original'): Promise<LicenceKeeper> {
  const options = { folder: join(home, folder), product: { name: 'erp', version: '7.0.30' }, vendorKeys: VENDOR_KEYS }
  const ran = () => now.getTime() / 1000
  const keeper = new LicenceKeeper(options, { judge: judging, wall: () => now, ran, log: () => undefined })
  await keeper.load()
  return keeper
}

const copy = (from: string, to: string) => cpSync(join(home, from), join(home, to), { recursive: true })
const chainSent = async (keeper: LicenceKeeper): Promise<Chain> =>
  verifyRequest(await keeper.request({ purpose: 'production' }, NO_USAGE), now).claims.chain
const counterSigned = ({ genesis, length, head }: Chain, installation: string) =>
  signed('anchor', { ...stamped(now), installation, genesis, length, head, with: 'request' })
const putBack = (folder: string) =>
  readRecord(readFileSync(join(home, folder, 'record.jsonl'), 'utf8')).lines.filter(
    ({ kind, data }) => kind === 'tampered' && data['code'] === 'RECORD_PUT_BACK',
  )

test('what the vendor counter-signed and is in the record is kept without a word', async () => {
  const keeper = await started()
  const anchor = counterSigned(await chainSent(keeper), keeper.status().installation)

  expect(await keeper.take(anchor, false, NO_USAGE)).toMatchObject([{ document: 'anchor', changed: true }])
  expect(await keeper.take(anchor, false, NO_USAGE)).toMatchObject([{ changed: false }])
  expect(keeper.findings).toEqual([])
  expect((await started()).findings).toEqual([])
})

test('one of another installation is refused', async () => {
  const keeper = await started()
  const anchor = counterSigned(await chainSent(keeper), randomUUID())

  await expect(keeper.take(anchor, false, NO_USAGE)).rejects.toMatchObject({ code: 'INSTALLATION_OTHER', hint: /./ })
})

test('a folder that was put back to an earlier state is told from what was counter-signed since; nobody’s work stops', async () => {
  const keeper = await started()
  await keeper.take(licence(now, 1), false, NO_USAGE)
  copy('original', 'earlier')
  const anchor = counterSigned(await chainSent(keeper), keeper.status().installation)

  const restored = await started('earlier')
  await restored.take(anchor, false, NO_USAGE)
  expect(restored.findings).toMatchObject([{ code: 'RECORD_PUT_BACK', message: /line 5 .* earlier state/ }])
  expect(restored.standing.state).toBe('good')
})

test('a copy that went on by itself is told from it as well, however long it became', async () => {
  const keeper = await started()
  copy('original', 'copy')
  const anchor = counterSigned(await chainSent(keeper), keeper.status().installation)
  now = new Date(now.getTime() + 60_000)
  const clone = await started('copy')
  for (let count = 0; count < 5; count++) await chainSent(clone)

  await clone.take(anchor, false, NO_USAGE)
  expect(clone.findings).toMatchObject([{ code: 'RECORD_PUT_BACK' }])
})

test('that a record was put back is said after each start, and written down once', async () => {
  const keeper = await started()
  copy('original', 'earlier')
  const anchor = counterSigned(await chainSent(keeper), keeper.status().installation)
  await (await started('earlier')).take(anchor, false, NO_USAGE)

  for (let start = 0; start < 3; start++) {
    const restored = await started('earlier')
    await restored.evaluate(NO_USAGE)
    expect(restored.findings).toMatchObject([{ code: 'RECORD_PUT_BACK' }])
  }
  expect(putBack('earlier')).toHaveLength(1)
})
