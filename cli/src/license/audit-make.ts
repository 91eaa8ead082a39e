import { join } from 'node:path'
import { type AuditReport, readReport } from '@domicile/license/audit'
import type { Trust } from '@domicile/stacks/release'
import type { AgentClient } from '../agent-client/agent-client.ts'
import { vendorKeysOf } from '../appliance/appliance.ts'
import { type LeftReport, takeReport } from './audit-take.ts'
import { counted } from './audit-words.ts'

/** The report was made this moment, by licence time: that may be ahead of a clock that was set back. */
const END_OF_TIME = new Date(8.64e15)

export interface MadeReport {
  /** The file as it may be handed over. */
  readonly text: string
  readonly made: LeftReport
  /** As read from `text`, with what the agent found and a report does not hold. */
  readonly audited: AuditReport
}

/**
 * Has the agent make a report, takes it away and reads it as the vendor will.
 * @param request days of the contract's time zone; null: the first, and today
 * @throws UserError as the agent, `takeReport` and `readReport` do
 */
export async function makeReport(
  agent: AgentClient,
  { lib, trust }: { readonly lib: string; readonly trust: Trust },
  request: { readonly from: string | null; readonly to: string | null; readonly exchange: boolean },
  signal: AbortSignal,
): Promise<MadeReport> {
  const made = await agent.call('licence-audit', request)
  const text = await takeReport(join(lib, 'run'), made, signal)
  const report = readReport(text, { now: END_OF_TIME, vendorKeys: vendorKeysOf(trust) })
  const findings = [...report.findings, ...made.findings.filter((one) => !isNamed(one, report))]
  return { text, made, audited: { ...report, findings: findings as AuditReport['findings'] } }
}

/** The agent looks at samples, too, which a report does not hold; what both see is said once. */
const isNamed = ({ code, day }: { code: string; day: string | null }, { findings }: AuditReport) =>
  findings.some((one) => one.code === code && one.day === day)

/** What a person reads who is about to send it. */
export function handedOver(
  path: string,
  { evidence, period }: AuditReport,
  made: { bytes: number; sha256: string },
): string {
  return [
    `Wrote ${path}, ${made.bytes.toLocaleString('en')} bytes, SHA-256 ${made.sha256}.`,
    `It holds the record of this installation (${counted(evidence.lines.length, 'line')}), ${counted(evidence.days.length, 'UTC day')} by the hour from ${period.from} to ${period.to}, the figures above, and a signature.`,
    'Numbers, times and what the vendor signed; no names of people, nothing of what was entered. Every line of it can be read.',
  ].join('\n')
}
