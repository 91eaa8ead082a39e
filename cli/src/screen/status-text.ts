import type { Check } from '../facts/checks.ts'
import type { Status } from '../facts/status.ts'

const MARK = { pass: '✓', warn: '!', fail: '✗' } as const

export function statusText({
  appliance,
  release,
  url,
  healthy,
  services,
  certificate,
  disk,
  licence,
  backup,
  checks,
}: Status): string {
  const width = Math.max(...services.map(({ name }) => name.length))
  const attention = checks.filter(({ verdict }) => verdict !== 'pass')
  return [
    `${appliance}: ${release.title} ${release.version} at ${url} — ${healthy ? 'healthy' : 'NOT HEALTHY'}`,
    '',
    ...services.map(
      ({ name, state, health, image }) => `  ${name.padEnd(width)}  ${state.padEnd(8)}  ${health.padEnd(9)}  ${image}`,
    ),
    '',
    certificate
      ? `  certificate  ${certificate.serving}, until ${certificate.notAfter.slice(0, 10)}, for ${certificate.names.join(', ')}`
      : '  certificate  unknown, the agent does not answer',
    `  licence      ${licence ? `${licence.standing}${licence.until ? ` until ${licence.until.slice(0, 10)}` : ''}` : 'unknown, the agent does not answer'}`,
    ...(backup ? [`  backup       ${backupText(backup)}`] : []),
    `  disk         ${(disk.freeBytes / 2 ** 30).toFixed(1)} of ${(disk.totalBytes / 2 ** 30).toFixed(1)} GiB free`,
    ...(attention.length > 0 ? ['', checksText(attention)] : []),
  ].join('\n')
}

function backupText({ lastSnapshot, lastProof, running, next }: NonNullable<Status['backup']>): string {
  const minute = (at: string) => `${at.slice(0, 16).replace('T', ' ')} UTC`
  return [
    lastSnapshot ? `last snapshot ${minute(lastSnapshot)}` : 'no snapshot yet',
    lastProof ? `proven ${minute(lastProof)}` : 'none proven yet',
    ...(running ? [`${running.what} is at work`] : next ? [`next ${next.what} ${minute(next.at)}`] : []),
  ].join(', ')
}

export const checksText = (checks: readonly Check[]): string =>
  checks
    .map(
      ({ id, verdict, value, wanted, hint }) =>
        `${MARK[verdict]} ${id}: ${value}${verdict === 'pass' ? '' : ` (wanted: ${wanted})\n    → ${hint}`}`,
    )
    .join('\n')
