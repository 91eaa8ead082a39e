import type { EngineAnswer, HostFacts } from './facts.ts'
import type { Requirements, Wanted } from './verdict.ts'

const GIB = 2 ** 30

export const REQUIREMENTS: Requirements = {
  cpu: 2,
  memoryBytes: 2 * GIB,
  diskBytes: 20 * GIB,
  arch: ['amd64'],
  extractedBytes: GIB,
}

export const WANTED: Wanted = { name: 'erp', hostname: 'erp.example.org', ports: { http: 80, https: 443 } }

export const ANSWER: EngineAnswer = {
  product: 'Docker',
  version: '28.3.0',
  apiVersion: '1.51',
  storageDriver: 'overlay2',
  containerdSnapshotter: false,
  backingFileSystem: 'extfs',
  supportsDType: true,
  cgroupDriver: 'systemd',
  rootDir: '/var/lib/docker',
  usernsRemap: false,
  rootless: false,
  liveRestore: false,
  loggingDriver: 'json-file',
  securityOptions: ['apparmor', 'seccomp'],
  memoryLimit: true,
  pidsLimit: true,
  firewallBackend: 'iptables',
  networks: [{ name: 'bridge', interface: 'docker0', subnets: ['172.17.0.0/16'] }],
  publishedPorts: [],
}

const DISK = {
  measuredAt: '/var/lib',
  device: 1,
  totalBytes: 100 * GIB,
  freeBytes: 50 * GIB,
  totalInodes: 6_000_000,
  freeInodes: 5_000_000,
  mountOptions: ['rw', 'relatime'],
}

/** A plain Debian server on which everything passes. */
export const HEALTHY: HostFacts = {
  cpuCount: 4,
  cpuLevel: 3,
  architecture: 'amd64',
  memory: { totalBytes: 8 * GIB, availableBytes: 6 * GIB, swapBytes: GIB },
  kernel: '6.12.41+deb13-amd64',
  cgroups: { version: 2, controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'] },
  hostname: 'server1',
  virtualization: { kind: 'vm', name: 'KVM' },
  timeSync: { synchronized: true, source: 'timedatectl' },
  mandatoryAccessControl: { apparmor: true, apparmorParser: true, selinux: 'off' },
  systemd: { running: true, engineAtBoot: true },
  engineDisk: { path: '/var/lib/docker', ...DISK },
  dataDisk: { path: '/var/lib/domicile', ...DISK },
  diskLatency: { p99Ms: 1.5, writes: 200, measuredAt: '/var/lib', onDataDisk: true },
  engine: { binary: '/usr/bin/dockerd', socket: true, snap: false, denied: false, answer: ANSWER },
  ports: { http: { port: 80, holders: [] }, https: { port: 443, holders: [] } },
  network: {
    routes: [
      { interface: 'eth0', subnet: '192.168.7.0/24' },
      { interface: 'docker0', subnet: '172.17.0.0/16' },
    ],
    addresses: [
      { interface: 'lo', address: '127.0.0.1', cidr: '127.0.0.1/8' },
      { interface: 'eth0', address: '192.168.7.20', cidr: '192.168.7.20/24' },
      { interface: 'docker0', address: '172.17.0.1', cidr: '172.17.0.1/16' },
    ],
  },
  dns: { hostname: 'erp.example.org', addresses: ['192.168.7.20'] },
  firewall: {
    ufw: false,
    firewalld: false,
    iptables: { policy: 'DROP', rules: ['-A FORWARD -j DOCKER-USER', '-A FORWARD -j DOCKER-FORWARD'], dockerUser: [] },
    nftables: [],
  },
  forwarding: { ipForward: true, bridgeNetfilter: true },
  appliances: [],
}
