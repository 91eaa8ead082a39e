import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { collide, listenersOf, readPort } from './ports.ts'

const servers: Server[] = []

async function listenOn(host: string): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]()))
})

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 20011 1 0000000000000000 100
   1: 0100007F:0CEB 0100007F:1F90 01 00000000:00000000 00:00000000 00000000   999        0 20012 1 0000000000000000 100
   2: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20013 1 0000000000000000 100
`

const TABLE6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000001000000:0CEA 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 30011 1
   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 30012 1
   2: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 30013 1
`

test('listening sockets are read from the kernel’s tables, connections are not', () => {
  expect(listenersOf(TABLE)).toEqual([
    { address: '127.0.0.1', port: 3306, inode: '20011' },
    { address: '0.0.0.0', port: 443, inode: '20013' },
  ])
  expect(listenersOf(TABLE6)).toEqual([
    { address: '::1', port: 3306, inode: '30011' },
    { address: '::', port: 80, inode: '30012' },
    { address: '127.0.0.1', port: 8080, inode: '30013' },
  ])
})

test.each([
  [undefined, '127.0.0.1', true],
  ['0.0.0.0', '192.168.7.20', true],
  ['192.168.7.20', '0.0.0.0', true],
  ['192.168.7.20', '::', true],
  ['192.168.7.20', '192.168.7.20', true],
  ['192.168.7.20', '192.168.7.21', false],
  ['2001:db8::7', '0.0.0.0', false],
])('%s beside a program on %s: collision %s', (address, listener, expected) => {
  expect(collide(address, listener)).toBe(expected)
})

test('a taken port names the program that holds it', async () => {
  const port = await listenOn('127.0.0.1')

  expect(readPort(port, undefined, [])).toEqual({
    port,
    holders: [{ address: '127.0.0.1', process: expect.any(String), pid: process.pid }],
  })
})

test('a port taken on one address is free on another', async () => {
  const port = await listenOn('127.0.0.1')

  expect(readPort(port, '127.0.0.2', []).holders).toEqual([])
  expect(readPort(port, '127.0.0.1', []).holders).toHaveLength(1)
})

test('the container behind a listening socket is named, and so is one that takes packets without a socket', async () => {
  const port = await listenOn('0.0.0.0')
  const published = [{ container: 'shop-nginx', address: '0.0.0.0', port }]

  expect(readPort(port, undefined, published).holders).toMatchObject([{ pid: process.pid, container: 'shop-nginx' }])
  expect(readPort(1, undefined, [{ container: 'bare', address: '::', port: 1 }]).holders).toEqual([
    { address: '::', container: 'bare' },
  ])
})
