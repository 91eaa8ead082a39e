/** Why a fact could not be learned. An unknown is never taken for good news. */
export interface Unknown {
  readonly unknown: string
}

export type Fact<T> = T | Unknown

export const isUnknown = (fact: unknown): fact is Unknown =>
  typeof fact === 'object' && fact !== null && 'unknown' in fact

/** What preflight learned about a host. Every entry was read on its own: one that failed leaves the others intact. */
export interface HostFacts {
  readonly cpuCount: Fact<number>
  /** 1 to 4 for x86-64-v1 to v4. */
  readonly cpuLevel: Fact<number>
  /** `amd64`, `arm64`, or the kernel's own name for anything else. */
  readonly architecture: Fact<string>
  readonly memory: Fact<Memory>
  readonly kernel: Fact<string>
  readonly cgroups: Fact<Cgroups>
  readonly hostname: Fact<string>
  readonly virtualization: Fact<Virtualization>
  readonly timeSync: Fact<TimeSync>
  readonly mandatoryAccessControl: Fact<MandatoryAccessControl>
  readonly systemd: Fact<Systemd>
  /** The file system under Docker's data root. */
  readonly engineDisk: Fact<Disk>
  /** The file system under the folder of the appliances. */
  readonly dataDisk: Fact<Disk>
  readonly diskLatency: Fact<DiskLatency>
  readonly engine: Engine
  readonly ports: { readonly http: Fact<PortUse>; readonly https: Fact<PortUse> }
  readonly network: Fact<Network>
  /** Absent when no host name was asked about. */
  readonly dns?: Fact<Dns>
  readonly firewall: Firewall
  readonly forwarding: Fact<Forwarding>
  readonly appliances: Fact<readonly ExistingAppliance[]>
}

export interface Memory {
  readonly totalBytes: number
  readonly availableBytes: number
  readonly swapBytes: number
}

export interface Cgroups {
  readonly version: 1 | 2
  readonly controllers: readonly string[]
}

export interface Virtualization {
  readonly kind: 'none' | 'vm' | 'container'
  /** As the host names itself: `KVM`, `VMware`, `lxc`, `docker`. */
  readonly name: string
}

export interface TimeSync {
  readonly synchronized: boolean
  /** Who said so: `timedatectl`, `chronyc`, `systemd-timesyncd`. */
  readonly source: string
}

export interface MandatoryAccessControl {
  readonly apparmor: boolean
  /** The engine cannot load a container's profile without it. */
  readonly apparmorParser: boolean
  readonly selinux: 'enforcing' | 'permissive' | 'off'
}

export interface Systemd {
  /** systemd is process 1. */
  readonly running: boolean
  /** docker.service is started at boot; docker.socket alone does not bring containers back. */
  readonly engineAtBoot: boolean
}

export interface Disk {
  readonly path: string
  /** The nearest existing folder above `path`, where the figures were read. */
  readonly measuredAt: string
  /** Tells whether two paths are on the same file system. */
  readonly device: number
  readonly totalBytes: number
  /** Free for everyone, without the blocks reserved for root. */
  readonly freeBytes: number
  /** 0 on file systems without a fixed number (btrfs). */
  readonly totalInodes: number
  readonly freeInodes: number
  readonly mountOptions: readonly string[]
}

export interface DiskLatency {
  readonly p99Ms: number
  readonly writes: number
  readonly measuredAt: string
  /** False when the folder of the appliances could not be written and another disk was measured. */
  readonly onDataDisk: boolean
}

export interface Engine {
  /** Path of `dockerd`, where one is installed. */
  readonly binary: string | undefined
  readonly socket: boolean
  /** Installed as a snap, which cannot see files outside the home directories. */
  readonly snap: boolean
  /** The socket is there but this user may not use it. */
  readonly denied: boolean
  readonly answer: Fact<EngineAnswer>
}

export interface EngineAnswer {
  readonly product: 'Docker' | 'Podman'
  readonly version: string
  readonly apiVersion: string
  readonly storageDriver: string
  /** Images live in containerd's own store (default of new installations since 29). */
  readonly containerdSnapshotter: boolean
  readonly backingFileSystem: string | undefined
  readonly supportsDType: boolean | undefined
  readonly cgroupDriver: string
  readonly rootDir: string
  readonly usernsRemap: boolean
  readonly rootless: boolean
  readonly liveRestore: boolean
  readonly loggingDriver: string
  readonly securityOptions: readonly string[]
  readonly memoryLimit: boolean
  readonly pidsLimit: boolean
  /** `iptables`, `nftables`…; engines before 28 do not say and use iptables. */
  readonly firewallBackend: string
  readonly networks: readonly EngineNetwork[]
  readonly publishedPorts: readonly PublishedPort[]
}

export interface EngineNetwork {
  readonly name: string
  /** The bridge on the host; empty for networks without one. */
  readonly interface: string
  /** IPv4 only, CIDR. */
  readonly subnets: readonly string[]
}

export interface PublishedPort {
  readonly container: string
  readonly address: string
  readonly port: number
}

/** Who listens where the appliance wants to, on the same address or on all; nobody when `holders` is empty. */
export interface PortUse {
  readonly port: number
  readonly holders: readonly PortHolder[]
}

export interface PortHolder {
  readonly address: string
  /** The rest is unknown where this user may not look. */
  readonly process?: string
  readonly pid?: number
  readonly unit?: string
  readonly container?: string
}

export interface Network {
  /** Every IPv4 route but the default one. */
  readonly routes: readonly Route[]
  readonly addresses: readonly { readonly interface: string; readonly address: string; readonly cidr: string }[]
}

export interface Route {
  readonly interface: string
  readonly subnet: string
}

export interface Dns {
  readonly hostname: string
  /** Empty when the name is unknown to the resolver. */
  readonly addresses: readonly string[]
}

export interface Firewall {
  readonly ufw: Fact<boolean>
  readonly firewalld: Fact<boolean>
  readonly iptables: Fact<IptablesForward>
  readonly nftables: Fact<readonly NftForwardChain[]>
}

export interface IptablesForward {
  readonly policy: string
  /** The rules of FORWARD in order, as `iptables -S` prints them. */
  readonly rules: readonly string[]
  readonly dockerUser: readonly string[]
}

/** A base chain on the forward hook which iptables did not make. */
export interface NftForwardChain {
  readonly table: string
  readonly chain: string
  readonly family: string
  readonly policy: string
  /** One of its rules lets an engine's bridge through. */
  readonly acceptsBridges: boolean
}

export interface Forwarding {
  readonly ipForward: boolean
  readonly bridgeNetfilter: boolean
}

export interface ExistingAppliance {
  readonly name: string
  /** A state file is there, and it does not say that only the data was kept. */
  readonly installed: boolean
  /** Its journal has an operation without an end. */
  readonly unfinished: boolean
}
