import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Alert, sendAlert } from './alert.ts'

const ALERT: Alert = {
  ...{ appliance: 'erp', at: '2026-11-22T08:00:00.000Z', state: 'failing', codes: ['PROOF_LATE'] },
  ...{ lastSnapshot: '2026-11-22T01:30:00.000Z', lastProof: null },
}

let server: Server
let url: string
let received: unknown[]
/** What it answers, one after the other; then 204. */
let answers: number[]

beforeEach(async () => {
  received = []
  answers = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push(JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(answers.shift() ?? 204, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const send = () => sendAlert(url, ALERT, new AbortController().signal, [0, 0, 0])

test('it is sent once, as JSON', async () => {
  await send()

  expect(received).toEqual([ALERT])
})

test('it is tried again when it was not taken', async () => {
  answers = [500, 503]
  await send()

  expect(received).toHaveLength(3)
})

test('who never takes it is given up', async () => {
  answers = [500, 500, 500, 500]

  await expect(send()).rejects.toThrow('500')
  expect(received).toHaveLength(3)
})

test('nobody is followed elsewhere', async () => {
  answers = [307, 307, 307]

  await expect(send()).rejects.toThrow()
  expect(received).toHaveLength(3)
})
