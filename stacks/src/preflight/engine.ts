import { type EngineAnswer, type HostFacts, isUnknown } from './facts.ts'
import { type Check, type Finding, fail, judge, pass, warn } from './verdict.ts'

const NEWER_ENGINE =
  'Upgrade it: `apt-get install --only-upgrade docker-ce`, or `docker.io` where the distribution packages it.'

/** overlayfs in its names: Docker's own driver, rootless, and containerd's snapshotter. */
const GOOD_DRIVERS = ['overlay2', 'fuse-overlayfs', 'overlayfs', 'btrfs', 'zfs']

/** Judges what the engine said of itself; without an engine there is nothing to judge, and engine-reachable has failed. */
const ofEngine = (wanted: string, known: (answer: EngineAnswer) => Finding) => (facts: HostFacts) =>
  isUnknown(facts.engine.answer)
    ? warn('unknown: the engine did not answer', wanted, 'Make the engine answer first (engine-reachable).')
    : known(facts.engine.answer)

const present: Check = {
  id: 'engine-present',
  title: 'Docker Engine installed',
  run: ({ engine }) => {
    if (engine.binary) return pass(engine.binary, 'installed')
    if (engine.socket) return pass('its socket is there', 'installed')
    return fail(
      'not found',
      'installed',
      'Install it with `domicile host prepare`, or with `apt-get install docker.io`.',
    )
  },
}

const reachable: Check = {
  id: 'engine-reachable',
  title: 'Docker Engine answers',
  strict: true,
  run: ({ engine }) => {
    if (!isUnknown(engine.answer)) return pass('yes', 'yes')
    if (engine.denied)
      return fail(
        'this user may not use it',
        'yes',
        'Run with `sudo`, or `sudo usermod -aG docker $USER` and log in again.',
      )
    if (!engine.socket && !engine.binary) return fail('no', 'yes', 'Install it with `domicile host prepare`.')
    return fail(
      `no: ${engine.answer.unknown}`,
      'yes',
      'Start it with `systemctl start docker`; see why it does not answer with `journalctl -u docker -n 50`.',
    )
  },
}

const version: Check = {
  id: 'engine-version',
  title: 'Version of the engine',
  run: ofEngine('Docker 20.10.10 or newer', ({ product, version, apiVersion }) => {
    const value = `${product} ${version} (API ${apiVersion})`
    const wanted = 'Docker 20.10.10 or newer'
    if (product !== 'Docker')
      return fail(
        value,
        wanted,
        'Podman stands in for Docker here. Install Docker Engine with `domicile host prepare`.',
      )
    const [major = 0, minor = 0, patch = 0] = version.split(/[^\d]+/).map(Number)
    const number = major * 1_000_000 + minor * 1000 + patch
    if (number < 20_010_000) return fail(value, wanted, NEWER_ENGINE)
    if (number >= 20_010_010) return pass(value, wanted)
    return warn(
      value,
      wanted,
      `Its system call filter may stop threads in containers of Debian 12 and later. ${NEWER_ENGINE}`,
    )
  }),
}

const storage: Check = {
  id: 'engine-storage',
  title: 'Storage driver',
  run: ofEngine('overlay2', ({ storageDriver, containerdSnapshotter, backingFileSystem, supportsDType }) => {
    const details = [containerdSnapshotter && 'containerd', backingFileSystem && `on ${backingFileSystem}`]
    const value = [storageDriver, ...details.filter(Boolean)].join(' ')
    if (supportsDType === false)
      return fail(
        value,
        'overlay2',
        'This XFS was made without d_type: move Docker’s data root to one made with ftype=1.',
      )
    if (GOOD_DRIVERS.includes(storageDriver)) return pass(value, 'overlay2')
    if (storageDriver === 'vfs')
      return fail(
        value,
        'overlay2',
        'vfs copies every layer whole. Set `"storage-driver": "overlay2"` in /etc/docker/daemon.json.',
      )
    return warn(
      value,
      'overlay2',
      'Set `"storage-driver": "overlay2"` in /etc/docker/daemon.json; images have to be loaded again.',
    )
  }),
}

const snap: Check = {
  id: 'engine-snap',
  title: 'Docker from a snap',
  run: ({ engine }) =>
    engine.snap
      ? fail(
          'yes',
          'no',
          'A snap cannot read /etc/domicile and /var/lib/domicile: `snap remove docker`, then `domicile host prepare`.',
        )
      : pass('no', 'no'),
}

const limits: Check = {
  id: 'engine-limits',
  title: 'Limits on containers',
  run: ofEngine('memory and processes', ({ memoryLimit, pidsLimit, cgroupDriver }) => {
    const missing = [!memoryLimit && 'memory', !pidsLimit && 'processes'].filter(Boolean).join(' and ')
    if (!missing) return pass(`memory and processes (${cgroupDriver})`, 'memory and processes')
    return warn(
      `none on ${missing}`,
      'memory and processes',
      'One container could take the whole host. Add `cgroup_enable=memory` to the kernel command line and reboot.',
    )
  }),
}

const users: Check = {
  id: 'engine-users',
  title: 'Users of containers',
  run: ofEngine('those of the host', ({ usernsRemap, rootless }) => {
    if (rootless)
      return warn(
        'rootless engine',
        'those of the host',
        'It cannot open ports below 1024 or keep limits on every host; use the system’s engine if these are missed.',
      )
    if (usernsRemap)
      return warn(
        'mapped (userns-remap)',
        'those of the host',
        'Files with secrets belong to mapped users: take "userns-remap" out of /etc/docker/daemon.json if containers cannot read them.',
      )
    return pass('those of the host', 'those of the host')
  }),
}

const logging: Check = {
  id: 'engine-logging',
  title: 'Logs of containers',
  run: ofEngine('kept', ({ loggingDriver }) =>
    loggingDriver === 'none'
      ? warn('none', 'kept', 'Nobody can help without logs: set `"log-driver": "local"` in /etc/docker/daemon.json.')
      : pass(loggingDriver, 'kept'),
  ),
}

const liveRestore: Check = {
  id: 'engine-live-restore',
  title: 'Containers outlive the engine',
  run: ofEngine('either', ({ liveRestore }) =>
    pass(liveRestore ? 'yes (live-restore)' : 'no: an update of the engine restarts the appliance', 'either'),
  ),
}

const atBoot: Check = {
  id: 'engine-at-boot',
  title: 'Engine starts at boot',
  run: ({ systemd }) =>
    judge(systemd, 'yes', ({ running, engineAtBoot }) => {
      if (!running)
        return warn(
          'unknown: no systemd',
          'yes',
          'Start `dockerd` at boot yourself: the appliance comes back with it. And `domicile helper serve`: without it no backup is made by itself.',
        )
      if (engineAtBoot) return pass('yes', 'yes')
      return warn('no', 'yes', 'The appliance stays down after a reboot: `systemctl enable docker.service`.')
    }),
}

export const ENGINE_CHECKS: readonly Check[] = [
  present,
  reachable,
  version,
  storage,
  snap,
  limits,
  users,
  logging,
  liveRestore,
  atBoot,
]
