import { expect, test } from 'vitest'
import { answerOf } from './engine.ts'

const VERSION = { Version: '20.10.24', ApiVersion: '1.41', Components: [{ Name: 'Engine' }, { Name: 'containerd' }] }

const BRIDGE = {
  Id: '063cd7e19206b968e52ff1a073131c842b5b467572abe5980d93a091955770c8',
  Name: 'bridge',
  Driver: 'bridge',
  IPAM: { Config: [{ Subnet: '172.17.0.0/16' }] },
  Options: { 'com.docker.network.bridge.name': 'docker0' },
}

const answer = (info: object, networks: object[] = [], containers: object[] = []) =>
  answerOf(VERSION, info, networks, containers)

test('an engine of 2020 is understood although it leaves out what came later', () => {
  const info = {
    Driver: 'overlay2',
    DriverStatus: [
      ['Backing Filesystem', 'xfs'],
      ['Supports d_type', 'false'],
    ],
    SecurityOptions: ['name=seccomp,profile=default'],
  }

  expect(answer(info)).toMatchObject({
    ...{ product: 'Docker', version: '20.10.24', backingFileSystem: 'xfs', supportsDType: false },
    ...{ containerdSnapshotter: false, firewallBackend: 'iptables', securityOptions: ['seccomp'], liveRestore: false },
  })
})

test('images in containerd’s store and rules in nftables are noticed', () => {
  const info = {
    Driver: 'overlayfs',
    DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
    FirewallBackend: { Driver: 'nftables' },
  }

  expect(answer(info)).toMatchObject({
    containerdSnapshotter: true,
    supportsDType: undefined,
    firewallBackend: 'nftables',
  })
})

test('mapped users, rootless engines and SELinux are read from the security options', () => {
  const info = { SecurityOptions: ['name=selinux', 'name=userns', 'name=rootless'] }

  expect(answer(info)).toMatchObject({
    securityOptions: ['selinux', 'userns', 'rootless'],
    usernsRemap: true,
    rootless: true,
  })
  expect(answer({ SecurityOptions: null })).toMatchObject({ usernsRemap: false, rootless: false })
})

test('networks keep their bridge and IPv4 ranges; those with none, and those of the office, are left out', () => {
  const office = { ...BRIDGE, Name: 'office', Driver: 'macvlan' }
  const host = { Id: '1', Name: 'host', Driver: 'host', IPAM: { Config: null }, Options: null }
  const own = {
    ...{ Id: 'd852473211f0aaaaaaaa', Name: 'erp', Driver: 'bridge', Options: {} },
    IPAM: { Config: [{ Subnet: 'fd00::/64' }, { Subnet: '10.201.0.0/24' }] },
  }

  expect(answer({}, [BRIDGE, office, host, own]).networks).toEqual([
    { name: 'bridge', interface: 'docker0', subnets: ['172.17.0.0/16'] },
    { name: 'erp', interface: 'br-d852473211f0', subnets: ['10.201.0.0/24'] },
  ])
})

test('published TCP ports are kept with the container’s name', () => {
  const container = {
    Names: ['/shop-nginx'],
    Ports: [
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      { IP: '0.0.0.0', PrivatePort: 53, PublicPort: 53, Type: 'udp' },
      { PrivatePort: 9000, Type: 'tcp' },
    ],
  }

  expect(answer({}, [], [container]).publishedPorts).toEqual([
    { container: 'shop-nginx', address: '0.0.0.0', port: 8080 },
  ])
})
