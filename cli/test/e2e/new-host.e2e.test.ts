import { keyLines } from '@domicile/backup/keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Customer, newCustomer, RELEASE, VENDOR_KEY } from '../support/customer.ts'
import { installGuestbook, page, sign, siteOf } from '../support/guestbook.ts'
import { SftpServer } from '../support/sftp-server.ts'

type Host = Customer & AsyncDisposable

const server = new SftpServer(`e2e-new-host-sftp-${process.pid}`)
let lost: Host
let fresh: Host
/** What is in the safe when the server is gone. */
let sheet = ''
let run = ''
let installation = ''

const SHEET = '/root/sheet.txt'
const LINE = /^\s+C2 .*$/m

beforeAll(async () => {
  ;[lost, fresh] = await Promise.all([newCustomer('lost'), newCustomer('fresh', { stacks: ['guestbook', 'desk'] })])
  await server.start('bridge')
  const site = await installGuestbook(lost)
  await sign(site, 'before the loss')
  const { publicKey } = await lost.must([
    ...['backup', 'target', 'add', 'nas', server.url('/srv/copies/guestbook')],
    ...['--host-key', await server.fingerprint()],
  ])
  await server.allow(publicKey)
  run = (await lost.must(['backup', 'create'])).snapshot.run
  await lost.must(['backup', 'target', 'copy'])
  await lost.must(['backup', 'keys', 'export', '--to', SHEET])
  sheet = await lost.host.readFile(SHEET)
  installation = (await lost.must(['license', 'show'])).installation
  await sign(site, 'after the last copy')
  await lost[Symbol.asyncDispose]()
})
afterAll(async () => {
  await fresh[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const writeSheet = (text: string) => fresh.host.must('sh', ['-c', `umask 077; cat > ${SHEET}`], { input: text })
const words = (...more: string[]) => [
  ...['restore', '--to-new-host', '--sheet', SHEET, '--release', RELEASE('guestbook'), '--vendor-key', VENDOR_KEY],
  ...['--yes', '--accept', 'disk-latency=a test machine', ...more],
]
const there = () => fresh.host.run('ls', ['/etc/domicile', '/var/lib/domicile/guestbook/state.json'])

test('a line that was mistyped is named, and nothing is made', async () => {
  await writeSheet(sheet.replace(LINE, (line) => line.replace(/C2 {2}\S\S/, 'C2  zz')))

  const { exitCode, document } = await fresh.json(words())

  expect(exitCode).toBe(2)
  expect(document.error).toMatchObject({ code: 'SHEET_LINE_WRONG', message: expect.stringContaining('C2') })
  expect((await fresh.host.run('ls', ['/var/lib/domicile'])).stdout).toBe('')
})

test('a server that does not know this host says which key it must be given, and the key stays the same', async () => {
  await writeSheet(sheet)

  const [first, second] = [await fresh.json(words()), await fresh.json(words())]

  const [key = ''] = /ssh-ed25519 \S+/.exec(first.document.error.hint) ?? []
  expect(first.document.error.code).toBe('SECOND_COPY_NO_ACCESS')
  expect(second.document.error.hint).toContain(key)
  await server.allow(key)
})

test('the release file of another product is refused before anything is brought', async () => {
  const other = words().map((word) => (word === RELEASE('guestbook') ? RELEASE('desk') : word))

  const { exitCode, document } = await fresh.json([...other, '--name', 'guestbook'])

  expect(exitCode).toBe(3)
  expect(document.error.code).toBe('RELEASE_OTHER')
  expect((await there()).stdout).toBe('')
})

test('the sheet of another installation opens nothing', async () => {
  await writeSheet(sheetOfAnother())

  const { exitCode, document } = await fresh.json(words())

  expect(exitCode).toBe(4)
  expect(document.error.code).toBe('SHEET_OTHER')
})

test('killed in the middle it goes on, and everything of the last copy is there under the same identity', async () => {
  await writeSheet(sheet)
  // Halfway: without a kill it takes twice as long on an idle machine, and longer on a busy one.
  expect((await fresh.host.run('timeout', ['--signal=KILL', '6', 'domicile', ...words()])).exitCode).toBe(137)

  const { changed, ...arrived } = await fresh.must(words())

  expect(arrived).toMatchObject({ run, name: 'guestbook', seconds: expect.any(Number) })
  expect(changed).toBe(true)
  const site = await siteOf(fresh)
  const shown = await page(site)
  expect(shown).toContain('before the loss')
  expect(shown).not.toContain('after the last copy')
  expect(await fresh.must(['status'])).toMatchObject({ healthy: true })
  expect((await fresh.must(['license', 'show'])).installation).toBe(installation)
  expect((await fresh.domicile(['audit-trail', 'verify'])).exitCode).toBe(0)
})

test('backups go on from there: the next one is copied to the same place', async () => {
  const site = await siteOf(fresh)
  await sign(site, 'on the new host')
  const made = await fresh.must(['backup', 'create'])
  await fresh.must(['backup', 'target', 'copy'])

  expect((await fresh.must(['backup', 'target', 'list'])).items).toMatchObject([
    { name: 'nas', last: { run: made.snapshot.run }, error: null },
  ])
})

test('a host that has the appliance is not brought another one', async () => {
  const { exitCode, document } = await fresh.json(words())

  expect(exitCode).toBe(3)
  expect(document.error.code).toBe('NEW_HOST_TAKEN')
})

/** Whole and right in itself, of the same place, and with other keys. */
const sheetOfAnother = () =>
  sheet.replaceAll(/^\s+([AC])([1-4]) .*$/gm, (_, letter: string, number: string) => {
    const line = keyLines(letter, 'aBcDeFgHjKmNpQrStUvWxYz23456789abcdefghjkmn')[Number(number) - 1]
    return `${line?.label} ${line?.characters} ${line?.word}`
  })
