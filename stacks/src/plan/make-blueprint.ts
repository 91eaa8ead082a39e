import { LICENSE_SECRET, type Service, type Stack } from '../stack/index.ts'
import {
  AGENT_DATABASE,
  AGENT_ROLE,
  type Blueprint,
  type DatabaseSpec,
  type HostFile,
  layoutOf,
  METER_ROLE,
  type SecretSpec,
} from './blueprint.ts'
import { projectLabels } from './container-spec.ts'
import {
  AGENT_LICENSE_SECRET,
  addressOf,
  agentContainer,
  type Context,
  cooperates,
  gatewayContainer,
  jobContainer,
  networkName,
  postgresContainer,
  serviceContainer,
  UID,
  volumeName,
  type Wanted,
} from './containers.ts'
import { gatewayConf } from './gateway-conf.ts'
import { pointInTimeFile, pointInTimeSecret } from './point-in-time.ts'
import { postgresMemory, postgresSettings, renderPostgresConf } from './postgres.ts'
import type { Cidr } from './subnets.ts'

/**
 * The whole appliance as data: a pure function, so that `install --dry-run`, `apply` and `uninstall` speak of the same
 * thing. Throws UserError when an environment value names a setting that does not exist.
 */
export function makeBlueprint(wanted: Wanted): Blueprint {
  const { name, stack, ports, host } = wanted
  const layout = layoutOf(name)
  const hostname = String(wanted.settings['hostname'])
  const url = `https://${hostname.includes(':') ? `[${hostname}]` : hostname}${ports.https === 443 ? '' : `:${ports.https}`}`
  const memory = postgresMemory(host.memoryBytes, stack.manifest.database.memory)
  const settings = { ...postgresSettings(memory, host.cpus), ...wanted.pointInTime?.settings }
  const files = configFiles(wanted, settings)
  const secrets = secretSpecs(wanted)
  const database: DatabaseSpec = {
    name: stack.manifest.database.name,
    owner: stack.manifest.database.owner,
    app: stack.manifest.database.app,
    ownerSecret: `${layout.lib}/secrets/database_owner_password`,
    appSecret: `${layout.lib}/secrets/database_password`,
    agentSecret: `${layout.lib}/secrets/agent_database_password`,
    meterSecret: `${layout.lib}/secrets/meter_database_password`,
    grants: stack.manifest.database.grants ? stack.files.get(stack.manifest.database.grants) : undefined,
    settings,
  }
  const context: Context = { wanted, url, hostname, files, secrets }
  const services = startOrder(stack).map((service) => serviceContainer(context, service))
  const { initialize, migrate, selftest } = stack.manifest.lifecycle
  return {
    name,
    layout,
    directories: directories(layout),
    files,
    secrets,
    networks: [
      network(name, 'internal', true, wanted.subnets.internal),
      network(name, 'edge', false, wanted.subnets.edge),
    ],
    volumes: ['postgres', 'agent', 'tls', ...stack.compose.volumes].map((key) => ({
      key,
      name: volumeName(wanted, key),
    })),
    containers: [postgresContainer(context, memory), agentContainer(context), ...services, gatewayContainer(context)],
    jobs: {
      ...(initialize && { initialize: jobContainer(context, initialize) }),
      ...(migrate && { migrate: jobContainer(context, migrate) }),
      ...(selftest && { selftest: jobContainer(context, selftest) }),
    },
    database,
    url,
  }
}

const network = (appliance: string, key: 'internal' | 'edge', internal: boolean, subnet: Cidr) => ({
  name: networkName(appliance, key),
  key,
  internal,
  subnet,
  labels: { ...projectLabels(appliance), 'com.docker.compose.network': key },
})

const directories = ({ etc, lib }: Blueprint['layout']) => [
  { path: etc, mode: 0o755, uid: UID.root, gid: 0 },
  { path: lib, mode: 0o755, uid: UID.root, gid: 0 },
  { path: `${lib}/config`, mode: 0o755, uid: UID.root, gid: 0 },
  // Only root lists it; containers get single files bound from inside.
  { path: `${lib}/secrets`, mode: 0o700, uid: UID.root, gid: 0 },
  { path: `${lib}/run`, mode: 0o700, uid: UID.agent, gid: UID.agent },
  { path: `${lib}/backup`, mode: 0o711, uid: UID.root, gid: 0 },
  { path: `${lib}/backup/archive`, mode: 0o700, uid: UID.root, gid: 0 },
  { path: `${lib}/backup/cache`, mode: 0o700, uid: UID.root, gid: 0 },
  { path: `${lib}/backup/targets`, mode: 0o700, uid: UID.root, gid: 0 },
  { path: `${lib}/backup/point-in-time`, mode: 0o700, uid: UID.postgres, gid: UID.postgres },
  { path: `${lib}/backup/spool`, mode: 0o700, uid: UID.postgres, gid: UID.postgres },
]

function configFiles(wanted: Wanted, postgres: Record<string, string>): HostFile[] {
  const { name, stack, ports, subnets } = wanted
  const file = (base: string, content: string): HostFile => ({
    path: `${layoutOf(name).lib}/config/${base}`,
    content,
    mode: 0o644,
    uid: 0,
    gid: 0,
  })
  const { gateway, title } = stack.manifest
  return [
    file('postgresql.conf', renderPostgresConf(postgres)),
    ...(wanted.pointInTime ? [pointInTimeFile(name, wanted.pointInTime)] : []),
    file(
      'gateway.conf',
      gatewayConf({
        upstream: `${addressOf(stack, subnets.internal, gateway.service)}:${gateway.port}`,
        agent: `${addressOf(stack, subnets.internal, 'agent')}:8081`,
        httpsPort: ports.https,
        maxBodyBytes: gateway.maxBody,
        title,
        session: gateway.session,
      }),
    ),
    file('agent.json', `${JSON.stringify(agentConfig(wanted), null, 2)}\n`),
  ]
}

/** What the agent must know of the appliance; `appliance-image/agent/src/config.ts` reads it. */
function agentConfig({ name, stack, settings, subnets, tls, vendorKeys, backup }: Wanted) {
  const { manifest } = stack
  const { gateway, guards = {}, database, meters = {} } = manifest
  return {
    version: 1,
    appliance: name,
    hostnames: [settings['hostname']],
    tls,
    product: {
      name: manifest.name,
      title: manifest.title,
      version: manifest.version,
      license: manifest.license,
    },
    vendorKeys,
    application: {
      host: addressOf(stack, subnets.internal, gateway.service),
      port: gateway.port,
      ...(gateway.session && { session: gateway.session }),
    },
    database: {
      host: addressOf(stack, subnets.internal, 'postgres'),
      role: AGENT_ROLE,
      own: AGENT_DATABASE,
      application: database.name,
      owner: database.owner,
      app: database.app,
      meterRole: METER_ROLE,
    },
    guards,
    meters,
    ...(backup && { backup }),
    gateway: { host: addressOf(stack, subnets.internal, 'gateway'), port: 8080 },
    ...(cooperates(stack) && { cooperation: { tokenFile: `/run/secrets/${LICENSE_SECRET}` } }),
  }
}

function secretSpecs({ name, stack, pointInTime }: Wanted): SecretSpec[] {
  const { lib } = layoutOf(name)
  const path = (base: string) => `${lib}/secrets/${base}`
  const secret = (base: string, length: number, uid: number, replaceable = true): SecretSpec => ({
    name: base,
    path: path(base),
    length,
    uid,
    gid: uid,
    replaceable,
  })
  const appUid = uidOf(stack.compose.services[stack.manifest.gateway.service])
  return [
    secret('postgres_password', 40, UID.postgres),
    secret('database_owner_password', 40, appUid),
    secret('database_password', 40, appUid),
    secret('agent_database_password', 40, UID.agent),
    secret('meter_database_password', 40, UID.agent),
    // Without these two nothing of what was backed up can be read: they are on the recovery sheet, and nowhere made anew.
    { ...secret('backup_archive_key', 43, UID.root, false), encrypts: `${lib}/backup/archive` },
    { ...secret('backup_point_in_time_key', 43, UID.postgres, false), encrypts: `${lib}/backup/point-in-time` },
    ...(pointInTime ? [pointInTimeSecret(name, pointInTime, UID.postgres)] : []),
    ...(cooperates(stack)
      ? [
          secret(LICENSE_SECRET, 43, userOfSecret(stack, LICENSE_SECRET) ?? appUid),
          { ...secret(AGENT_LICENSE_SECRET, 43, UID.agent), sameAs: path(LICENSE_SECRET) },
        ]
      : []),
    ...Object.entries(stack.manifest.secrets).map(([base, { length }]) =>
      secret(base, length, userOfSecret(stack, base) ?? appUid, false),
    ),
  ]
}

const uidOf = (service: Service | undefined) => Number(service?.user.split(':')[0] ?? 0)

const userOfSecret = ({ compose, manifest }: Stack, secret: string) => {
  const user = Object.values(compose.services).find(({ secrets }) => secrets.includes(secret))
  const job = manifest.secrets[secret]?.lifecycle ? manifest.lifecycle.initialize : undefined
  return user ? uidOf(user) : job ? uidOf(compose.services[job.service]) : undefined
}

function startOrder({ compose }: Stack): string[] {
  const ordered: string[] = []
  const visit = (name: string, path: readonly string[]) => {
    if (ordered.includes(name) || path.includes(name)) return
    for (const other of compose.services[name]?.depends_on ?? [])
      if (other !== 'postgres') visit(other, [...path, name])
    ordered.push(name)
  }
  for (const name of Object.keys(compose.services)) visit(name, [])
  return ordered
}
