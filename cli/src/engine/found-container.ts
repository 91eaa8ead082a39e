import type { FoundContainer } from '@domicile/stacks/apply'
import type { ContainerInspectInfo } from 'dockerode'

/** The engine’s description of a container in the words of the appliance. */
export function toFoundContainer(found: ContainerInspectInfo): FoundContainer {
  const { State, Config, HostConfig } = found
  const lastProbe = State.Health?.Log?.at(-1)
  return {
    name: found.Name.slice(1),
    service: Config.Labels['com.docker.compose.service'] ?? '',
    image: found.Image,
    state: State.Status as FoundContainer['state'],
    health: (State.Health?.Status ?? 'none') as FoundContainer['health'],
    healthLog: (lastProbe?.Output ?? '').trim().slice(0, 200),
    healthCommand: healthCommand(Config.Healthcheck?.Test ?? []),
    exitCode: State.ExitCode,
    restarts: found.RestartCount,
    startedAt: State.StartedAt,
    labels: Config.Labels,
    environment: Object.fromEntries(
      (Config.Env ?? []).map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    ),
    user: Config.User,
    command: Config.Cmd ?? [],
    mounts: found.Mounts.map(({ Type, Name, Source, Destination, RW }) => ({
      type: String(Type),
      source: Type === 'volume' ? (Name ?? '') : Source,
      target: Destination,
      readOnly: !RW,
    })),
    networks: Object.entries(found.NetworkSettings.Networks).map(([network, endpoint]) => ({
      network,
      address: (endpoint.IPAMConfig as { IPv4Address?: string } | null)?.IPv4Address ?? endpoint.IPAddress,
    })),
    ports: Object.entries(
      (HostConfig.PortBindings ?? {}) as Record<string, { HostIp: string; HostPort: string }[] | null>,
    ).flatMap(([port, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => ({
        address: HostIp,
        host: Number(HostPort),
        container: Number.parseInt(port, 10),
      })),
    ),
    readOnlyRoot: HostConfig.ReadonlyRootfs ?? false,
    capabilitiesAdded: HostConfig.CapAdd ?? [],
    capabilitiesDropped: HostConfig.CapDrop ?? [],
    privileged: HostConfig.Privileged ?? false,
    securityOptions: HostConfig.SecurityOpt ?? [],
    memoryBytes: HostConfig.Memory ?? 0,
    pids: HostConfig.PidsLimit ?? 0,
    restartPolicy: HostConfig.RestartPolicy?.Name ?? '',
  }
}

function healthCommand([kind, ...words]: readonly string[]): string[] {
  if (kind === 'CMD') return words
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : []
}
