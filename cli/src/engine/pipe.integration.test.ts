import { execa } from 'execa'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DockerEngine } from './docker-engine.ts'
import type { Piped } from './pipe.ts'

const NAME = `pipe-test-${process.pid}`
const engine = new DockerEngine()

beforeAll(async () => {
  await execa('docker', ['run', '--detach', '--init', '--name', NAME, 'domicile/base:0.1.0', 'sleep', 'infinity'])
})
afterAll(() => execa('docker', ['rm', '--force', NAME]))

const shell = (script: string, input = ''): Piped => ({
  ...{ container: NAME, command: ['sh', '-c', script], user: '0', input },
})
const never = new AbortController().signal
const read = async (path: string) => (await execa('docker', ['exec', NAME, 'cat', path])).stdout

test('everything arrives, in order, after what the sink reads first', async () => {
  const bytes = await engine.pipe(
    shell('read -r n; seq "$n"', '200000\n'),
    shell('read -r first; { echo "$first"; cat; } | sha256sum > /tmp/sum', 'first\n'),
    never,
  )

  const { stdout } = await execa('sh', ['-c', '{ echo first; seq 200000; } | sha256sum'])
  expect(await read('/tmp/sum')).toBe(stdout)
  expect(bytes).toBe(1_288_895)
})

test('a slow reader holds the writer up instead of filling the memory', async () => {
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 20)

  const bytes = await engine
    .pipe(shell('head -c 300000000 /dev/zero'), shell('sleep 2; wc -c > /tmp/count'), never)
    .finally(() => clearInterval(watch))

  expect(bytes).toBe(300_000_000)
  expect((await read('/tmp/count')).trim()).toBe('300000000')
  expect(most - before).toBeLessThan(150_000_000)
})

test('what the source complains about is said', async () => {
  await expect(
    engine.pipe(shell('echo half; echo no rights >&2; exit 3'), shell('cat > /dev/null'), never),
  ).rejects.toThrow(
    expect.objectContaining({ code: 'PIPE_FAILED', exitCode: 1, message: expect.stringContaining('no rights') }),
  )
})

test('a sink that gives up is not waited for, however much there would be', async () => {
  const began = performance.now()

  await expect(engine.pipe(shell('yes'), shell('echo bad archive >&2; exit 1'), never)).rejects.toThrow('bad archive')
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('a sink that is content early does not make the source fail', async () => {
  for (let round = 0; round < 10; round++) {
    const bytes = await engine.pipe(shell('echo all; sleep 0.2; echo more'), shell('read -r line; exit 0'), never)

    expect(bytes).toBeGreaterThan(0)
  }
})

test('aborted, it ends at once', async () => {
  const abort = AbortSignal.timeout(500)
  const began = performance.now()

  await expect(engine.pipe(shell('yes'), shell('cat > /dev/null'), abort)).rejects.toThrow()
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('whoever writes for nobody any more ends', async () => {
  await vi.waitFor(async () => expect((await execa('docker', ['top', NAME])).stdout).not.toMatch(/\byes|cat\b/), 5000)
})
