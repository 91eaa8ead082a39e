import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Customer } from './customer.ts'
import { applyDocument } from './licences.ts'
import { waitUntil } from './waiting.ts'
import type { Site } from './web.ts'

/** On the host and in the agent's container alike. */
const FOLDER = '/opt/simulated-clock'

/**
 * The wall clock of the agent's process, and of nothing else. The product has no switch that moves licence time: this is
 * Debian's libfaketime around the process, and then the vendor's word that the jump is true.
 */
export interface SimulatedClock {
  now(): Date
  /** The agent's clock says that instant (ISO 8601) from now on, and licence time follows it. */
  moveTo(instant: string): Promise<void>
  /** Only the wall clock: licence time does not believe it. */
  jump(hours: number): Promise<void>
}

/** Runs the agent as it runs now, with a clock that tests move. Whatever makes its container anew ends the simulation. */
export async function startSimulatedClock(customer: Customer, name: string): Promise<SimulatedClock> {
  const { host } = customer
  await host.must('mkdir', ['-p', FOLDER])
  await host.copyIn(await library(), `${FOLDER}/libfaketime.so.1`)
  let offset = 0
  const setOffset = async (seconds: number) => {
    offset = seconds
    await host.must('sh', ['-c', `echo ${seconds < 0 ? '' : '+'}${seconds} > ${FOLDER}/offset`])
  }
  await setOffset(0)
  await remakeAgent(customer, name)
  const now = () => new Date(Date.now() + offset * 1000)
  const moveTo = async (instant: string) => {
    await setOffset(Math.round((Date.parse(instant) - Date.now()) / 1000))
    // Twice: a harder standing counts when a second look says the same, and nobody needs to wait for that look.
    for (let look = 0; look < 2; look++) await applyDocument(customer, ({ unlock }) => unlock(now()))
    const { clock } = await customer.must(['license', 'show'])
    if (clock.problem) throw new Error(`The agent's clock is not simulated any more: ${clock.problem}`)
  }
  const jump = (hours: number) => setOffset(Math.round(offset + hours * 3600))
  return { now, moveTo, jump }
}

/** What `doctor` finds failing besides the age of backups: to a clock that was moved by months they are old. */
export async function failingChecks({ json }: Customer): Promise<string[]> {
  const { checks } = (await json(['doctor'])).document as { checks: { id: string; verdict: string }[] }
  const failing = checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)
  return failing.filter((id) => !['backup', 'backup-proof'].includes(id))
}

async function library(): Promise<string> {
  const { stdout } = await execa('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1'])
  return stdout.split('\n')[0] ?? ''
}

/** The same container again, with the library loaded before the program. */
async function remakeAgent(customer: Customer, name: string): Promise<void> {
  const { host } = customer
  const agent = `${name}-agent-1`
  const [found] = JSON.parse(await host.must('docker', ['inspect', agent]))
  const { Config, HostConfig, NetworkSettings } = found
  const Env = [
    ...(Config.Env ?? []),
    ...[`LD_PRELOAD=${FOLDER}/libfaketime.so.1`, `FAKETIME_TIMESTAMP_FILE=${FOLDER}/offset`, 'FAKETIME_NO_CACHE=1'],
    ...['FAKETIME_DONT_FAKE_MONOTONIC=1', 'DONT_FAKE_MONOTONIC=1'],
  ]
  const Mounts = [...(HostConfig.Mounts ?? []), { Type: 'bind', Source: FOLDER, Target: FOLDER, ReadOnly: true }]
  const EndpointsConfig = Object.fromEntries(
    Object.entries(NetworkSettings.Networks as Record<string, { Aliases: unknown; IPAMConfig: unknown }>).map(
      ([network, { Aliases, IPAMConfig }]) => [network, { Aliases, IPAMConfig }],
    ),
  )
  const body = { ...Config, Env, HostConfig: { ...HostConfig, Mounts }, NetworkingConfig: { EndpointsConfig } }
  await host.must('docker', ['rm', '--force', agent])
  const engine = ['--unix-socket', '/var/run/docker.sock', '--fail-with-body', '--silent', '--show-error']
  const create = ['--header', 'content-type: application/json', '--data', '@-']
  await host.must('curl', [...engine, ...create, `http://engine/containers/create?name=${agent}`], {
    input: JSON.stringify(body),
  })
  await host.must('docker', ['start', agent])
  await waitUntil(`${agent} answers again`, async () => {
    const { exitCode, stderr } = await customer.domicile(['license', 'show', '--name', name])
    return exitCode === 0 ? undefined : stderr
  })
}

const MAKE_CERTIFICATE = `
  openssl req -x509 -newkey rsa:2048 -nodes -days 20000 -subj "/CN=Company CA" -keyout ca.key -out ca.pem
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -addext "subjectAltName=DNS:$1" -keyout own.key -out own.csr
  openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days 20000 -out leaf.pem
  cat leaf.pem ca.pem > own.pem`

/**
 * Brings a certificate of the customer's own that is valid whatever the agent's clock says: those that the agent makes are
 * valid by its clock, and browsers go by theirs. Makes the agent's container anew: before the clock is simulated.
 */
export async function useLastingCertificate(customer: Customer, hostname: string): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-'))
  try {
    const make = ['2026-01-01 00:00:00', 'sh', '-ec', MAKE_CERTIFICATE, 'sh', hostname]
    await execa('faketime', make, { cwd: folder })
    for (const file of ['own.pem', 'own.key']) await customer.host.copyIn(join(folder, file), `/root/${file}`)
    await customer.must(['tls', 'set', '/root/own.pem', '/root/own.key'])
    return { address: customer.host.address, hostname, root: await readFile(join(folder, 'ca.pem'), 'utf8') }
  } finally {
    await rm(folder, { recursive: true })
  }
}
