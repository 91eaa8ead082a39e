import { randomInt } from 'node:crypto'
import { execa } from 'execa'
import { type HostKind, hostImage } from './host-images.ts'
import { waitUntil } from './waiting.ts'

/** Names the run in everything it makes on the engine, so that a later run can tell what a dead one left. */
export const RUN_LABEL = 'domicile.test.run'
export const runLabel = (pid: number) => `${RUN_LABEL}=${pid}`

/** The process of the whole run, as test-setup.ts tells those that run single files. */
const run = () => Number(process.env['DOMICILE_TEST_RUN'] ?? process.pid)

/** --privileged would ask for capabilities that a hardened machine may not have; systemd and a nested engine need these. */
const CAPABILITIES = [
  ...['AUDIT_CONTROL', 'DAC_READ_SEARCH', 'IPC_LOCK', 'IPC_OWNER', 'LEASE', 'LINUX_IMMUTABLE', 'NET_ADMIN'],
  'NET_BROADCAST',
  ...['SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_PACCT', 'SYS_PTRACE', 'SYS_TTY_CONFIG'],
]

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly user?: string
}

const docker = (args: readonly string[], options: { input?: string } = {}) => execa('docker', args, options)

/** A customer's server: a container with systemd, its own disk and, unless it is bare, its own Docker Engine. */
export class Host implements AsyncDisposable {
  readonly name: string
  readonly kind: HostKind
  /** Where tests reach it; another one after its network was cut or given back. */
  address = ''

  constructor(name: string, kind: HostKind) {
    this.name = name
    this.kind = kind
  }

  /** Runs a program as root; arguments reach it as they are. Never throws for its exit code. */
  async run(program: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Outcome> {
    const env = Object.entries(options.env ?? {}).flatMap(([key, value]) => ['--env', `${key}=${value}`])
    const flags = [...(options.input === undefined ? [] : ['--interactive']), ...env]
    const user = options.user ? ['--user', options.user] : []
    const { exitCode, stdout, stderr } = await execa(
      'docker',
      ['exec', ...flags, ...user, this.name, program, ...args],
      {
        input: options.input ?? '',
        reject: false,
      },
    )
    return { exitCode: exitCode ?? -1, stdout, stderr }
  }

  /** As `run`, for what a test needs and does not test. @returns stdout @throws Error with what the program said */
  async must(program: string, args: readonly string[] = [], options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(program, args, options)
    if (exitCode === 0) return stdout
    throw new Error(`${this.name}: ${[program, ...args].join(' ')} ended with ${exitCode}: ${stderr || stdout}`)
  }

  async copyIn(source: string, target: string): Promise<void> {
    await docker(['cp', source, `${this.name}:${target}`])
  }

  readFile = (path: string) => this.must('cat', [path])

  /** An orderly reboot: services are stopped, the disk stays. */
  async reboot(): Promise<void> {
    await docker(['restart', '--time', '60', this.name])
    await this.waitUntilBooted()
  }

  /** Every process ends at once; nobody is told. */
  async powerCut(): Promise<void> {
    await docker(['kill', this.name])
    await docker(['start', this.name])
    await this.waitUntilBooted()
  }

  /** No way out any more, not even for names; the machine that runs the tests still reaches the host. Lasts over reboots. */
  async cutNetwork(): Promise<void> {
    await createClosedNetwork(this.closedNetwork)
    await docker(['network', 'connect', this.closedNetwork, this.name])
    await docker(['network', 'disconnect', 'bridge', this.name])
    await this.findAddress()
  }

  async restoreNetwork(): Promise<void> {
    await docker(['network', 'connect', 'bridge', this.name])
    await docker(['network', 'disconnect', this.closedNetwork, this.name])
    await docker(['network', 'rm', this.closedNetwork])
    await this.findAddress()
  }

  async waitUntilBooted(): Promise<void> {
    await waitUntil(
      `${this.name} has booted`,
      async () => {
        const { stdout, stderr } = await this.run('systemctl', ['is-system-running'])
        return ['running', 'degraded'].includes(stdout) ? undefined : stdout || stderr
      },
      { deadlineMs: 90_000 },
    )
    if (this.kind === 'prepared') await this.waitForEngine()
    await this.findAddress()
  }

  async waitForEngine(): Promise<void> {
    await waitUntil(`the engine of ${this.name} answers`, async () => {
      const { exitCode, stderr } = await this.run('docker', ['version', '--format', '{{.Server.Version}}'])
      return exitCode === 0 ? undefined : stderr
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await execa('docker', ['rm', '--force', '--volumes', this.name], { reject: false })
    await execa('docker', ['network', 'rm', this.closedNetwork], { reject: false })
  }

  private get closedNetwork() {
    return `${this.name}-closed`
  }

  private async findAddress(): Promise<void> {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
    const { stdout } = await docker(['inspect', '--format', format, this.name])
    this.address = stdout.trim().split(' ')[0] ?? ''
  }
}

/** Its addresses are chosen here: the engine of the test host must not have taken the same for itself. */
async function createClosedNetwork(name: string, attempts = 5): Promise<void> {
  const subnet = `10.199.${randomInt(256)}.0/24`
  const mine = ['--label', runLabel(run())]
  const create = docker(['network', 'create', '--internal', ...mine, '--subnet', subnet, name])
  await create.catch(async (error) => {
    if (attempts === 1) throw error
    await createClosedNetwork(name, attempts - 1)
  })
}

/** @param name what the host is for; the run is added to it */
export async function startHost({ name, bare = false }: { name: string; bare?: boolean }): Promise<Host> {
  const host = new Host(`e2e-${name}-${run()}`, bare ? 'bare' : 'prepared')
  const rights = CAPABILITIES.map((capability) => `--cap-add=${capability}`)
  const unconfined = ['apparmor', 'seccomp', 'systempaths'].map((what) => `--security-opt=${what}=unconfined`)
  const devices = ['--device-cgroup-rule=a *:* rwm']
  const mounts = ['--tmpfs=/run', '--tmpfs=/run/lock', '--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw', '--cgroupns=host']
  const labels = ['--label', runLabel(run())]
  const identity = ['--name', host.name, '--hostname', name]
  try {
    await docker([
      ...['run', '--detach', ...identity, ...labels, ...rights, ...unconfined, ...devices, ...mounts],
      hostImage(host.kind),
    ])
    await host.waitUntilBooted()
    return host
  } catch (error) {
    await host[Symbol.asyncDispose]()
    throw error
  }
}
