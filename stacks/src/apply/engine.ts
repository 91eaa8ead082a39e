import type { Readable } from 'node:stream'
import type { ContainerSpec, NetworkSpec } from '../plan/index.ts'

/** What the appliance needs of a container engine. One real implementation: Docker Engine, in the CLI. */
export interface Engine {
  /** `undefined` when there is none of that name; the same for networks, volumes and containers. */
  findImage(reference: string): Promise<FoundImage | undefined>
  /** Loads a `docker save` archive. Rejects when the engine reports an error anywhere in its answer. */
  loadImages(archive: Readable): Promise<void>
  /** Removes a tag, and the image with its last one. `false` when it is still in use or already gone. */
  removeImage(reference: string): Promise<boolean>

  findNetwork(name: string): Promise<FoundNetwork | undefined>
  createNetwork(network: NetworkSpec): Promise<void>
  removeNetwork(name: string): Promise<void>
  /** Every IPv4 range that some network of this engine uses. */
  subnetsInUse(): Promise<string[]>

  findVolume(name: string): Promise<FoundVolume | undefined>
  createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void>
  removeVolume(name: string): Promise<void>
  /** Names of all volumes with that label. */
  listVolumes(label: string): Promise<string[]>
  listNetworks(label: string): Promise<string[]>

  findContainer(name: string): Promise<FoundContainer | undefined>
  listContainers(label: string): Promise<FoundContainer[]>
  createContainer(container: ContainerSpec): Promise<void>
  startContainer(name: string): Promise<void>
  stopContainer(name: string, seconds?: number): Promise<void>
  removeContainer(name: string): Promise<void>
  /** Waits for the end and gives the exit code. Never killed by a clock. */
  waitContainer(name: string, signal?: AbortSignal): Promise<number>
  /** The last lines of what the container printed, both streams, oldest first. */
  lastLogs(name: string, lines: number): Promise<string>
  followLogs(
    name: string,
    options: { lines: number; follow: boolean },
    write: (chunk: Buffer, stream: 'stdout' | 'stderr') => void,
  ): Promise<void>
  exec(name: string, command: readonly string[], options?: ExecOptions): Promise<ExecResult>
}

export interface ExecOptions {
  readonly user?: string
  readonly stdin?: string
  /** Told each line of stdout as it comes; what is told is not kept. */
  readonly line?: (text: string) => void
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface FoundImage {
  readonly id: string
  readonly layers: readonly string[]
  readonly sizeBytes: number
}

export interface FoundNetwork {
  readonly name: string
  readonly internal: boolean
  readonly subnet: string
  readonly labels: Readonly<Record<string, string>>
}

export interface FoundVolume {
  readonly labels: Readonly<Record<string, string>>
}

/** A container as it runs, in the words of the spec so that the two can be compared. */
export interface FoundContainer {
  readonly name: string
  readonly service: string
  readonly image: string
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  readonly health: 'healthy' | 'unhealthy' | 'starting' | 'none'
  readonly healthLog: string
  /** The command of its health check as the engine would run it; empty when it has none. */
  readonly healthCommand: readonly string[]
  readonly exitCode: number
  readonly restarts: number
  readonly startedAt: string
  readonly labels: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
  readonly user: string
  readonly command: readonly string[]
  readonly mounts: readonly { type: string; source: string; target: string; readOnly: boolean }[]
  readonly networks: readonly { network: string; address: string }[]
  readonly ports: readonly { address: string; host: number; container: number }[]
  readonly readOnlyRoot: boolean
  readonly capabilitiesAdded: readonly string[]
  readonly capabilitiesDropped: readonly string[]
  readonly privileged: boolean
  readonly securityOptions: readonly string[]
  readonly memoryBytes: number
  readonly pids: number
  readonly restartPolicy: string
}
