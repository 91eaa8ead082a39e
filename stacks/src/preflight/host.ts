import { isUnknown } from './facts.ts'
import { type Check, fail, formatBytes, judge, pass, warn } from './verdict.ts'

/** Firmware and the kernel keep some of the memory that was bought: 2 GiB are seen as 1.9. */
const MEMORY_TOLERANCE = 0.1

/** Length of a certificate's common name, and of a Linux host name. */
const HOSTNAME_LENGTH = 64

const cpuCount: Check = {
  id: 'cpu-count',
  title: 'Processors',
  run: ({ cpuCount }, { cpu }) =>
    judge(cpuCount, `${cpu} or more`, (count) =>
      count >= cpu
        ? pass(`${count}`, `${cpu} or more`)
        : fail(`${count}`, `${cpu} or more`, 'Give the server more processors.'),
    ),
}

const cpuLevel: Check = {
  id: 'cpu-level',
  title: 'Processor generation',
  run: ({ architecture, cpuLevel }) => {
    if (!isUnknown(architecture) && architecture !== 'amd64') return pass(architecture, 'x86-64-v2 on amd64')
    return judge(cpuLevel, 'x86-64-v2 or newer', (level) =>
      level >= 2
        ? pass(`x86-64-v${level}`, 'x86-64-v2 or newer')
        : warn(
            `x86-64-v${level}`,
            'x86-64-v2 or newer',
            'Some programs will not start on it. On a virtual machine, set the processor type to "host" instead of "kvm64" or "qemu64".',
          ),
    )
  },
}

const memory: Check = {
  id: 'memory',
  title: 'Memory',
  run: (facts, { memoryBytes }) => {
    const wanted = `${formatBytes(memoryBytes)} or more`
    return judge(facts.memory, wanted, ({ totalBytes, availableBytes, swapBytes }) => {
      const swap = swapBytes > 0 ? `, ${formatBytes(swapBytes)} swap` : ', no swap'
      const value = `${formatBytes(totalBytes)}, ${formatBytes(availableBytes)} of it available${swap}`
      if (totalBytes < memoryBytes * (1 - MEMORY_TOLERANCE)) return fail(value, wanted, 'Give the server more memory.')
      if (totalBytes < memoryBytes) return warn(value, wanted, 'It will start, with less room than the stack asks for.')
      if (availableBytes >= memoryBytes) return pass(value, wanted)
      return warn(value, wanted, 'Other programs use the rest: see who with `ps -eo rss,comm --sort=-rss | head`.')
    })
  },
}

const architecture: Check = {
  id: 'architecture',
  title: 'Architecture',
  strict: true,
  run: ({ architecture }, { arch }) =>
    judge(architecture, arch.join(' or '), (found) =>
      arch.includes(found)
        ? pass(found, arch.join(' or '))
        : fail(found, arch.join(' or '), `Use a server with ${arch.join(' or ')}, or ask the vendor for ${found}.`),
    ),
}

const kernel: Check = {
  id: 'kernel',
  title: 'Kernel',
  run: ({ kernel }) =>
    judge(kernel, '4.18 or newer', (release) => {
      const [major = 0, minor = 0] = release.split(/[.-]/).map(Number)
      const number = major * 1000 + minor
      if (number >= 4018) return pass(release, '4.18 or newer')
      const hint = 'Upgrade the operating system; 4.18 is the oldest kernel that distributions still look after.'
      return number >= 3010 ? warn(release, '4.18 or newer', hint) : fail(release, '4.18 or newer', hint)
    }),
}

const cgroups: Check = {
  id: 'cgroups',
  title: 'Control groups',
  run: ({ cgroups }) => {
    const needed = ['cpu', 'memory', 'pids']
    const wanted = needed.join(', ')
    return judge(cgroups, wanted, ({ version, controllers }) => {
      const missing = needed.filter((controller) => !controllers.includes(controller))
      if (missing.length === 0) return pass(`version ${version} with ${wanted}`, wanted)
      return fail(
        `version ${version} without ${missing.join(', ')}`,
        wanted,
        'One container could take the whole host. Add `cgroup_enable=memory` to the kernel command line and reboot.',
      )
    })
  },
}

const hostname: Check = {
  id: 'hostname',
  title: 'Length of the host name',
  run: (facts, _, wanted) =>
    judge(wanted.hostname ?? facts.hostname, `up to ${HOSTNAME_LENGTH} characters`, (name) => {
      const value = `${name.length} (${name})`
      return name.length <= HOSTNAME_LENGTH
        ? pass(value, `up to ${HOSTNAME_LENGTH} characters`)
        : fail(value, `up to ${HOSTNAME_LENGTH} characters`, 'Choose a shorter name: a certificate holds no more.')
    }),
}

const timeSync: Check = {
  id: 'time-sync',
  title: 'Clock',
  run: ({ timeSync }) =>
    judge(timeSync, 'synchronized', ({ synchronized, source }) =>
      synchronized
        ? pass(`synchronized (${source})`, 'synchronized')
        : warn(
            `not synchronized (${source})`,
            'synchronized',
            'Certificates, backups and the licence go by the clock. Turn it on: `timedatectl set-ntp true`, or set a time server of your own in chrony.',
          ),
    ),
}

const virtualization: Check = {
  id: 'virtualization',
  title: 'Kind of host',
  run: ({ virtualization }) => {
    const wanted = 'a physical or virtual machine'
    return judge(virtualization, wanted, ({ kind, name }) => {
      if (kind === 'none') return pass('physical machine', wanted)
      if (kind === 'vm') return pass(`virtual machine (${name})`, wanted)
      return warn(
        `container (${name})`,
        wanted,
        'These facts are those of the container. Run preflight on the host itself, or allow nesting for this container.',
      )
    })
  },
}

const systemd: Check = {
  id: 'systemd',
  title: 'systemd',
  run: ({ systemd }) =>
    judge(systemd, 'process 1', ({ running }) =>
      running
        ? pass('process 1', 'process 1')
        : warn(
            'not running',
            'process 1',
            'The appliance works, but it comes back after a reboot only if you start `dockerd` at boot.',
          ),
    ),
}

const mandatoryAccessControl: Check = {
  id: 'mandatory-access-control',
  title: 'AppArmor or SELinux',
  run: ({ mandatoryAccessControl, engine }) => {
    const wanted = 'off, or in step with the engine'
    return judge(mandatoryAccessControl, wanted, ({ apparmor, apparmorParser, selinux }) => {
      const labels = !isUnknown(engine.answer) && engine.answer.securityOptions.includes('selinux')
      if (apparmor && !apparmorParser)
        return warn(
          'AppArmor without apparmor_parser',
          wanted,
          'The engine may fail to start containers: `apt-get install apparmor`.',
        )
      if (selinux === 'enforcing' && labels)
        return warn(
          'SELinux enforcing, with labels on containers',
          wanted,
          'Let containers read their files: `semanage fcontext -a -t container_file_t "/var/lib/domicile(/.*)?" && restorecon -R /var/lib/domicile`.',
        )
      if (selinux !== 'off') return pass(`SELinux ${selinux}`, wanted)
      return pass(apparmor ? 'AppArmor' : 'none', wanted)
    })
  },
}

export const HOST_CHECKS: readonly Check[] = [
  architecture,
  cpuCount,
  cpuLevel,
  memory,
  kernel,
  cgroups,
  hostname,
  timeSync,
  virtualization,
  systemd,
  mandatoryAccessControl,
]
