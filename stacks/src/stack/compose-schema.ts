import { posix } from 'node:path'
import { z } from 'zod'
import { durationSchema, sizeSchema } from './sizes.ts'

/**
 * The subset of the Compose Specification that a stack may use. Anything else is an error that names key and line: a key
 * that is read and then ignored would be a promise the appliance does not keep. Keys that begin with `x-` are the
 * vendor's own and pass.
 */

/** What the appliance adds itself; a stack cannot have services of these names. */
export const RESERVED_SERVICES = ['postgres', 'gateway', 'agent', 'backup'] as const

/** Its own volumes: data of PostgreSQL, keys of the agent, the gateway’s certificate. No service of a stack gets them. */
export const RESERVED_VOLUMES = ['postgres', 'agent', 'tls'] as const

/** Capabilities a service may ask for by name; every other one is dropped (CIS Docker 5.3). */
const GRANTABLE_CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'KILL',
  'NET_BIND_SERVICE',
  'SETGID',
  'SETUID',
] as const

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, 'must be a lower-case name (letters, digits, - and _)')
const imageReference = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][\w./:-]*(@sha256:[0-9a-f]{64})?$/, 'must be an image reference such as vendor/app:1.2')
const absolutePath = z
  .string()
  .max(400)
  .regex(/^\/[\w./-]+$/, 'must be an absolute path')
  .refine((path) => !path.split('/').includes('..'), 'must not contain ..')
const relativePath = z
  .string()
  .max(400)
  .regex(/^[\w.][\w./-]*$/, 'must be a path inside the stack folder')
  .refine((path) => !path.split('/').includes('..'), 'must not leave the stack folder')

const command = z.array(z.string().max(4000)).max(100)

const environment = z
  .union([
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    z.array(z.string().regex(/^[A-Za-z_]\w*=/, 'must be NAME=value')),
  ])
  .transform((value) =>
    Array.isArray(value)
      ? Object.fromEntries(
          value.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
        )
      : Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)])),
  )
  .superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      if (!/^[A-Za-z_]\w*$/.test(key))
        context.addIssue({ code: 'custom', path: [key], message: 'is not a variable name' })
      if (/passw|secret|token|api_?key/i.test(key) && !/_FILE$/.test(key)) {
        context.addIssue({
          code: 'custom',
          path: [key],
          message: 'looks like a secret; secrets are files (see `secrets`)',
        })
      }
    }
  })

/** What the kernel, the engine or the appliance puts into every container; a volume there would hide or replace it. */
const OCCUPIED = ['/proc', '/sys', '/dev', '/run/secrets']

function isFree(path: string): boolean {
  const plain = posix.join(path, '/')
  return plain !== '/' && !OCCUPIED.some((folder) => plain.startsWith(`${folder}/`)) && !path.split('/').includes('..')
}

const volumeMount = z
  .union([
    z
      .string()
      .regex(/^[a-z][a-z0-9_-]*:\/[\w./-]+(:ro|:rw)?$/, 'must be VOLUME:/path or VOLUME:/path:ro (named volumes only)')
      .transform((text) => {
        const [source = '', target = '', mode] = text.split(':')
        return { source, target, readOnly: mode === 'ro' }
      }),
    z
      .strictObject({
        type: z.literal('volume'),
        source: name,
        target: absolutePath,
        read_only: z.boolean().optional(),
      })
      .transform(({ source, target, read_only }) => ({ source, target, readOnly: read_only ?? false })),
  ])
  .refine(({ target }) => isFree(target), 'must be mounted at a folder of the application’s own, without ..')

const healthcheck = z
  .strictObject({
    test: z.union([
      z.string().transform((text) => ['CMD-SHELL', text]),
      z
        .array(z.string())
        .min(2)
        .refine(([kind]) => kind === 'CMD' || kind === 'CMD-SHELL', 'must start with CMD or CMD-SHELL'),
    ]),
    interval: durationSchema.default(10_000),
    timeout: durationSchema.default(5000),
    retries: z.int().min(1).max(100).default(3),
    start_period: durationSchema.default(30_000),
  })
  .transform(({ start_period, ...rest }) => ({ ...rest, startPeriod: start_period }))

const build = z.union([
  relativePath.transform((context) => ({ context, dockerfile: 'Dockerfile', args: {} as Record<string, string> })),
  z.strictObject({
    context: relativePath,
    dockerfile: relativePath.default('Dockerfile'),
    args: z.record(z.string(), z.string()).default({}),
  }),
])

const service = z
  .strictObject({
    image: imageReference,
    build: build.optional(),
    command: command.optional(),
    entrypoint: command.optional(),
    environment: environment.default({}),
    user: z.string().regex(/^[1-9]\d{0,8}(:\d{1,9})?$/, 'must be a numeric non-root user, for example "971:971"'),
    working_dir: absolutePath.optional(),
    volumes: z.array(volumeMount).default([]),
    secrets: z.array(name).default([]),
    tmpfs: z.array(absolutePath).default([]),
    healthcheck: healthcheck.optional(),
    mem_limit: sizeSchema.default(512 * 2 ** 20),
    cpus: z.number().positive().max(256).optional(),
    pids_limit: z.int().min(1).max(100_000).default(200),
    shm_size: sizeSchema.optional(),
    read_only: z.literal(true, { error: 'cannot be switched off: every container has a read-only root' }).default(true),
    cap_add: z.array(z.enum(GRANTABLE_CAPABILITIES)).default([]),
    stop_grace_period: durationSchema.default(30_000),
    stop_signal: z
      .string()
      .regex(/^SIG[A-Z0-9]+$/)
      .optional(),
    depends_on: z
      .union([
        z.array(name),
        z.record(name, z.strictObject({ condition: z.literal('service_healthy').default('service_healthy') })),
      ])
      .transform((value) => (Array.isArray(value) ? value : Object.keys(value)))
      .default([]),
    expose: z.array(z.union([z.string(), z.number()])).optional(),
  })
  .describe('One container of the application.')

/** Service and secret for each secret that an earlier service with another user has already. */
function sharedSecrets(
  services: Readonly<Record<string, { user: string; secrets: readonly string[] }>>,
): [string, string][] {
  const owner = new Map<string, string>()
  return Object.entries(services).flatMap(([service, { user, secrets }]) =>
    secrets.flatMap((secret): [string, string][] => {
      const first = owner.get(secret) ?? user.split(':')[0] ?? ''
      owner.set(secret, first)
      return first === user.split(':')[0] ? [] : [[service, secret]]
    }),
  )
}

const vendorExtensions = (value: unknown) =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')))
    : value

export const composeSchema = z.preprocess(
  vendorExtensions,
  z
    .strictObject({
      name: name.optional(),
      services: z.record(name, z.preprocess(vendorExtensions, service)),
      volumes: z
        .record(name, z.union([z.null(), z.strictObject({})]))
        .default({})
        .transform((volumes) => Object.keys(volumes)),
      secrets: z
        .record(
          name,
          z.union([z.null(), z.strictObject({ file: z.string().optional(), external: z.literal(true).optional() })]),
        )
        .default({})
        .transform((secrets) => Object.keys(secrets)),
    })
    .superRefine((compose, context) => {
      const issue = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message })
      if (Object.keys(compose.services).length === 0) issue(['services'], 'needs at least one service')
      for (const volume of compose.volumes) {
        if ((RESERVED_VOLUMES as readonly string[]).includes(volume))
          issue(['volumes', volume], 'is a name the appliance uses itself')
      }
      for (const [index, secret] of sharedSecrets(compose.services))
        issue(
          ['services', index, 'secrets'],
          `"${secret}" is used by services with different users; a secret file belongs to one`,
        )
      for (const [serviceName, { volumes, secrets, depends_on }] of Object.entries(compose.services)) {
        const at = ['services', serviceName]
        if ((RESERVED_SERVICES as readonly string[]).includes(serviceName))
          issue(at, 'is a name the appliance uses itself')
        for (const [index, { source }] of volumes.entries()) {
          if (!compose.volumes.includes(source))
            issue([...at, 'volumes', index], `volume "${source}" is not declared under volumes`)
        }
        for (const [index, secret] of secrets.entries()) {
          if (!compose.secrets.includes(secret))
            issue([...at, 'secrets', index], `secret "${secret}" is not declared under secrets`)
        }
        for (const other of depends_on) {
          if (!Object.hasOwn(compose.services, other) && other !== 'postgres')
            issue([...at, 'depends_on'], `"${other}" is not a service`)
        }
      }
      const circle = circleOf(compose.services)
      if (circle) issue(['services', circle[0] ?? ''], `waits for itself: ${circle.join(' → ')}`)
    }),
)

/** Services of which each waits for the next and the last one for the first; `undefined` when every wait ends. */
function circleOf(services: Readonly<Record<string, { depends_on: readonly string[] }>>): string[] | undefined {
  const ended = new Set<string>()
  const walk = (name: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (ended.has(name) || !Object.hasOwn(services, name)) return undefined
    for (const other of services[name]?.depends_on ?? []) {
      const circle = walk(other, [...path, name])
      if (circle) return circle
    }
    ended.add(name)
    return undefined
  }
  for (const name of Object.keys(services)) {
    const circle = walk(name, [])
    if (circle) return circle
  }
  return undefined
}

export type Compose = z.output<typeof composeSchema>
export type Service = Compose['services'][string]
