import { mkdtempSync, rmSync, statSync } from 'node:fs'
import type { Server } from 'node:http'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '@domicile/stacks/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judgeThrown } from './judge-thrown.ts'
import { listenOn } from './listen.ts'
import { helperServer } from './server.ts'
import { type Note, type Operations, type Result, Worker } from './worker.ts'

let folder: string
let socketPath: string
let server: Server
let worker: Worker
let notes: Note[]
let holder: string | null
let alerts: number
/** Lets the operation at work end. */
let end: (result: Result | Error) => void
let stopped: AbortSignal | undefined

const work = (signal: AbortSignal) =>
  new Promise<Result>((resolve, reject) => {
    stopped = signal
    signal.addEventListener('abort', () => reject(signal.reason))
    end = (result) => (result instanceof Error ? reject(result) : resolve(result))
  })
const operations: Operations = { create: work, drill: work, check: work, 'second-copy': work }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'helper-'))
  socketPath = join(folder, 'helper.sock')
  notes = []
  holder = null
  worker = new Worker({
    ...{ operations, judge: judgeThrown, holder: () => holder, log: () => undefined },
    summary: async () => null,
    tell: async (note) => void notes.push(note),
    clock: () => new Date('2026-11-22T01:30:00Z'),
  })
  alerts = 0
  server = helperServer(worker, '1.2.3', () => {
    alerts += 1
  })
  await listenOn(server, socketPath, {})
})
afterEach(async () => {
  server.close()
  await worker.stop()
  rmSync(folder, { recursive: true })
})

function ask(path: string, body = '{}', method = 'POST'): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        resolve({ status: answer.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) })
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}

const until = async (said: () => boolean) => {
  while (!said()) await new Promise((resolve) => setImmediate(resolve))
}

test('only who owns the folder reaches it', () => {
  const { mode, uid } = statSync(socketPath)

  expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o600, uid: statSync(folder).uid })
})

test('an operation is taken on at once, and its end is told', async () => {
  const { status, body } = await ask('/v1/backup-create')
  expect({ status, body }).toEqual({ status: 202, body: { id: expect.any(String), operation: 'create' } })
  expect(notes).toEqual([])
  expect((await ask('/v1/ping')).body).toMatchObject({ version: '1.2.3', busy: { operation: 'create' } })

  end({ run: '20261122T013000Z-3f9a1c', refused: null })
  await until(() => notes.length > 0)

  expect(notes).toEqual([
    {
      ...{ operation: 'create', id: (body as { id: string }).id, run: '20261122T013000Z-3f9a1c', outcome: 'done' },
      ...{ code: null, at: '2026-11-22T01:30:00.000Z', seconds: expect.any(Number), summary: null },
    },
  ])
  await until(() => worker.busy === null)
  expect((await ask('/v1/ping')).body).toMatchObject({ busy: null })
})

test('one operation at a time, whoever has begun the other', async () => {
  await ask('/v1/backup-create')
  expect(await ask('/v1/backup-drill')).toMatchObject({ status: 409, body: { error: { code: 'BUSY' } } })
  end({ run: null, refused: null })
  await until(() => worker.busy === null)

  holder = '“backup restore” (process 17, since 2026-11-22T01:00:00Z)'
  const { status, body } = await ask('/v1/backup-drill')

  expect(status).toBe(409)
  expect(body).toMatchObject({ error: { message: expect.stringContaining('restore') } })
  holder = null
  expect((await ask('/v1/backup-drill')).status).toBe(202)
})

test('an alert is told on also while something is at work', async () => {
  await ask('/v1/backup-create')

  expect((await ask('/v1/alert')).status).toBe(202)
  expect(alerts).toBe(1)
  expect((await ask('/v1/alert', '{"url":"http://elsewhere"}')).status).toBe(400)
  expect(alerts).toBe(1)
})

const refusal = new UserError('no', { code: 'NO_ROOM', hint: 'make some' })
test.each([
  ['what does not count', { run: null, refused: 'DUMP_TOO_SMALL' }, { outcome: 'refused', code: 'DUMP_TOO_SMALL' }],
  ['a refusal', refusal, { outcome: 'refused', code: 'NO_ROOM' }],
  ['a bug', new TypeError('x is not a function'), { outcome: 'failed', code: 'UNEXPECTED' }],
  ['a code that is none', Object.assign(new Error('x'), { code: 'E\n1' }), { outcome: 'failed', code: 'UNEXPECTED' }],
])('%s is told as such, and the helper goes on', async (_, ending, told) => {
  await ask('/v1/backup-create')
  end(ending)
  await until(() => worker.busy === null)

  expect(notes).toMatchObject([told])
  expect((await ask('/v1/backup-create')).status).toBe(202)
})

test('asked to end, it stops what is at work and says so', async () => {
  await ask('/v1/backup-create')

  await worker.stop()

  expect(stopped?.aborted).toBe(true)
  expect(notes).toMatchObject([{ operation: 'create', outcome: 'failed' }])
})

test.each([
  ['another verb', '/v1/uninstall', '{}', 'POST', 400, 'HELPER_UNKNOWN_VERB'],
  ['a verb of the language', '/v1/constructor', '{}', 'POST', 400, 'HELPER_UNKNOWN_VERB'],
  ['another version', '/v2/ping', '{}', 'POST', 400, 'HELPER_UNKNOWN_VERSION'],
  ['another method', '/v1/ping', '', 'GET', 400, 'HELPER_BAD_REQUEST'],
  ['a path', '/v1/../ping', '{}', 'POST', 400, 'HELPER_BAD_REQUEST'],
  ['an argument', '/v1/backup-create', '{"kind":"final"}', 'POST', 400, 'HELPER_BAD_REQUEST'],
  ['a list', '/v1/backup-create', '[]', 'POST', 400, 'HELPER_BAD_REQUEST'],
  ['no JSON', '/v1/backup-create', 'now', 'POST', 400, 'HELPER_BAD_REQUEST'],
  ['too much', '/v1/backup-create', 'x'.repeat(65 * 1024), 'POST', 413, 'HELPER_REQUEST_TOO_LARGE'],
] as const)('%s is not carried out', async (_, path, body, method, status, code) => {
  expect(await ask(path, body, method)).toMatchObject({ status, body: { error: { code } } })
  expect(worker.busy).toBeNull()
})

test('who hangs up in the middle keeps nobody from being answered', async () => {
  for (const text of [
    '',
    'POST /v1/ping HTTP/1.1\r\n',
    'POST /v1/ping HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{',
  ]) {
    const socket = connect(socketPath)
    await new Promise<void>((resolve) => socket.end(text, resolve))
    socket.destroy()
  }

  expect((await ask('/v1/ping')).status).toBe(200)
})
