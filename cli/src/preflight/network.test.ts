import { expect, test } from 'vitest'
import { readDns, routesOf } from './network.ts'

// Little-endian, as an x86-64 or arm64 kernel prints it.
const TABLE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t0100C80A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`

test('every route is read but the default one', () => {
  expect(routesOf(TABLE)).toEqual([
    { interface: 'docker0', subnet: '172.17.0.0/16' },
    { interface: 'eth0', subnet: '192.0.2.0/24' },
    { interface: 'tun0', subnet: '10.200.0.1/32' },
  ])
})

test('a name is looked up as programs do it, and an unknown one has no addresses', async () => {
  const { signal } = new AbortController()

  expect((await readDns('localhost', signal)).addresses.join()).toMatch(/127\.0\.0\.1|::1/)
  expect(await readDns('nowhere.invalid', signal)).toEqual({ hostname: 'nowhere.invalid', addresses: [] })
})

test('a name that looks like an option is looked up as a name', async () => {
  expect(await readDns('--help', new AbortController().signal)).toEqual({ hostname: '--help', addresses: [] })
})
