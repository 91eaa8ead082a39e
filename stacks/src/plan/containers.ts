import { createHash } from 'node:crypto'
import { type Job, LICENSE_SECRET, type Service, type Settings, type Stack } from '../stack/index.ts'
import type { BackupWanted } from './backup-wanted.ts'
import { type HostFile, layoutOf, type SecretSpec } from './blueprint.ts'
import { type ContainerSpec, type Mount, sealed } from './container-spec.ts'
import { interpolate } from './interpolate.ts'
import { type PointInTimeWanted, pointInTimeMounts } from './point-in-time.ts'
import { addressIn, type Cidr } from './subnets.ts'

const MIB = 2 ** 20

/** Users inside the system images; a file's owner on the host must be the same number. */
export const UID = { root: 0, postgres: 70, agent: 8100, gateway: 8200 } as const

export interface Wanted {
  readonly name: string
  readonly stack: Stack
  readonly settings: Settings
  readonly ports: { readonly address: string; readonly http: number; readonly https: number }
  readonly subnets: { readonly internal: Cidr; readonly edge: Cidr }
  /** Image by role: `postgres`, `gateway`, `agent` and every service of the stack. */
  readonly images: Readonly<Record<string, { readonly digest: string; readonly reference: string }>>
  readonly host: { readonly memoryBytes: number; readonly cpus: number }
  /** Which volume of the engine holds what: by key, those that do not have the name they were installed with. */
  readonly volumes: Pointers
  readonly tls:
    | { readonly mode: 'internal' | 'provided' }
    | { readonly mode: 'acme'; readonly email: string; readonly directory?: string }
  readonly backup?: BackupWanted | undefined
  /** Absent where the release has nothing to do it with. */
  readonly pointInTime?: PointInTimeWanted | undefined
  /** Whose licences the appliance accepts: the keys that sign its releases. */
  readonly vendorKeys: readonly VendorKey[]
}

export interface VendorKey {
  /** Sixteen hexadecimal digits. */
  readonly kid: string
  /** Ed25519, 32 bytes in base64url. */
  readonly publicKey: string
  /** ISO 8601; null: without a bound. */
  readonly from: string | null
  readonly until: string | null
}

/** What every container of one appliance is made from. */
export interface Context {
  readonly wanted: Wanted
  readonly url: string
  readonly hostname: string
  readonly files: readonly HostFile[]
  readonly secrets: readonly SecretSpec[]
}

/** The agent's own file of the token that cooperating services show it. */
export const AGENT_LICENSE_SECRET = 'agent_license_token'

const holdsToken = ({ secrets }: Service) => secrets.includes(LICENSE_SECRET)
/** Whether a service of the stack speaks with the agent. */
export const cooperates = ({ compose }: Stack) => Object.values(compose.services).some(holdsToken)

/** By a volume's key: what the engine calls it. */
export type Pointers = Readonly<Record<string, string>>

/** The volume that is in use: another one than it was installed with after a restore, which fills new ones beside. */
export const volumeName = ({ name, volumes }: { name: string; volumes: Pointers }, key: string): string =>
  volumes[key] ?? `${name}_${key}`
export const networkName = (appliance: string, network: 'internal' | 'edge') => `${appliance}_${network}`

/** Fixed addresses: agent .2, postgres .3, gateway .4, the stack's services from .10 in their order in the file. */
export function addressOf(stack: Stack, subnet: Cidr, service: string): string {
  const system = ['', '', 'agent', 'postgres', 'gateway'].indexOf(service)
  return addressIn(subnet, system > 0 ? system : 10 + Object.keys(stack.compose.services).indexOf(service))
}

/** Seals a spec; the hashes of mounted config files are part of it, so a changed file means a new container. */
function seal(
  { wanted, files }: Context,
  spec: Omit<ContainerSpec, 'labels' | 'name' | 'image' | 'imageReference'>,
  role = spec.service,
  oneoff = false,
) {
  const image = wanted.images[role]
  const mounted = files.filter(({ path }) => spec.mounts.some(({ source }) => source === path))
  const digest = mounted.map(({ content }) => createHash('sha256').update(content).digest('hex').slice(0, 16)).join('.')
  return sealed(
    wanted.name,
    {
      ...spec,
      environment: digest ? { ...spec.environment, DOMICILE_CONFIG: digest } : spec.environment,
      image: image?.digest ?? '',
      imageReference: image?.reference ?? '',
    },
    oneoff,
  )
}

const volume = (wanted: Wanted, key: string, target: string, readOnly = false): Mount => ({
  type: 'volume',
  source: volumeName(wanted, key),
  target,
  readOnly,
})
const bind = (source: string, target: string, readOnly = true): Mount => ({ type: 'bind', source, target, readOnly })

const tmpfsFor = (user: string, size = '64m') => {
  const [uid, gid = uid] = user.split(':')
  return `rw,noexec,nosuid,nodev,size=${size},uid=${uid},gid=${gid},mode=0770`
}

function internal({ wanted }: Context, service: string) {
  const { name, stack, subnets } = wanted
  return {
    network: networkName(name, 'internal'),
    aliases: [service],
    address: addressOf(stack, subnets.internal, service),
  }
}

function edge({ wanted }: Context, service: string) {
  const { name, stack, subnets } = wanted
  return { network: networkName(name, 'edge'), aliases: [service], address: addressOf(stack, subnets.edge, service) }
}

/** What the three system containers have in common. */
const system = { after: [], environment: {}, ports: [], capabilities: [], stopSeconds: 10, pids: 100 } as const

export function postgresContainer(context: Context, memoryBytes: number): ContainerSpec {
  const { name, pointInTime } = context.wanted
  const { lib } = layoutOf(name)
  return seal(context, {
    ...system,
    service: 'postgres',
    mounts: [
      volume(context.wanted, 'postgres', '/var/lib/postgresql'),
      bind(`${lib}/config/postgresql.conf`, '/etc/domicile/postgresql.conf'),
      bind(`${lib}/secrets/postgres_password`, '/run/secrets/postgres_password'),
      ...(pointInTime ? pointInTimeMounts(name, pointInTime, true) : []),
    ],
    tmpfs: {
      '/tmp': tmpfsFor('70', '256m'),
      '/run/postgresql': 'rw,noexec,nosuid,nodev,size=16m,uid=70,gid=70,mode=0775',
    },
    networks: [internal(context, 'postgres')],
    pids: 300,
    memoryBytes,
    shmBytes: Math.max(128 * MIB, Math.floor(memoryBytes / 4)),
    // A checkpoint of a large buffer pool may take minutes; killing it would mean crash recovery.
    stopSeconds: 120,
  })
}

export function agentContainer(context: Context): ContainerSpec {
  const { name, stack, tls } = context.wanted
  const { lib } = layoutOf(name)
  return seal(context, {
    ...system,
    service: 'agent',
    mounts: [
      volume(context.wanted, 'agent', '/var/lib/domicile'),
      volume(context.wanted, 'tls', '/tls'),
      bind(`${lib}/config/agent.json`, '/etc/domicile/agent.json'),
      bind(`${lib}/secrets/agent_database_password`, '/run/secrets/agent_database_password'),
      bind(`${lib}/secrets/meter_database_password`, '/run/secrets/meter_database_password'),
      ...(cooperates(stack) ? [bind(`${lib}/secrets/${AGENT_LICENSE_SECRET}`, `/run/secrets/${LICENSE_SECRET}`)] : []),
      bind(`${lib}/run`, '/run/domicile', false),
    ],
    tmpfs: { '/tmp': tmpfsFor(`${UID.agent}`, '16m') },
    // Only an ACME directory needs the outside; otherwise the agent has no way out.
    networks: [internal(context, 'agent'), ...(tls.mode === 'acme' ? [edge(context, 'agent')] : [])],
    // Itself needs 60 MiB; the program that reads years of the ledger for an audit takes the rest while it runs.
    memoryBytes: 384 * MIB,
  })
}

export function gatewayContainer(context: Context): ContainerSpec {
  const { name, ports } = context.wanted
  return seal(context, {
    ...system,
    service: 'gateway',
    mounts: [
      volume(context.wanted, 'tls', '/tls', true),
      bind(`${layoutOf(name).lib}/config/gateway.conf`, '/etc/domicile/gateway.conf'),
    ],
    tmpfs: { '/tmp': tmpfsFor(`${UID.gateway}:8300`, '256m') },
    networks: [internal(context, 'gateway'), edge(context, 'gateway')],
    ports: [
      { address: ports.address, host: ports.http, container: 8080 },
      { address: ports.address, host: ports.https, container: 8443 },
    ],
    memoryBytes: 128 * MIB,
  })
}

export function serviceContainer(context: Context, name: string): ContainerSpec {
  const service = context.wanted.stack.compose.services[name] as Service
  const egress = context.wanted.stack.manifest.egress.includes(name)
  return seal(context, {
    ...applicationPart(context, name, service),
    networks: [internal(context, name), ...(egress ? [edge(context, name)] : [])],
    ...(service.command && { command: service.command }),
    ...(service.healthcheck && { health: service.healthcheck }),
  })
}

/** A lifecycle command: the service's container with the owner's password and the lifecycle secrets, run once. */
export function jobContainer(context: Context, job: Job): ContainerSpec {
  const { stack, name } = context.wanted
  const service = stack.compose.services[job.service] as Service
  const part = applicationPart(context, job.service, service)
  const lifecycle = Object.entries(stack.manifest.secrets).filter(([, { lifecycle }]) => lifecycle)
  const more = ['database_owner_password', ...lifecycle.map(([secret]) => secret)]
  const secrets = more.filter((secret) => !service.secrets.includes(secret))
  const mounts = secrets.map((secret) => bind(`${layoutOf(name).lib}/secrets/${secret}`, `/run/secrets/${secret}`))
  const network = { ...internal(context, job.service), aliases: [`${job.service}-job`] }
  const address = addressIn(context.wanted.subnets.internal, 5)
  return seal(
    context,
    { ...part, mounts: [...part.mounts, ...mounts], networks: [{ ...network, address }], command: job.command },
    job.service,
    true,
  )
}

function applicationPart({ wanted, url, hostname, secrets }: Context, name: string, service: Service) {
  const interpolation = { settings: wanted.settings, appliance: { url, hostname, name: wanted.name } }
  const environment = Object.fromEntries(
    Object.entries(service.environment).map(([key, value]) => [
      key,
      interpolate(value, interpolation, `compose.yaml: services.${name}.environment.${key}`),
    ]),
  )
  const own = secrets.filter((secret) => service.secrets.includes(secret.name))
  return {
    service: name,
    after: service.depends_on,
    environment: { ...environment, ...(holdsToken(service) && { DOMICILE_LICENSE_URL: 'http://agent:8081' }) },
    user: service.user,
    mounts: [
      ...service.volumes.map(({ source, target, readOnly }) => volume(wanted, source, target, readOnly)),
      ...own.map((secret) => bind(secret.path, `/run/secrets/${secret.name}`)),
    ],
    tmpfs: Object.fromEntries(service.tmpfs.map((path) => [path, tmpfsFor(service.user)])),
    ports: [],
    capabilities: service.cap_add,
    memoryBytes: service.mem_limit,
    pids: service.pids_limit,
    stopSeconds: Math.ceil(service.stop_grace_period / 1000),
    ...(service.entrypoint && { entrypoint: service.entrypoint }),
    ...(service.working_dir && { workingDir: service.working_dir }),
    ...(service.cpus && { cpus: service.cpus }),
    ...(service.shm_size && { shmBytes: service.shm_size }),
    ...(service.stop_signal && { stopSignal: service.stop_signal }),
  }
}
