import { CHECKS } from '@domicile/stacks/preflight'
import { code, generatedFrom, table } from './markdown.ts'

/** Why each check is made: what goes wrong without it. */
const WHY: Readonly<Record<string, string>> = {
  architecture: 'programs of another processor architecture do not start',
  'cpu-count': 'the stack says how many it needs',
  'cpu-level': 'some programs need x86-64-v2; virtual machines often hide it',
  memory: 'the stack says how much it needs; 10 % less is a warning, more is a failure',
  kernel: '4.18 or newer; warns from 3.10 on',
  cgroups: 'without them there are no limits on memory and processes',
  hostname: 'a certificate holds 64 characters',
  'time-sync': 'certificates go by the clock',
  virtualization: 'inside a container the facts are those of the container, not of the host',
  systemd: 'without it nobody starts the engine at boot',
  'mandatory-access-control':
    'AppArmor without its parser and SELinux with labels keep containers from starting or reading',
  'disk-size':
    'what the stack asks for, or twice the unpacked release if that is more; the data folder on a disk of its own needs the release once, 1 GiB at least',
  'disk-inodes': 'images hold many small files',
  'disk-latency': 'each commit of the database waits for the disk; good to 10 ms, bearable to 50 ms',
  'disk-mount': 'a read-only or noexec mount',
  'engine-present': 'Docker Engine is what runs the appliance',
  'engine-reachable': 'an engine that does not answer cannot be asked anything else',
  'engine-version':
    '20.10.10 or newer; older system call filters stop threads of Debian 12 and later; Podman is not enough',
  'engine-storage': 'overlay2 and its like; vfs copies every layer whole',
  'engine-snap': 'a snap cannot read /etc/domicile and /var/lib/domicile',
  'engine-limits': 'limits on memory and processes must be possible',
  'engine-users': 'rootless engines and userns-remap change who owns files',
  'engine-logging': 'without logs nobody can help',
  'engine-live-restore': 'for information: whether an update of the engine restarts the appliance',
  'engine-at-boot': 'the appliance comes back with the engine; docker.socket alone is not enough',
  'port-http': 'the gateway publishes it; change it with `--http-port`',
  'port-https': 'the gateway publishes it; change it with `--https-port`',
  'network-clash': 'networks of the appliance must not hide a part of yours; choose them with `--subnet`',
  dns: 'the name must lead to this host; only looked up with `--hostname`',
  'ip-forward': 'without it nothing reaches a container',
  firewall: 'rules that drop what goes to containers',
  'existing-appliance': 'two appliances cannot have one name',
}

/** preflight.md: every check, in the order in which it is shown. */
export function preflightReference(): string {
  const unexplained = CHECKS.filter(({ id }) => !(id in WHY)).map(({ id }) => id)
  if (unexplained.length > 0)
    throw new Error(`docs/generator/preflight.ts says nothing about ${unexplained.join(', ')}`)
  const rows = CHECKS.map(({ id, title, strict }) => [code(id), title, WHY[id] ?? '', strict ? 'never' : 'yes'])
  return `${[
    generatedFrom('CHECKS in stacks/src/preflight'),
    '# Preflight checks',
    '`domicile preflight` and `domicile install` look at the host before anything is changed. A check passes, warns or ' +
      'fails. What could not be learned is a warning, never a pass. A failed check stands in the way until it is mended or ' +
      'somebody answers for it: `--accept CHECK=REASON`. The reason is kept in `appliance.yaml` with account and time, and ' +
      'stands in the acceptance record. A stack may name more checks that nobody can accept (`strict` in ' +
      '[appliance.yaml](stack.md)).',
    table(['Check', 'Title', 'Why', 'Can be accepted'], rows),
    'With `--json`: [preflight.schema.json](schemas/preflight.schema.json). With `--report FILE`: one HTML page.',
  ].join('\n\n')}\n`
}
