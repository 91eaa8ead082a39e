import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import { diskBytes, gatewayTraffic, loadSinceAsked, sentSince, ticksOf, trafficIn } from './machine.ts'
import { countsOf, PendingCounts } from './pending-counts.ts'

describe('the load', () => {
  const stat = (busy: number, idle: number) => `cpu  ${busy} 0 0 ${idle} 0 0 0 0 0 0\ncpu0 1 2 3 4\n`

  test('is that of all processors since it was asked before', () => {
    const texts = [stat(100, 100), stat(150, 250), stat(150, 350), stat(250, 350)]
    const load = loadSinceAsked(() => texts.shift() ?? '')

    expect([load(), load(), load(), load()]).toEqual([25, 0, 100, null])
  })

  test('of this machine is a percentage', () => {
    expect(ticksOf(stat(1, 2))).toEqual({ busy: 1, all: 3 })
    expect(loadSinceAsked()() ?? 0).toBeLessThanOrEqual(100)
  })

  test('is not known where the system does not say', () => {
    expect(ticksOf('')).toBeNull()
    expect(ticksOf('cpu x y z')).toBeNull()
    const load = loadSinceAsked(() => {
      throw new Error('no /proc')
    })
    expect(load()).toBeNull()
  })
})

test('what is used of a disk is known, or not', async () => {
  expect(await diskBytes(tmpdir())).toBeGreaterThan(1_000_000)
  expect(await diskBytes('/nowhere')).toBeNull()
})

describe('what the gateway sent', () => {
  let server: Server | undefined
  afterEach(() => void server?.close())
  const gateway = async (answer: RequestListener) => {
    const started = createServer(answer)
    server = started
    await new Promise<void>((resolve) => void started.listen(0, '127.0.0.1', resolve))
    return gatewayTraffic({ host: '127.0.0.1', port: (started.address() as AddressInfo).port })
  }

  test('is what it says on its path', async () => {
    const paths: string[] = []
    const traffic = await gateway((request, response) => {
      paths.push(request.url ?? '')
      response.end('6f1c 123456\n')
    })

    expect(traffic).toEqual({ counter: '6f1c', bytes: 123456 })
    expect(paths).toEqual(['/__domicile/traffic'])
  })

  test.each<[string, RequestListener]>([
    ['another status', (_, response) => void response.writeHead(404).end('a 1')],
    ['another text', (_, response) => void response.end('<html>')],
    ['a text without end', (_, response) => void setInterval(() => response.write('a'.repeat(1000)), 1).unref()],
    [
      'with half of it',
      (request, response) => {
        response.writeHead(200, { 'content-length': 20 }).write('6f1c 123')
        setTimeout(() => request.socket.destroy(), 20)
      },
    ],
    ['nothing', (request) => void request.socket.destroy()],
  ])('is not known when it answers %s', async (_, answer) => {
    expect(await gateway(answer)).toBeNull()
  })

  test('is read strictly', () => {
    expect(trafficIn('a 1')).toEqual({ counter: 'a', bytes: 1 })
    for (const text of ['', 'a', 'a -1', 'a 1.5', 'a 1 2', `a ${'9'.repeat(20)}`]) expect(trafficIn(text)).toBeNull()
  })

  test('since then is the difference, and all of it after the counter began anew', () => {
    const at = (counter: string, bytes: number) => ({ counter, bytes })
    expect(sentSince(at('a', 100), at('a', 150))).toBe(50)
    expect(sentSince(at('a', 100), at('b', 30))).toBe(30)
    expect(sentSince(null, at('a', 30))).toBeNull()
  })

  test('while it did not answer is counted when it does again', () => {
    const pending = new PendingCounts()
    const taken = () => countsOf(pending.take(), ['transfer_bytes', 'sessions_over'])
    pending.heed({ counter: 'a', bytes: 100 })
    expect(taken()).toEqual([null, 0])
    pending.heed(null)
    pending.heed({ counter: 'a', bytes: 180 })
    expect(taken()).toEqual([80, 0])
    pending.heed(null)
    expect(taken()).toEqual([null, 0])
    pending.heed({ counter: 'a', bytes: 180 })
    expect(taken()).toEqual([0, 0])
  })
})
