import type { Readable } from 'node:stream'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import type { Engine, ExecOptions, ExecResult, FoundContainer } from '@domicile/stacks/apply'
import type { ContainerSpec, NetworkSpec } from '@domicile/stacks/plan'
import Docker from 'dockerode'
import { toCreateOptions } from './create-options.ts'
import { explain, notFound, tolerate } from './docker-errors.ts'
import { toFoundContainer } from './found-container.ts'
import { type Piped, pipe } from './pipe.ts'

/** The one adapter to Docker Engine, over its Unix socket. Nothing else in the program knows dockerode. */
export class DockerEngine implements Engine {
  readonly #docker: Docker

  constructor(socketPath = '/var/run/docker.sock') {
    this.#docker = new Docker({ socketPath })
  }

  findImage = async (reference: string) => {
    const found = await notFound(this.#docker.getImage(reference).inspect())
    return found && { id: found.Id, layers: found.RootFS.Layers ?? [], sizeBytes: found.Size }
  }

  async loadImages(archive: Readable): Promise<void> {
    const answer = await this.#docker.loadImage(archive, { quiet: true }).catch(explain)
    // The engine reports failures as lines of a successful answer; each one must be looked at.
    const lines: Buffer[] = []
    answer.on('data', (chunk: Buffer) => lines.push(chunk))
    await finished(answer as Readable)
    for (const line of Buffer.concat(lines).toString().split('\n')) {
      const error = line.includes('"error"') ? (JSON.parse(line) as { error?: string }).error : undefined
      if (error) explain(Object.assign(new Error(error), { statusCode: 500 }))
    }
  }

  removeImage = async (reference: string) =>
    this.#docker
      .getImage(reference)
      .remove()
      .then(() => true, tolerate([404, 409], false))

  findNetwork = async (name: string) => {
    const found = await notFound(this.#docker.getNetwork(name).inspect())
    if (!found) return undefined
    return { name, internal: found.Internal, subnet: found.IPAM?.Config?.[0]?.Subnet ?? '', labels: found.Labels ?? {} }
  }

  async createNetwork({ name, internal, subnet, labels }: NetworkSpec): Promise<void> {
    await this.#docker
      .createNetwork({
        Name: name,
        Internal: internal,
        Labels: { ...labels },
        CheckDuplicate: true,
        IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
      })
      .catch(explain)
  }

  removeNetwork = async (name: string) => {
    await this.#docker
      .getNetwork(name)
      .remove()
      .catch(tolerate([404]))
  }

  async subnetsInUse(): Promise<string[]> {
    const networks = await this.#docker.listNetworks().catch(explain)
    return networks
      .flatMap(({ IPAM }) => (IPAM?.Config ?? []).map(({ Subnet }) => Subnet ?? ''))
      .filter((subnet) => /^[\d.]+\/\d+$/.test(subnet))
  }

  findVolume = async (name: string) => {
    const found = await notFound(this.#docker.getVolume(name).inspect())
    return found && { labels: found.Labels ?? {} }
  }

  /** Where the engine keeps what is in a volume; `undefined` when there is none of that name. */
  volumeFolder = async (name: string): Promise<string | undefined> =>
    (await notFound(this.#docker.getVolume(name).inspect()))?.Mountpoint

  async createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#docker.createVolume({ Name: name, Labels: { ...labels } }).catch(explain)
  }

  removeVolume = async (name: string) => {
    await this.#docker
      .getVolume(name)
      .remove()
      .catch(tolerate([404]))
  }

  async listVolumes(label: string): Promise<string[]> {
    const { Volumes } = await this.#docker.listVolumes({ filters: { label: [label] } }).catch(explain)
    return (Volumes ?? []).map(({ Name }) => Name)
  }

  async listNetworks(label: string): Promise<string[]> {
    const networks = await this.#docker.listNetworks({ filters: { label: [label] } }).catch(explain)
    return networks.map(({ Name }) => Name)
  }

  async findContainer(name: string): Promise<FoundContainer | undefined> {
    const found = await notFound(this.#docker.getContainer(name).inspect())
    return found && toFoundContainer(found)
  }

  async listContainers(label: string): Promise<FoundContainer[]> {
    const containers = await this.#docker.listContainers({ all: true, filters: { label: [label] } }).catch(explain)
    const found = await Promise.all(containers.map(({ Id }) => this.findContainer(Id)))
    return found.filter((container) => container !== undefined)
  }

  async createContainer(container: ContainerSpec): Promise<void> {
    const created = await this.#docker.createContainer(toCreateOptions(container)).catch(explain)
    // The engine takes one network at creation (API 1.41); the others are joined before the start.
    for (const { network, aliases, address } of container.networks.slice(1)) {
      const EndpointConfig = { Aliases: [...aliases], IPAMConfig: { IPv4Address: address } }
      await this.#docker.getNetwork(network).connect({ Container: created.id, EndpointConfig }).catch(explain)
    }
  }

  startContainer = async (name: string) => {
    await this.#docker
      .getContainer(name)
      .start()
      .catch(tolerate([304]))
  }

  stopContainer = async (name: string, seconds?: number) => {
    await this.#docker
      .getContainer(name)
      .stop(seconds === undefined ? {} : { t: seconds })
      .catch(tolerate([304, 404]))
  }

  removeContainer = async (name: string) => {
    await this.stopContainer(name)
    await this.#docker
      .getContainer(name)
      .remove({ force: true, v: true })
      .catch(tolerate([404]))
  }

  async waitContainer(name: string, signal?: AbortSignal): Promise<number> {
    const answer = await this.#docker
      .getContainer(name)
      .wait({ ...(signal && { abortSignal: signal }) })
      .catch(explain)
    return (answer as { StatusCode: number }).StatusCode
  }

  async lastLogs(name: string, lines: number): Promise<string> {
    const chunks: Buffer[] = []
    await this.followLogs(name, { lines, follow: false }, (chunk) => chunks.push(chunk))
    return Buffer.concat(chunks).toString().trimEnd()
  }

  async followLogs(
    name: string,
    { lines, follow }: { lines: number; follow: boolean },
    write: (chunk: Buffer, stream: 'stdout' | 'stderr') => void,
  ): Promise<void> {
    const container = this.#docker.getContainer(name)
    const options = { stdout: true, stderr: true, tail: lines }
    if (!follow) {
      const whole = await container.logs({ ...options, follow: false }).catch(explain)
      for (const { stream, payload } of frames(whole)) write(payload, stream)
      return
    }
    const stream = await container.logs({ ...options, follow: true }).catch(explain)
    this.#docker.modem.demuxStream(
      stream,
      into((chunk) => write(chunk, 'stdout')),
      into((chunk) => write(chunk, 'stderr')),
    )
    await finished(stream as Readable)
  }

  async exec(name: string, command: readonly string[], { user, stdin, line }: ExecOptions = {}): Promise<ExecResult> {
    const exec = await this.#docker
      .getContainer(name)
      .exec({
        Cmd: [...command],
        AttachStdin: stdin !== undefined,
        AttachStdout: true,
        AttachStderr: true,
        ...(user && { User: user }),
      })
      .catch(explain)
    const stream = await exec.start({ hijack: true, stdin: stdin !== undefined }).catch(explain)
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    const lines = line && linesTo(line)
    this.#docker.modem.demuxStream(
      stream,
      lines ?? into((chunk) => stdout.push(chunk)),
      into((chunk) => stderr.push(chunk)),
    )
    if (stdin !== undefined) stream.end(stdin)
    await finished(stream, { writable: false })
    lines?.end()
    const { ExitCode } = await exec.inspect()
    return {
      exitCode: ExitCode ?? 1,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    }
  }

  /**
   * Ends a container, and whatever runs in there, as soon as this process is gone, however it went: killed, too.
   * @param user who may end its first process; @returns lets go, and so ends it now
   */
  async leash(name: string, user: string): Promise<() => void> {
    const Cmd = ['sh', '-c', 'while read -r line; do :; done; kill -TERM 1']
    const exec = await this.#docker.getContainer(name).exec({ Cmd, AttachStdin: true, User: user }).catch(explain)
    const stream = await exec.start({ hijack: true, stdin: true }).catch(explain)
    // The container may end before; without a listener that would end this process.
    stream.on('error', () => undefined)
    stream.resume()
    return () => stream.destroy()
  }

  /** What `from` prints is what `to` reads. @returns bytes; @throws UserError PIPE_FAILED (1) */
  pipe = (from: Piped, to: Piped, signal: AbortSignal): Promise<number> => pipe(this.#docker, from, to, signal)
}

const into = (take: (chunk: Buffer) => void) =>
  new Writable({
    write: (chunk: Buffer, _, done) => {
      take(chunk)
      done()
    },
  })

/** Cuts into lines; the last one need not have an end. */
function linesTo(take: (line: string) => void): Writable {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return new Writable({
    write: (chunk: Buffer, _, done) => {
      const lines = `${rest}${decoder.write(chunk)}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line)
      done()
    },
    final: (done) => {
      if (rest) take(rest)
      done()
    },
  })
}

/** The engine’s multiplexed log format: 1 byte stream, 3 zero bytes, 4 bytes length (big endian), payload. */
function* frames(whole: Buffer): Generator<{ stream: 'stdout' | 'stderr'; payload: Buffer }> {
  for (let at = 0; at + 8 <= whole.length; ) {
    const length = whole.readUInt32BE(at + 4)
    yield { stream: whole[at] === 2 ? 'stderr' : 'stdout', payload: whole.subarray(at + 8, at + 8 + length) }
    at += 8 + length
  }
}
