import type { Blueprint, ContainerSpec } from '@domicile/stacks/plan'
import type { Manifest } from '@domicile/stacks/stack'
import { z } from 'zod'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { CHECKS, type Check, type Expected, type Finding } from './laws.ts'

const DEADLINE_MS = 120_000
const SHOWN_LINES = 20

/** What only the application itself can try. */
const ITS_OWN: readonly Check[] = ['login', 'read', 'write', 'activate', 'sessions', 'logout']

/** One line of what the stack's `selftest` command prints. */
const line = z.object({
  check: z.enum(CHECKS),
  outcome: z.enum(['done', 'refused', 'failed']),
  detail: z.string().default(''),
})

/**
 * Has the stack's own command try what people do: log in, read, write, activate a user, log out. It is told what is asked
 * and what should come of it, where the application is inside the closed network, and where the gateway.
 * @returns nothing when the stack has no such command; what it does not report is not provided
 */
export async function checkApplication(
  engine: DockerEngine,
  { jobs: { selftest: job }, containers }: Blueprint,
  { service, port }: Manifest['gateway'],
  wanted: Readonly<Record<Check, Expected | null>>,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (!job) return []
  const asked = ITS_OWN.filter((check) => wanted[check] !== null)
  const addressOf = (name: string) => containers.find((one) => one.service === name)?.networks[0]?.address
  const words = [
    ...asked.map((check) => `${check}=${wanted[check]}`),
    // By address: the job bears the name of its service.
    `application=http://${addressOf(service)}:${port}`,
    `gateway=https://${addressOf('gateway')}:8443`,
  ]
  const { exitCode, stdout, stderr } = await runOnce(engine, job, words, signal)
  const findings = stdout.split('\n').flatMap((text) => (text.trim() ? [findingIn(text)] : []))
  if (exitCode === 0 && findings.every((finding) => finding !== undefined)) return findings
  const why = exitCode === 0 ? `printed what is no finding: ${stdout}` : `ended with ${exitCode}: ${stderr || stdout}`
  const detail = `the stack’s selftest command ${why.trim().split('\n').slice(-SHOWN_LINES).join('\n')}`
  return asked.map((check) => ({ check, outcome: 'failed', detail }))
}

function findingIn(text: string): Finding | undefined {
  try {
    return line.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

async function runOnce(engine: DockerEngine, job: ContainerSpec, words: readonly string[], signal: AbortSignal) {
  const { name } = job
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)])
  const text = { stdout: '', stderr: '' }
  await engine.removeContainer(name)
  await engine.createContainer({ ...job, command: [...(job.command ?? []), ...words] })
  try {
    await engine.startContainer(name)
    const exitCode = await engine.waitContainer(name, deadline).catch((error) => {
      signal.throwIfAborted()
      if (deadline.aborted) return -1
      throw error
    })
    await engine.followLogs(name, { lines: 1000, follow: false }, (chunk, stream) => {
      text[stream] += chunk.toString()
    })
    if (exitCode === -1) text.stderr += `\nnot done after ${DEADLINE_MS / 1000} s`
    return { exitCode, ...text }
  } finally {
    await engine.stopContainer(name, 0)
    await engine.removeContainer(name)
  }
}
