import { type Disk, type HostFacts, isUnknown } from './facts.ts'
import { type Check, type Finding, fail, formatBytes, judge, pass, type Requirements, warn } from './verdict.ts'

const GIB = 2 ** 30

/** A PostgreSQL commit waits for one write to be safe on disk; etcd and others draw the line at 10 ms as well. */
const LATENCY_MS = { good: 10, bearable: 50 }

const INODES = { good: 200_000, bearable: 50_000 }

interface Place {
  readonly disk: Disk
  readonly neededBytes: number
}

/** Docker's data root takes images and data; the appliances' folder, where it is another disk, the unpacked release. */
function places(facts: HostFacts, { diskBytes, extractedBytes }: Requirements): Place[] {
  const { engineDisk, dataDisk } = facts
  const found: Place[] = []
  if (!isUnknown(engineDisk)) found.push({ disk: engineDisk, neededBytes: Math.max(diskBytes, 2 * extractedBytes) })
  if (!isUnknown(dataDisk) && (isUnknown(engineDisk) || dataDisk.device !== engineDisk.device))
    found.push({ disk: dataDisk, neededBytes: Math.max(GIB, extractedBytes) })
  return found
}

const wantedSpace = (list: readonly Place[]) =>
  list.map(({ disk, neededBytes }) => `${formatBytes(neededBytes)} free in ${disk.path}`).join(', ')

const diskSize: Check = {
  id: 'disk-size',
  title: 'Free disk space',
  run: (facts, requirements) => {
    const list = places(facts, requirements)
    return judge(facts.engineDisk, wantedSpace(list) || 'known', () => {
      const value = list.map(({ disk }) => `${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)}`)
      const short = list.filter(({ disk, neededBytes }) => disk.freeBytes < neededBytes)
      if (short.length === 0) return pass(value.join(', '), wantedSpace(list))
      const missing = short.map(
        ({ disk, neededBytes }) =>
          `Free or add ${formatBytes(neededBytes - disk.freeBytes)} in ${disk.measuredAt}: see what is there with \`du -xh -d2 ${disk.measuredAt} | sort -h | tail\`.`,
      )
      return fail(value.join(', '), wantedSpace(list), missing.join(' '))
    })
  },
}

const diskInodes: Check = {
  id: 'disk-inodes',
  title: 'Free inodes',
  run: ({ engineDisk }) => {
    const wanted = `${INODES.good} or more`
    return judge(engineDisk, wanted, ({ totalInodes, freeInodes, measuredAt }) => {
      if (totalInodes === 0) return pass('no fixed number', wanted)
      if (freeInodes >= INODES.good) return pass(`${freeInodes}`, wanted)
      const hint = `Images hold many small files. Find folders full of them: \`du --inodes -x -d2 ${measuredAt} | sort -n | tail\`.`
      return freeInodes >= INODES.bearable ? warn(`${freeInodes}`, wanted, hint) : fail(`${freeInodes}`, wanted, hint)
    })
  },
}

const diskLatency: Check = {
  id: 'disk-latency',
  title: 'Time until a write is safe',
  run: (facts) => {
    const wanted = `99 of 100 within ${LATENCY_MS.good} ms`
    return judge(facts.diskLatency, wanted, ({ p99Ms, writes, measuredAt, onDataDisk }): Finding => {
      const value = `${p99Ms.toFixed(1)} ms (${writes} ${writes === 1 ? 'write' : 'writes'} in ${measuredAt})`
      if (!onDataDisk) return warn(value, wanted, 'This is not the disk of the data: measure again as root.')
      if (p99Ms <= LATENCY_MS.good) return pass(value, wanted)
      const hint =
        'Every change in the database waits that long. Use a local SSD, no network file system, and leave the hypervisor’s write cache safe but on.'
      return p99Ms <= LATENCY_MS.bearable ? warn(value, wanted, hint) : fail(value, wanted, hint)
    })
  },
}

const diskMount: Check = {
  id: 'disk-mount',
  title: 'Mount options',
  run: ({ engineDisk }) =>
    judge(engineDisk, 'writable, without noexec', ({ mountOptions, measuredAt }) => {
      const value = mountOptions.filter((option) => ['ro', 'noexec', 'nosuid'].includes(option)).join(', ') || 'plain'
      if (mountOptions.includes('ro'))
        return fail(value, 'writable, without noexec', `Mount it writable: \`mount -o remount,rw ${measuredAt}\`.`)
      if (mountOptions.includes('noexec'))
        return warn(
          value,
          'writable, without noexec',
          `Programs in volumes will not start: take noexec off ${measuredAt} in /etc/fstab, then \`mount -o remount ${measuredAt}\`.`,
        )
      return pass(value, 'writable, without noexec')
    }),
}

export const DISK_CHECKS: readonly Check[] = [diskSize, diskInodes, diskLatency, diskMount]
