import { guardsSchema, metersSchema } from '@domicile/license'
import { sessionSchema } from '@domicile/license/session'
import * as z from 'zod/mini'
import { explainProblems } from './problems.ts'

/** Let's Encrypt, unless the customer names another. */
export const DEFAULT_ACME_DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory'

const acme = z.strictObject({
  mode: z.literal('acme'),
  email: z.optional(z.email()),
  directory: z._default(z.url({ protocol: /^https$/ }), DEFAULT_ACME_DIRECTORY),
})

/** Who issues the certificate that is served. */
export const tlsSettings = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('internal') }),
  z.strictObject({ mode: z.literal('provided') }),
  acme,
])

/** A last label of digits alone would be an address that is none, as 999.1.1.1. */
const name = z.hostname().check(z.regex(/(^|\.)(?=[^.]*[a-z])[^.]+$/i))
const hostname = z.union([z.ipv4(), z.ipv6(), name], 'should be a host name or an IP address')

const role = z.string().check(z.regex(/^[a-z_][a-z0-9_]{0,62}$/, 'should be a plain PostgreSQL identifier'))

const product = z.strictObject({
  name: z.string(),
  title: z.string(),
  version: z.string(),
  /** Whether anybody gets in before a licence was applied. */
  license: z._default(z.enum(['optional', 'required']), 'optional'),
})

/** A key of the vendor's: Ed25519, 32 bytes in base64url, valid between two instants. */
const vendorKey = z.strictObject({
  kid: z.string().check(z.regex(/^[0-9A-F]{16}$/)),
  publicKey: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
  from: z.nullable(z.iso.datetime()),
  until: z.nullable(z.iso.datetime()),
})

/** Where the application listens, and how its sessions are told apart. */
const application = z.strictObject({ host: z.string(), port: z.int(), session: z.optional(sessionSchema) })

const database = z.strictObject({
  host: z.string(),
  /** The agent's own. */
  role,
  /** The database of seats, the agent's own too. */
  own: role,
  application: role,
  /** Owns the application's tables. */
  owner: role,
  /** The application's server logs in as this. */
  app: role,
  passwordFile: z._default(z.string(), '/run/secrets/agent_database_password'),
  /** The stack's meters are asked as this: it reads the application's tables and can do nothing else. */
  meterRole: z._default(role, 'domicile_meter'),
  meterPasswordFile: z._default(z.string(), '/run/secrets/meter_database_password'),
})

const clockTime = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/))
const count = z.int().check(z.nonnegative())

/** What the admin wants of backups; what is left away is as the licence's terms and the defaults say. */
const backup = z.strictObject({
  window: z.optional(z.strictObject({ from: clockTime, until: clockTime })),
  keep: z.optional(z.strictObject({ days: z.optional(count), weeks: z.optional(count), months: z.optional(count) })),
  drillDays: z.optional(z.int().check(z.positive())),
  pointInTime: z.optional(z.enum(['on', 'off'])),
  timeZone: z.optional(z.string()),
})

const config = z.strictObject({
  version: z.literal(1),
  /** Names the internal CA; 64 characters is what X.509 leaves for "<appliance> internal CA". */
  appliance: z
    .string()
    .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, 'should be a short name of letters, digits, . _ -')),
  hostnames: z.array(hostname).check(z.minLength(1), z.maxLength(100)),
  tls: tlsSettings,
  product,
  /** Whose licences count. */
  vendorKeys: z.array(vendorKey).check(z.maxLength(16)),
  application,
  database,
  guards: guardsSchema,
  /** What the stack counts. */
  meters: z._default(metersSchema, {}),
  backup: z._default(backup, {}),
  /** Where the gateway says what it has sent; absent: it is not asked. */
  gateway: z.optional(z.strictObject({ host: z.string(), port: z.int() })),
  /** Where services of the stack ask about seats and licences; absent: none does. */
  cooperation: z.optional(z.strictObject({ tokenFile: z.string() })),
  folders: z._default(
    z.strictObject({
      /** Private to the agent: keys, the provided certificate, the chosen mode. */
      state: z.string(),
      /** Shared with the gateway, whose group owns it. */
      tls: z.string(),
      /** Where `agent.sock` appears. */
      run: z.string(),
      /** The words that people see, a file a language. */
      texts: z.string(),
    }),
    { state: '/var/lib/domicile', tls: '/tls', run: '/run/domicile', texts: '/usr/share/domicile/texts' },
  ),
  http: z._default(z.strictObject({ host: z.string(), port: z.int() }), { host: '0.0.0.0', port: 8081 }),
})

export type Config = z.infer<typeof config>
export type TlsSettings = z.infer<typeof tlsSettings>

/** Turns the text of `agent.json` into a Config; throws an Error that names each wrong field. */
export function parseConfig(text: string): Config {
  const parsed = config.safeParse(json(text))
  if (!parsed.success) throw new Error(`agent.json: ${explainProblems(parsed.error)}`)
  const hostnames = [...new Set(parsed.data.hostnames.map((name) => name.toLowerCase()))]
  return { ...parsed.data, hostnames }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('agent.json: should be a JSON document', { cause })
  }
}
