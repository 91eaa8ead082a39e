import { expect, test } from 'vitest'
import { mountOptionsOf, percentile } from './disk.ts'

const MOUNTS = String.raw`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
30 22 8:2 / /var rw,nosuid,nodev shared:2 - xfs /dev/sda2 rw,attr2
31 30 8:3 / /var/lib/docker rw,noexec - ext4 /dev/sda3 rw
32 30 0:40 / /var/lib/docker ro,relatime - tmpfs tmpfs rw,size=1024k
33 22 8:4 / /mnt/with\040blank rw,noexec shared:4 - vfat /dev/sdb1 rw`

test.each([
  ['/', ['rw', 'relatime', 'errors=remount-ro']],
  ['/variety', ['rw', 'relatime', 'errors=remount-ro']],
  ['/var/lib', ['rw', 'nosuid', 'nodev', 'attr2']],
  ['/mnt/with blank/x', ['rw', 'noexec']],
])('%s is held by its longest mount point', (path, options) => {
  expect(mountOptionsOf(MOUNTS, path)).toEqual(options)
})

test('of two mounts on one point the upper one holds, and what its file system says counts too', () => {
  expect(mountOptionsOf(MOUNTS, '/var/lib/docker/overlay2')).toEqual(['ro', 'relatime', 'rw', 'size=1024k'])
})

test('the 99th percentile leaves out one slow write of a hundred, not two', () => {
  const fast = Array.from({ length: 98 }, () => 1)

  expect(percentile([...fast, 1, 900], 0.99)).toBe(1)
  expect(percentile([...fast, 900, 900], 0.99)).toBe(900)
  expect(percentile([7], 0.99)).toBe(7)
})
