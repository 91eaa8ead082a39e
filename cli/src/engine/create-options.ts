import type { ContainerSpec, Health, Mount } from '@domicile/stacks/plan'
import type { ContainerCreateOptions } from 'dockerode'

const NANOSECONDS_PER_MS = 1_000_000

/** Logs of a container are kept to 3 files of 10 MB, so that no service can fill the disk with them. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }

/**
 * The engine’s words for a container. What every container of an appliance has in common is decided here: read-only
 * root, no capabilities but the named ones, no new privileges, limits on memory and processes, bounded logs, and a
 * restart policy that brings it back after a reboot without anybody logging in.
 */
export function toCreateOptions(spec: ContainerSpec): ContainerCreateOptions {
  const [first] = spec.networks
  return {
    name: spec.name,
    Image: spec.image,
    Labels: { ...spec.labels },
    Env: Object.entries(spec.environment).map(([key, value]) => `${key}=${value}`),
    Hostname: spec.service,
    ...(spec.command && { Cmd: [...spec.command] }),
    ...(spec.entrypoint && { Entrypoint: [...spec.entrypoint] }),
    ...(spec.user && { User: spec.user }),
    ...(spec.workingDir && { WorkingDir: spec.workingDir }),
    ...(spec.stopSignal && { StopSignal: spec.stopSignal }),
    StopTimeout: spec.stopSeconds,
    ...(spec.health && { Healthcheck: healthcheck(spec.health) }),
    ExposedPorts: Object.fromEntries(spec.ports.map(({ container }) => [`${container}/tcp`, {}])),
    HostConfig: {
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: [...spec.capabilities],
      SecurityOpt: ['no-new-privileges'],
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      PidsLimit: spec.pids,
      ...(spec.cpus && { NanoCpus: Math.round(spec.cpus * 1e9) }),
      ...(spec.cpuShares && { CpuShares: spec.cpuShares }),
      ...(spec.shmBytes && { ShmSize: spec.shmBytes }),
      Tmpfs: { ...spec.tmpfs },
      // In this older form the engine makes a folder that is not there.
      Binds: spec.mounts.filter(({ mayBeMissing }) => mayBeMissing).map(toBind),
      Mounts: spec.mounts
        .filter(({ mayBeMissing }) => !mayBeMissing)
        .map(({ type, source, target, readOnly }) => ({
          Type: type,
          Source: source,
          Target: target,
          ReadOnly: readOnly,
        })),
      NetworkMode: first?.network ?? 'none',
      PortBindings: Object.fromEntries(
        spec.ports.map(({ address, host, container }) => [
          `${container}/tcp`,
          [{ HostIp: address, HostPort: String(host) }],
        ]),
      ),
      LogConfig: LOG_CONFIG,
      RestartPolicy: { Name: isJob(spec) ? 'no' : 'unless-stopped' },
    },
    ...(first && {
      NetworkingConfig: {
        EndpointsConfig: {
          [first.network]: {
            Aliases: [...first.aliases],
            ...(first.address && { IPAMConfig: { IPv4Address: first.address } }),
          },
        },
      },
    }),
  }
}

const toBind = ({ source, target, readOnly }: Mount) => `${source}:${target}:${readOnly ? 'ro' : 'rw'}`

const isJob = ({ labels }: ContainerSpec) => labels['com.docker.compose.oneoff'] === 'True'

const healthcheck = ({ test, interval, timeout, retries, startPeriod }: Health) => ({
  Test: [...test],
  Interval: interval * NANOSECONDS_PER_MS,
  Timeout: timeout * NANOSECONDS_PER_MS,
  Retries: retries,
  StartPeriod: startPeriod * NANOSECONDS_PER_MS,
})
