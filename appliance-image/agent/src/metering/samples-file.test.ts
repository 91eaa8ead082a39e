import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ColumnsBody, type MinuteBody, readSamples, sampleLine } from '@domicile/license/ledger'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SamplesFile } from './samples-file.ts'

const DAY = '2026-11-22'
const COLUMNS: ColumnsBody = {
  day: DAY,
  levels: ['users', 'database_bytes'],
  counts: ['sessions_refused'],
  limits: { users: 10 },
}
const minute = (at: number): MinuteBody => [at, 7, 9_000_000, 0]

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'samples-'))
  path = join(folder, `${DAY}.jsonl`)
})
afterEach(() => rmSync(folder, { recursive: true }))

const opened = () => new SamplesFile(path, DAY)
/** With columns and so many minutes. */
async function filled(minutes: number): Promise<SamplesFile> {
  const file = opened()
  await file.append([COLUMNS])
  for (let at = 0; at < minutes; at++) await file.append([minute(at)])
  return file
}
const text = () => readFileSync(path, 'utf8')

describe('a file of samples', () => {
  test('says after a new start what was written before, and goes on', async () => {
    const before = await filled(3)
    const after = opened()

    expect(after.opened).toEqual({ problem: null, cut: false })
    expect([after.lines, after.head, after.minute, after.columns]).toEqual([4, before.head, 2, COLUMNS])
    await after.append([minute(3), { hour: `${DAY}T08`, counts: { sale: 3 } }])
    expect(readSamples(text(), DAY)).toMatchObject({ lines: 6, problem: null })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('knows when the database was last seen', async () => {
    const file = await filled(3)
    await file.append([[3, 7, null, 0]])

    expect([file.minute, file.knownMinute]).toEqual([3, 2])
    expect([opened().minute, opened().knownMinute]).toEqual([3, 2])
  })

  test('writes all of what belongs together, or nothing', async () => {
    const file = await filled(2)
    const before = text()

    await expect(file.append([minute(2), [3, 0.5, 0, 0]])).rejects.toThrow(RangeError)
    expect(text()).toBe(before)
    expect([file.lines, file.minute]).toEqual([3, 1])
  })

  test('that cannot be written stays as it is, and is written when it can be', async () => {
    const file = new SamplesFile(join(folder, 'later', `${DAY}.jsonl`), DAY)
    await expect(file.append([COLUMNS, minute(0)])).rejects.toThrow('ENOENT')
    expect(file.lines).toBe(0)
    mkdirSync(join(folder, 'later'))
    await file.append([COLUMNS, minute(1)])

    expect(file.readWhole()).toMatchObject({ read: { lines: 2 }, problem: null })
  })

  test.each([1, 20, 60, 80])('whose last line was cut %i bytes before its end loses that line alone', async (bytes) => {
    await filled(3)
    truncateSync(path, statSync(path).size - bytes)
    const file = opened()

    expect(file.opened).toEqual({ problem: null, cut: true })
    expect([file.lines, file.minute]).toEqual([3, 1])
    await file.append([minute(2)])
    expect(readSamples(text(), DAY)).toMatchObject({ lines: 4, problem: null })
    expect(existsSync(`${path}.broken`)).toBe(false)
  })

  test('that was changed while the agent was down says so; what holds goes on and the whole is kept', async () => {
    await filled(4)
    const changed = text().replace('[1,7,', '[1,8,')
    writeFileSync(path, changed)
    const file = opened()

    expect(file.opened.problem).toContain('line 3')
    expect(file.lines).toBe(2)
    expect(readFileSync(`${path}.broken`, 'utf8')).toBe(changed)
    await file.append([minute(4)])
    expect(readSamples(text(), DAY)).toMatchObject({ lines: 3, problem: null })
  })

  test.each([
    ['lines were cut off', (now: string) => now.split('\n').slice(0, 2).join('\n').concat('\n'), 2, '2 of its 4 lines'],
    ['something was written behind them', (now: string) => `${now}x\n`, 4, 'changed while the agent ran'],
    [
      'lines were added that follow rightly',
      (now: string) => now + sampleLine(now.trim().split('\n').at(-1)?.slice(0, 64) ?? '', minute(9)).text,
      4,
      'changed while the agent ran',
    ],
  ])('sees while the agent runs that %s', async (_, change, left, problem) => {
    const file = await filled(3)
    writeFileSync(path, change(text()))

    expect(file.mend()).toContain(problem)
    expect(file.lines).toBe(left)
    expect(file.mend()).toBeNull()
    await file.append([minute(10)])
    expect(readSamples(text(), DAY)).toMatchObject({ lines: left + 1, problem: null })
  })

  test('that was changed without another size is found out when it is read', async () => {
    const file = await filled(3)
    writeFileSync(path, text().replace('[1,7,', '[1,8,'))
    expect(file.mend()).toBeNull()

    expect(file.readWhole().problem).toContain('line 3')
    expect(file.readWhole()).toMatchObject({ problem: null, read: { lines: 2, problem: null } })
  })

  test('that was written anew with a chain that holds is found out when it is read', async () => {
    const file = await filled(1)
    const columns = sampleLine('0'.repeat(64), COLUMNS)
    writeFileSync(path, columns.text + sampleLine(columns.hash, [0, 8, 9_000_000, 0]).text)

    expect(file.readWhole().problem).toContain('not what was written')
    expect(file.readWhole().problem).toBeNull()
  })
})

describe('a process that is killed while it appends', () => {
  const ROUNDS = 25
  const program = `
    import { SamplesFile } from ${JSON.stringify(join(import.meta.dirname, 'samples-file.ts'))}
    const [, , path, day] = process.argv
    const file = new SamplesFile(path, day)
    if (!file.columns) await file.append([{ day, levels: ['users'], counts: [], limits: {} }])
    process.stdout.write(JSON.stringify({ ...file.opened, lines: file.lines }) + '\\n')
    for (let next = file.minute + 1; ; next++) {
      const at = Math.min(1439, next)
      await file.append([[at, at]])
      // Said after it is on the disk: it must be there.
      process.stdout.write(file.lines + '\\n')
    }`

  test(`loses nothing that was said to be written, ${ROUNDS} times`, { timeout: 60_000 }, async () => {
    const appending = join(folder, 'append.mjs')
    // In one file it begins at once: most of the time would go into reading its parts.
    const stdin = { contents: program, loader: 'ts', resolveDir: import.meta.dirname } as const
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: appending, logLevel: 'error' })
    let promised = 0
    for (let round = 0; round < ROUNDS; round++) {
      const writer: ChildProcess = spawn(process.execPath, [appending, path, DAY], { stdio: 'pipe' })
      let said = ''
      writer.stdout?.on('data', (chunk) => {
        said += chunk
      })
      let complaints = ''
      writer.stderr?.on('data', (chunk) => {
        complaints += chunk
      })
      while (!said.includes('\n') && writer.exitCode === null) await sleep(2)
      await sleep(Math.random() * 30)
      writer.kill('SIGKILL')
      await once(writer, 'close')
      const [first, ...numbers] = said.split('\n').slice(0, -1)
      expect(complaints).toBe('')
      expect(JSON.parse(first ?? '')).toMatchObject({ problem: null })
      expect(JSON.parse(first ?? '').lines).toBeGreaterThanOrEqual(promised)
      promised = Number(numbers.at(-1) ?? JSON.parse(first ?? '').lines)
    }
    const file = opened()
    expect(file.opened.problem).toBeNull()
    expect(file.lines).toBeGreaterThanOrEqual(promised)
    expect(promised).toBeGreaterThan(ROUNDS)
    // As a power cut might leave it.
    appendFileSync(path, text().slice(0, 40))
    expect(opened().opened).toEqual({ problem: null, cut: true })
  })
})
