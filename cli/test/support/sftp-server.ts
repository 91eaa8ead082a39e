import { createHash } from 'node:crypto'
import { execa } from 'execa'
import { waitUntil } from './waiting.ts'

const IMAGE = 'domicile-test/sftp:1'

const DOCKERFILE = `FROM domicile/base:0.1.0
RUN install-packages openssh-server && useradd --create-home --shell /bin/sh keeper \\
 && install -d -o keeper -m 0700 /srv/copies /home/keeper/.ssh && install -d /run/sshd && rm -f /etc/ssh/ssh_host_*
CMD ["/usr/sbin/sshd", "-D", "-e", "-p", "2222", "-h", "/etc/ssh/host-key"]
`

/** Debian's OpenSSH, as somebody else's server: user `keeper`, port 2222, folder /srv/copies. */
export class SftpServer implements AsyncDisposable {
  readonly name: string
  address = ''

  constructor(name: string) {
    this.name = name
  }

  async start(network: string): Promise<this> {
    await buildImage()
    await docker('run', '--detach', '--init', '--name', this.name, '--network', network, IMAGE, 'sleep', 'infinity')
    await this.newHostKey()
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
    this.address = (await docker('inspect', '--format', format, this.name)).stdout.trim()
    await this.up()
    return this
  }

  url = (path = '/srv/copies') => `sftp://keeper@${this.address}:2222${path}`

  /** As a reinstalled server has it, or another one in its place. */
  newHostKey = () => this.sh('rm -f /etc/ssh/host-key*; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/host-key')

  fingerprint = async () => (await this.sh('ssh-keygen -l -f /etc/ssh/host-key.pub')).split(' ')[1] ?? ''

  /** @param keeps `remove` is refused: what is there stays */
  async allow(publicKey: string, { keeps = false } = {}): Promise<void> {
    const program = `internal-sftp${keeps ? ' -P remove,rmdir' : ''}`
    await this.sh(
      'cd /home/keeper/.ssh && cat > authorized_keys && chown keeper authorized_keys && chmod 0600 authorized_keys',
      `command="${program}",restrict ${publicKey}\n`,
    )
  }

  async up(): Promise<void> {
    await this.sh('setsid /usr/sbin/sshd -D -e -p 2222 -h /etc/ssh/host-key >/tmp/sshd.log 2>&1 & true')
    await waitUntil('the server answers', async () => {
      const { exitCode, stderr } = await execa(
        'docker',
        ['exec', this.name, 'ssh-keyscan', '-p', '2222', '127.0.0.1'],
        {
          reject: false,
        },
      )
      return exitCode === 0 ? undefined : stderr
    })
  }

  /** Listener and sessions at once; nobody is told. */
  down = () => this.sh('pkill -KILL sshd || true')

  async sh(script: string, input = ''): Promise<string> {
    const { stdout } = await execa('docker', ['exec', '--interactive', this.name, 'sh', '-c', script], { input })
    return stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await execa('docker', ['rm', '--force', '--volumes', this.name], { reject: false })
  }
}

const docker = (...args: string[]) => execa('docker', args)

async function buildImage(): Promise<void> {
  const input = createHash('sha256').update(DOCKERFILE).digest('hex')
  const found = await execa(
    'docker',
    ['image', 'inspect', '--format', '{{index .Config.Labels "domicile.input"}}', IMAGE],
    { reject: false },
  )
  if (found.stdout.trim() === input) return
  await execa('docker', ['build', '--label', `domicile.input=${input}`, '--tag', IMAGE, '-'], {
    input: DOCKERFILE,
    env: { DOCKER_BUILDKIT: '0' },
  })
}
