import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ExitCode, type UserError } from '../kernel/index.ts'
import type { Step } from '../plan/index.ts'
import { type Entry, Journal, unfinished } from './journal.ts'
import { type Handlers, runOperation, type Tools } from './operation.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'operation-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const step = (volume: string): Step => ({
  id: volume,
  title: `make ${volume}`,
  action: { kind: 'volume', volume, key: volume, appliance: 'a' },
})

/** A world of volumes whose handler writes a diary; `failAt` makes one of them fail, `stuckAt` one that cannot be undone. */
function world({
  there = [],
  failAt,
  stuckAt,
  signal = new AbortController().signal,
}: {
  there?: string[]
  failAt?: string
  stuckAt?: string
  signal?: AbortSignal
} = {}) {
  const volumes = new Set(there)
  const diary: string[] = []
  const volume: Handlers['volume'] = {
    look: async ({ volume: name }) => ({ existed: volumes.has(name) }),
    run: async ({ volume: name }) => {
      if (name === failAt) throw new Error('no room')
      diary.push(`do ${name}`)
      volumes.add(name)
    },
    undo: async ({ volume: name }, before) => {
      if (name === stuckAt) throw new Error('busy')
      diary.push(`undo ${name}`)
      if (!(before as { existed: boolean }).existed) volumes.delete(name)
    },
  }
  const tools: Tools = {
    journal: new Journal(join(folder, 'journal.jsonl')),
    handlers: { volume } as Handlers,
    stage: { show: (_, work) => work(() => undefined), undoing: () => undefined },
    signal,
    now: () => new Date(0),
  }
  return { tools, volumes, diary }
}

const install = (steps: Step[], undo = true) => ({ name: 'install' as const, subject: 'x 1', steps, undo })

test('runs the steps in order and closes the journal', async () => {
  const { tools, diary } = world()

  await runOperation(install([step('a'), step('b')]), tools)

  expect(diary).toEqual(['do a', 'do b'])
  expect(unfinished(tools.journal.read())).toBeUndefined()
})

test('a failure undoes the failed step and every earlier one, newest first', async () => {
  const { tools, diary } = world({ failAt: 'c' })

  const error = await runOperation(install([step('a'), step('b'), step('c'), step('d')]), tools).catch(
    (thrown) => thrown,
  )

  expect(error).toMatchObject({ code: 'ROLLED_BACK', exitCode: ExitCode.RolledBack })
  expect(error.message).toContain('no room')
  expect(diary).toEqual(['do a', 'do b', 'undo c', 'undo b', 'undo a'])
})

test('what was there before the operation is there after its undo', async () => {
  const { tools, volumes } = world({ there: ['a'], failAt: 'c' })

  await runOperation(install([step('a'), step('b'), step('c')]), tools).catch(() => undefined)

  expect([...volumes]).toEqual(['a'])
})

test('what cannot be undone is named, and the operation stays open', async () => {
  const { tools } = world({ failAt: 'b', stuckAt: 'a' })

  const error: UserError = await runOperation(install([step('a'), step('b')]), tools).catch((thrown) => thrown)

  expect(error.exitCode).toBe(ExitCode.NeedsPerson)
  expect(error.message).toContain('make a: busy')
  expect(unfinished(tools.journal.read())?.operation).toBe('install')
})

test('a resumed operation remembers what was there before its first run', async () => {
  const first = world()
  const { journal } = first.tools
  journal.write({ event: 'begin', operation: 'install', id: '1', at: '', subject: 'x 1' })
  journal.write({ event: 'start', step: 'a', at: '', before: { existed: false } })
  // Killed here; the volume was made but nobody could write that down.
  const second = world({ there: ['a'], failAt: 'b' })

  await runOperation(install([step('a'), step('b')]), second.tools).catch(() => undefined)

  expect([...second.volumes]).toEqual([])
})

test('an interrupt stops between two steps, undoes nothing and can be resumed', async () => {
  const interrupt = new AbortController()
  const { tools, diary } = world({ signal: interrupt.signal })
  const steps = [step('a'), step('b')]
  tools.stage.show = async (_, work) => {
    await work(() => undefined)
    interrupt.abort()
  }

  const error = await runOperation(install(steps), tools).catch((thrown) => thrown)
  const resumed = world()
  await runOperation(install(steps), resumed.tools)

  expect(error).toMatchObject({ exitCode: ExitCode.Interrupted })
  expect(diary).toEqual(['do a'])
  expect(resumed.diary).toEqual(['do a', 'do b'])
})

test('an operation on a running appliance is left where it failed, with its own error', async () => {
  const { tools, diary } = world({ failAt: 'b' })

  await expect(runOperation(install([step('a'), step('b')], false), tools)).rejects.toThrow('no room')

  expect(diary).toEqual(['do a'])
})

test('a line cut by a power failure is ignored when it is the last, and refused elsewhere', () => {
  const { journal } = world().tools
  journal.write({ event: 'begin', operation: 'install', id: '1', at: '', subject: 'x' })
  const path = journal.path
  appendFileSync(path, '{"event":"sta')

  expect(journal.read()).toHaveLength(1)
  appendFileSync(path, '\n{"event":"end","at":"","result":"done"}\n')
  expect(() => journal.read()).toThrow()
})

test('a disk that is too full for the journal does not keep a failed installation from being undone', async () => {
  const { tools, volumes } = world({ failAt: 'b' })
  class FullOnTheWayBack extends Journal {
    override write(entry: Entry): void {
      if (!['begin', 'start', 'done'].includes(entry.event)) throw new Error('ENOSPC')
      super.write(entry)
    }
  }
  const full = { ...tools, journal: new FullOnTheWayBack(tools.journal.path) }

  await expect(runOperation(install([step('a'), step('b')]), full)).rejects.toMatchObject({
    code: 'ROLLED_BACK',
    exitCode: ExitCode.RolledBack,
  })
  expect([...volumes]).toEqual([])
})
