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

const config = z.strictObject({
  version: z.literal(1),
  /** Names the internal CA; 64 characters is what X.509 leaves for "<appliance> internal CA". */
  appliance: z
    .string()
    .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, 'should be a short name of letters, digits, . _ -')),
  hostnames: z.array(hostname).check(z.minLength(1), z.maxLength(100)),
  tls: tlsSettings,
  folders: z._default(
    z.strictObject({
      /** Private to the agent: keys, the provided certificate, the chosen mode. */
      state: z.string(),
      /** Shared with the gateway, whose group owns it. */
      tls: z.string(),
      /** Where `agent.sock` appears. */
      run: z.string(),
    }),
    { state: '/var/lib/domicile', tls: '/tls', run: '/run/domicile' },
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
