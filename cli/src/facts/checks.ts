import { containerDrift, postgresDrift } from '@domicile/stacks/apply'
import { AGENT_DATABASE, type Blueprint, type Difference, METER_ROLE } from '@domicile/stacks/plan'
import { backupChecks } from './backup-checks.ts'
import { restoreCheck } from './restore-check.ts'
import type { RunningFacts } from './running.ts'

/** One judged fact, as `status`, `doctor` and `acceptance` show it. */
export interface Check {
  readonly id: string
  readonly verdict: 'pass' | 'warn' | 'fail'
  readonly value: string
  readonly wanted: string
  /** What to do; empty when it passed. */
  readonly hint: string
}

const DAY_MS = 86_400_000

/** Every difference between what is wanted and what runs; empty when `apply` would do nothing. */
export function drift(blueprint: Blueprint, facts: RunningFacts): Difference[] {
  const gone = (
    kind: 'directory' | 'secret' | 'network' | 'volume' | 'database',
    subject: string,
    aspect = kind as string,
  ) => ({
    kind,
    subject,
    aspect,
    wanted: 'exists',
    found: 'is missing',
  })
  return [
    ...facts.missingImages.map((subject) => ({
      kind: 'image' as const,
      subject,
      aspect: 'image',
      wanted: 'as in the release',
      found: 'is missing',
    })),
    ...facts.changedFiles.map((subject) => ({
      kind: 'file' as const,
      subject,
      aspect: 'content',
      wanted: 'as rendered',
      found: 'missing or edited',
    })),
    ...facts.missingDirectories.map((path) => gone('directory', path)),
    ...facts.missingSecrets.map((path) => gone('secret', path)),
    ...blueprint.networks.flatMap(({ name, subnet, internal }): Difference[] => {
      const found = facts.networks.get(name)
      if (!found) return [gone('network', name)]
      if (found.subnet === subnet && found.internal === internal) return []
      const words = (network: { subnet: string; internal: boolean }) =>
        `${network.subnet}${network.internal ? ', closed' : ''}`
      return [
        { kind: 'network', subject: name, aspect: 'network', wanted: words({ subnet, internal }), found: words(found) },
      ]
    }),
    ...blueprint.volumes.filter(({ name }) => !facts.volumes.get(name)).map(({ name }) => gone('volume', name)),
    ...blueprint.containers.flatMap((container) => containerDrift(container, facts.containers.get(container.name))),
    // Without the application's own there is nothing to mend: that is data that is gone.
    ...(facts.databases?.includes(blueprint.database.name) && !facts.databases.includes(AGENT_DATABASE)
      ? [gone('database', AGENT_DATABASE)]
      : []),
    ...(facts.roles && !facts.roles.includes(METER_ROLE) ? [gone('database', METER_ROLE, 'role')] : []),
    ...(facts.unitDifferences ?? []),
    ...(facts.postgresSettings ? postgresDrift(blueprint.database.settings, facts.postgresSettings) : []),
  ]
}

/** What `doctor` says about a running appliance, worst first. Pure: time is an argument. */
export function judge(blueprint: Blueprint, facts: RunningFacts, now: Date): Check[] {
  const checks = [
    ...blueprint.containers.map(({ service, name }) => serviceCheck(service, name, facts)),
    driftCheck(drift(blueprint, facts)),
    ...lostCheck(facts),
    agentCheck(facts),
    certificateCheck(facts, now),
    licenceCheck(facts),
    ...backupChecks(facts, now),
    ...restoreCheck(facts.restore, facts.backupAtWork ?? null, now),
    diskCheck(facts),
    startCheck(facts),
  ]
  const order = { fail: 0, warn: 1, pass: 2 }
  return checks.toSorted((a, b) => order[a.verdict] - order[b.verdict])
}

function serviceCheck(service: string, name: string, { containers }: RunningFacts): Check {
  const found = containers.get(name)
  const health = found?.health === 'none' ? 'no health check' : found?.health
  const value = found
    ? `${found.state}, ${health}${found.health === 'unhealthy' && found.healthLog ? `: ${found.healthLog}` : ''}`
    : 'missing'
  const check = (verdict: Check['verdict'], hint: string): Check => ({
    id: `service-${service}`,
    verdict,
    value,
    wanted: 'running, healthy',
    hint,
  })
  if (!found) return check('fail', 'domicile apply')
  if (found.state !== 'running')
    return check('fail', `domicile start ${service}; if it ends again: domicile logs ${service}`)
  if (found.health === 'starting') return check('warn', 'It was started a moment ago; look again in a minute.')
  if (found.health === 'unhealthy') return check('fail', `domicile logs ${service}; then domicile restart ${service}`)
  return check('pass', '')
}

const driftCheck = (differences: readonly Difference[]): Check => ({
  id: 'drift',
  verdict: differences.length === 0 ? 'pass' : 'warn',
  value:
    differences.length === 0 ? 'none' : differences.map(({ subject, aspect }) => `${subject}: ${aspect}`).join('; '),
  wanted: 'what runs is what is wanted',
  hint:
    differences.length === 0
      ? ''
      : 'See each difference with `domicile apply --dry-run`; mend it with `domicile apply`.',
})

/** Only said when there is something to say. */
const lostCheck = ({ lostSecrets }: RunningFacts): Check[] =>
  lostSecrets.length === 0
    ? []
    : [
        {
          id: 'secrets',
          verdict: 'fail',
          value: `gone: ${lostSecrets.join(', ')}`,
          wanted: 'there, and the ones that things were locked with',
          hint: 'The keys of the backups are on the recovery sheet: write each into its file (mode 0400). Secrets of the application are in every snapshot.',
        },
      ]

const agentCheck = ({ agent, agentError }: RunningFacts): Check => ({
  id: 'agent',
  verdict: agent ? 'pass' : 'fail',
  value: agent
    ? `version ${agent.version}, up ${Math.round(agent.uptimeSeconds / 60)} min`
    : (agentError ?? 'no answer'),
  wanted: 'answers on its socket',
  hint: agent ? '' : 'domicile logs agent; then domicile restart agent',
})

function certificateCheck({ agent }: RunningFacts, now: Date): Check {
  const wanted = 'valid for 14 days or more, as chosen'
  if (!agent)
    return {
      id: 'certificate',
      verdict: 'warn',
      value: 'unknown',
      wanted,
      hint: 'The agent does not answer; see the check agent.',
    }
  const { tls } = agent
  const days = Math.floor((Date.parse(tls.notAfter) - now.getTime()) / DAY_MS)
  const value = `${tls.serving}, until ${tls.notAfter.slice(0, 10)} (${days} days), for ${tls.names.join(', ')}`
  const trouble = tls.lastError?.message ?? tls.warnings[0]?.message
  if (days >= 14 && tls.serving === tls.mode && !trouble)
    return { id: 'certificate', verdict: 'pass', value, wanted, hint: '' }
  const hint =
    tls.warnings[0]?.hint ??
    (tls.mode === 'provided' ? 'Bring a new certificate: domicile tls set CERT KEY' : 'domicile tls renew')
  return {
    id: 'certificate',
    verdict: days < 3 ? 'fail' : 'warn',
    value: trouble ? `${value}; ${trouble}` : value,
    wanted,
    hint,
  }
}

function licenceCheck({ agent }: RunningFacts): Check {
  const wanted = 'good, nothing due, nothing tampered with'
  const check = (verdict: Check['verdict'], value: string, hint: string): Check => ({
    ...{ id: 'licence', verdict, value, wanted, hint },
  })
  if (!agent) return check('warn', 'unknown', 'The agent does not answer; see the check agent.')
  const { standing, until, next, reasons, findings } = agent.licence
  const value = [`${standing}${until ? ` until ${until} (then ${next})` : ''}`, ...reasons].join('; ')
  const [finding] = findings
  if (standing !== 'good' && standing !== 'unlicensed' && standing !== 'notice')
    return check('fail', value, 'See what it means and what lifts it: domicile license show')
  if (finding) return check('warn', `${value}; ${finding.message}`, finding.hint)
  if (standing === 'notice') return check('warn', value, 'See what is due: domicile license show')
  return check('pass', value, '')
}

function diskCheck({ disk: { total, free } }: RunningFacts): Check {
  const percent = Math.round((free / total) * 100)
  return {
    id: 'disk',
    verdict: percent >= 15 ? 'pass' : percent >= 5 ? 'warn' : 'fail',
    value: `${(free / 2 ** 30).toFixed(1)} GiB free (${percent} %)`,
    wanted: '15 % free',
    hint: percent >= 15 ? '' : 'Find what fills the disk: docker system df; du -xh / | sort -h | tail. Or enlarge it.',
  }
}

const startCheck = ({ systemd }: RunningFacts): Check => ({
  id: 'start-at-boot',
  verdict: systemd ? 'pass' : 'warn',
  value: systemd ? 'systemd starts the engine, the engine starts the containers' : 'this host does not run systemd',
  wanted: 'everything comes back after a reboot',
  hint: systemd
    ? ''
    : 'See to it yourself that dockerd is started at boot; the containers follow by themselves. Have `domicile helper serve` started, too: it makes the backups.',
})
