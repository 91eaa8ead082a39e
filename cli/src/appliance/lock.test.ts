import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeLock } from './lock.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
  path = join(folder, 'a.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A process that takes the lock and says `taken`, or why not; it ends when its input does. */
const other = () =>
  execa(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `
    const { takeLock } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))})
    try { takeLock(${JSON.stringify(path)}, 'other'); console.log('taken') } catch (error) { console.log(error.code) }
    process.stdin.resume()`,
    ],
    { reject: false },
  )

/** Its first word. */
const said = async ({ stdout }: ReturnType<typeof other>) => String((await stdout.take(1).toArray())[0]).trim()

test('a lock names its holder and keeps others out', () => {
  takeLock(path, 'install')

  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, operation: 'install' })
  expect(() => takeLock(path, 'apply')).toThrow(`“install” (process ${process.pid}`)
  expect(readdirSync(folder)).toEqual(['a.lock'])
})

test('the lock of a process that was killed is nobody’s', async () => {
  const holder = other()
  expect(await said(holder)).toBe('taken')
  expect(() => takeLock(path, 'apply')).toThrow('“other”')

  holder.kill('SIGKILL')
  await holder

  takeLock(path, 'apply')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ operation: 'apply' })
})

test.each([
  ['nothing', ''],
  ['garbage', '\u0000{'],
  ['a process of another boot', '{"pid":1,"startTicks":"1","bootId":"other"}'],
  ['a process without a start', '{"pid":99999999,"bootId":"BOOT"}'],
])('a lock that holds %s is nobody’s', (_, content) => {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  writeFileSync(path, content.replace('BOOT', boot))

  takeLock(path, 'install')

  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid })
})

test('of many who find a dead one’s lock, one gets it', async () => {
  writeFileSync(path, '')
  const all = Array.from({ length: 6 }, other)

  const answers = await Promise.all(all.map(said))

  for (const each of all) each.stdin.end()
  expect(answers.toSorted()).toEqual([...Array(5).fill('LOCKED'), 'taken'])
  expect(existsSync(path)).toBe(true)
})
