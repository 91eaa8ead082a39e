import type { BackupStatus, LicenceSummary } from '@domicile/appliance-image/agent-protocol'
import type { Appliance } from '../appliance/appliance.ts'
import { type Check, judge } from './checks.ts'
import type { RunningFacts } from './running.ts'

/** What `status --json` prints (docs/reference/schemas/status.schema.json). */
export interface Status {
  readonly appliance: string
  readonly release: { readonly name: string; readonly title: string; readonly version: string; readonly date: string }
  readonly url: string
  /** Nothing fails, and no service is still starting: people can work. */
  readonly healthy: boolean
  readonly services: readonly {
    readonly name: string
    readonly state: string
    readonly health: string
    readonly image: string
    readonly memoryLimitBytes: number
  }[]
  readonly certificate: {
    readonly mode: string
    readonly serving: string
    readonly names: readonly string[]
    readonly notBefore: string
    readonly notAfter: string
    readonly fingerprint: string
  } | null
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number }
  /** Null while the agent does not answer. */
  readonly licence: Pick<LicenceSummary, 'standing' | 'since' | 'until' | 'next' | 'reasons'> | null
  /** Null while the agent does not answer, and of one of before there were backups. */
  readonly backup: Pick<BackupStatus, 'lastSnapshot' | 'lastProof' | 'next' | 'running'> | null
  readonly checks: readonly Check[]
}

export function statusOf({ name, state, blueprint }: Appliance, facts: RunningFacts, now: Date): Status {
  const checks = judge(blueprint, facts, now)
  const { name: stack, title, version, date } = state.release
  const tls = facts.agent?.tls
  return {
    appliance: name,
    release: { name: stack, title, version, date },
    url: blueprint.url,
    healthy: checks.every(({ id, verdict }) => (id.startsWith('service-') ? verdict === 'pass' : verdict !== 'fail')),
    services: blueprint.containers.map(({ service, name: container, imageReference, memoryBytes }) => {
      const found = facts.containers.get(container)
      return {
        name: service,
        state: found?.state ?? 'missing',
        health: found?.health ?? 'none',
        image: imageReference,
        memoryLimitBytes: memoryBytes,
      }
    }),
    certificate: tls
      ? {
          mode: tls.mode,
          serving: tls.serving,
          names: tls.names,
          notBefore: tls.notBefore,
          notAfter: tls.notAfter,
          fingerprint: tls.fingerprint,
        }
      : null,
    disk: { totalBytes: facts.disk.total, freeBytes: facts.disk.free },
    licence: licenceOf(facts),
    backup: backupOf(facts),
    checks,
  }
}

function backupOf({ agent }: RunningFacts): Status['backup'] {
  if (!agent?.backup) return null
  const { lastSnapshot, lastProof, next, running } = agent.backup
  return { lastSnapshot, lastProof, next, running }
}

function licenceOf({ agent }: RunningFacts): Status['licence'] {
  if (!agent) return null
  const { standing, since, until, next, reasons } = agent.licence
  return { standing, since, until, next, reasons }
}
