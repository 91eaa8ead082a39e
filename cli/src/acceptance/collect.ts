import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { sql } from '@domicile/stacks/apply'
import { canonical } from '@domicile/stacks/plan'
import { keyFingerprint, parsePublicKey } from '@domicile/stacks/release'
import { questions } from '@domicile/stacks/stack'
import type { Appliance } from '../appliance/appliance.ts'
import { readTrail } from '../appliance/audit-trail.ts'
import { type Check, judge } from '../facts/checks.ts'
import { probe } from '../facts/reachable.ts'
import { type RunningFacts, readRunning } from '../facts/running.ts'

/** One line of the record: what was looked at, what was found, how. */
export interface Fact {
  readonly what: string
  readonly value: string
  readonly source: string
}

export interface AcceptanceRecord {
  readonly clause: '6.12.1'
  readonly appliance: string
  readonly title: string
  readonly at: string
  readonly host: string
  readonly domicile: string
  readonly sections: readonly { readonly title: string; readonly facts: readonly Fact[] }[]
  readonly accepted: Appliance['wanted']['accepted']
  readonly checks: readonly Check[]
  readonly ready: boolean
  /** SHA-256 over everything above as canonical JSON: two copies can be compared by one line. */
  readonly digest: string
}

export async function collectAcceptance(appliance: Appliance, now: Date, version: string): Promise<AcceptanceRecord> {
  const { name, state, wanted, stack, blueprint, engine } = appliance
  const running = await readRunning(appliance)
  const checks = judge(blueprint, running, now)
  const answer = await probe(blueprint, stack.manifest.gateway.health)
  const postgres = await sql(
    engine,
    blueprint.containers[0]?.name ?? '',
    'postgres',
    'SHOW server_version; SHOW data_checksums; SHOW password_encryption;',
  )
  const [serverVersion = '', checksums = '', encryption = ''] = postgres.trim().split('\n')
  const tls = running.agent?.tls
  const keys = state.trust.keys.map(({ publicKey }) => parsePublicKey(publicKey))
  const sections = [
    {
      title: 'Versions',
      facts: [
        fact(
          'Release',
          `${state.release.title} ${state.release.version} of ${state.release.date}, sequence ${state.release.sequence}`,
          'verified release file',
        ),
        ...keys.map((key) => fact('Signed by', `key ${key.keyId}, fingerprint ${keyFingerprint(key)}`, 'pinned key')),
        ...blueprint.containers.map(({ service, name: container }) =>
          fact(`Image of ${service}`, running.containers.get(container)?.image ?? 'missing', 'running container'),
        ),
        fact('PostgreSQL', `${serverVersion}; data checksums ${checksums}; passwords ${encryption}`, 'SHOW'),
        fact('Agent', running.agent?.version ?? 'no answer', 'agent socket'),
      ],
    },
    {
      title: 'Settings',
      facts: questions(stack.manifest).map(({ key, title }) =>
        fact(title, String(wanted.settings[key] ?? ''), `appliance.yaml, ${key}`),
      ),
    },
    {
      title: 'Addresses and access',
      facts: [
        fact('Address', blueprint.url, 'appliance.yaml'),
        fact(
          'Answer over HTTPS',
          answer.status ? `HTTP ${answer.status} in ${answer.milliseconds} ms` : (answer.error ?? ''),
          `GET ${stack.manifest.gateway.health}`,
        ),
        ...(tls
          ? [
              fact('Certificate', `${tls.issuer}, for ${tls.names.join(', ')}, until ${tls.notAfter}`, 'agent'),
              fact('Certificate fingerprint', tls.fingerprint, 'SHA-256, seen on the port'),
            ]
          : []),
        fact('Ports open to the outside', openPorts(running), 'running containers'),
        ...blueprint.networks.map(({ name: network }) => {
          const found = running.networks.get(network)
          return fact(
            `Network ${network}`,
            found ? `${found.subnet}${found.internal ? ', no way out' : ''}` : 'missing',
            'engine',
          )
        }),
      ],
    },
    {
      title: 'Backups',
      facts: [
        fact('Last snapshot', running.agent?.backup?.lastSnapshot ?? 'none yet', 'agent'),
        fact('Last restored on trial and found equal', running.agent?.backup?.lastProof ?? 'never yet', 'agent'),
        fact('Keys on paper', running.sheet?.state ?? 'unknown', 'what was confirmed on this host'),
      ],
    },
    {
      title: 'Audit trail',
      facts: [fact('Head of the chain', readTrail(name).at(-1)?.hash ?? 'empty', 'audit.jsonl')],
    },
  ]
  const record = {
    clause: '6.12.1' as const,
    appliance: name,
    title: state.release.title,
    at: now.toISOString(),
    host: hostname(),
    domicile: version,
    sections,
    accepted: wanted.accepted,
    checks,
    ready: answer.status === 200 && checks.every(({ verdict }) => verdict !== 'fail'),
  }
  return { ...record, digest: createHash('sha256').update(canonical(record)).digest('hex') }
}

const openPorts = ({ containers }: RunningFacts): string =>
  [...containers.values()]
    .flatMap((found) => (found?.ports ?? []).map(({ address, host }) => `${address}:${host} (${found?.service})`))
    .join(', ')

const fact = (what: string, value: string, source: string): Fact => ({ what, value, source })
