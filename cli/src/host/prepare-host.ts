import { spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { execa } from 'execa'

const SOCKET = '/var/run/docker.sock'
const START_DEADLINE_MS = 60_000

export interface Preparation {
  readonly title: string
  run(): Promise<void>
}

/** What this host still lacks; empty when the engine answers. */
export async function preparation(): Promise<Preparation[]> {
  if (await engineAnswers()) return []
  const installed = await hasProgram('dockerd')
  return [
    ...(installed
      ? []
      : [{ title: `Install the packages ${PACKAGES.join(', ')} (${await distribution()})`, run: installPackages }]),
    (await hasSystemd())
      ? { title: 'Start the engine, now and at every boot (systemctl enable --now docker)', run: startUnit }
      : {
          title: 'Start dockerd in the background (this host does not run systemd; nothing starts it at boot)',
          run: startByHand,
        },
    { title: 'Wait until the engine answers', run: waitForEngine },
  ]
}

export async function prepareHost(steps: readonly Preparation[], say: (text: string) => void) {
  const times: { title: string; seconds: number }[] = []
  for (const { title, run } of steps) {
    const began = Date.now()
    await run()
    const seconds = (Date.now() - began) / 1000
    say(`  ${title}  ${seconds.toFixed(1)} s`)
    times.push({ title, seconds })
  }
  return times
}

const PACKAGES = ['docker.io', 'iptables']

const hasSystemd = async () => existsSync('/run/systemd/system')

const hasProgram = async (name: string) =>
  (await execa('sh', ['-c', `command -v ${name}`], { reject: false })).exitCode === 0

async function distribution(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? 'unknown distribution'
}

async function installPackages(): Promise<void> {
  if (!(await hasProgram('apt-get'))) {
    throw new UserError('This host has no apt-get; its engine must be installed by other means.', {
      code: 'NO_PACKAGES',
      hint: 'Install Docker Engine 20.10 or newer the way your distribution recommends, then run `domicile preflight RELEASE`.',
    })
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-q'], env)
  await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...PACKAGES], env)
}

async function startUnit(): Promise<void> {
  await run('systemctl', ['enable', '--now', 'docker.service'])
}

/** The engine outlives this command: its own session, its output in a log file. */
async function startByHand(): Promise<void> {
  await dropStalePid()
  const log = openSync('/var/log/dockerd.log', 'a', 0o640)
  spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] }).unref()
}

/** dockerd refuses to start over the pid file of one that was killed, once another process has got that number. */
async function dropStalePid(): Promise<void> {
  const path = '/var/run/docker.pid'
  const pid = (await readFile(path, 'utf8').catch(() => '')).trim()
  const name = pid && (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
  if (pid && name !== 'dockerd') await rm(path, { force: true })
}

async function waitForEngine(): Promise<void> {
  const began = Date.now()
  while (!(await engineAnswers())) {
    if (Date.now() - began > START_DEADLINE_MS) {
      throw new UserError('Docker Engine was started but does not answer.', {
        code: 'ENGINE_DOWN',
        hint: 'See why: journalctl -u docker, or /var/log/dockerd.log',
        exitCode: ExitCode.Failed,
      })
    }
    await sleep(500)
  }
}

function engineAnswers(): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ socketPath: SOCKET, path: '/_ping', timeout: 3000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    call.on('timeout', () => call.destroy())
    call.on('error', () => resolve(false))
    call.end()
  })
}

async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const { exitCode, stderr, stdout } = await execa(program, args, { env, reject: false })
  if (exitCode === 0) return
  throw new UserError(
    `${program} ${args.join(' ')} failed:\n${(stderr || stdout).trim().split('\n').slice(-8).join('\n')}`,
    {
      code: 'PREPARE_FAILED',
      hint: 'Mend what it says (often the network or the package sources) and run `domicile host prepare` again.',
      exitCode: ExitCode.Failed,
    },
  )
}
