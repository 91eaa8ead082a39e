import { expect, test } from 'vitest'
import { architectureOf, chronySynchronized, cpuLevelOf, memoryOf } from './host.ts'

const V1 = 'fpu lm sse sse2'
const V2 = `${V1} cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3`
const V3 = `${V2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave`
const V4 = `${V3} avx512f avx512bw avx512cd avx512dq avx512vl`

test.each([
  [V1, 1],
  [V2, 2],
  [V2.replace('popcnt ', ''), 1],
  [V3, 3],
  [V3.replace('movbe', ''), 2],
  [V4, 4],
  [V4.replace('ssse3', ''), 1],
])('a processor with %s is of level %i', (flags, level) => {
  expect(cpuLevelOf(`processor\t: 0\nflags\t\t: ${flags}\nbugs\t\t:\n`)).toBe(level)
})

test('another architecture has no x86-64 level', () => {
  expect(() => cpuLevelOf('processor\t: 0\nFeatures\t: fp asimd aes\n')).toThrow('not an x86-64 processor')
})

test('memory is read in bytes, and a kernel that leaves a line out is found out', () => {
  const meminfo =
    'MemTotal:        2031412 kB\nMemFree:  1 kB\nMemAvailable:    1500000 kB\nSwapTotal:             0 kB\n'

  expect(memoryOf(meminfo)).toEqual({ totalBytes: 2_080_165_888, availableBytes: 1_536_000_000, swapBytes: 0 })
  expect(() => memoryOf('MemTotal: 2031412 kB\n')).toThrow('MemAvailable')
})

test.each([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
  ['riscv64', 'riscv64'],
])('the machine %s is called %s in images', (machine, architecture) => {
  expect(architectureOf(machine)).toBe(architecture)
})

test.each([
  ['A9FEA97B,169.254.169.123,4,1760000000.1,0.0,0.0,0.0,-7.5,0.0,0.0,0.0,0.0,16.2,Normal', true],
  ['00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised', false],
])('chrony’s line %s', (tracking, synchronized) => {
  expect(chronySynchronized(`${tracking}\n`)).toBe(synchronized)
})
