import { once } from 'node:events'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import type { TestProject } from 'vitest/node'
import { buildImages, IMAGES, imageReference } from '../../../appliance-image/build-images.ts'
import { bringPrograms } from '../../dev/prerequisites.ts'
import { RUN_LABEL, runLabel } from './host.ts'
import { buildHostImages } from './host-images.ts'
import { digestOf, ROOT, STACKS, type StackName, workshop } from './workshop.ts'

const EXECUTABLE_SOURCES = [
  ...[
    'package-lock.json',
    'cli/package.json',
    'cli/dev/build-exe.ts',
    'cli/bin',
    'cli/src',
    'stacks/src',
    'license/src',
    'license/terms',
    'backup/src',
  ],
  ...['appliance-image/package.json', 'appliance-image/agent/src/protocol.ts'],
  'appliance-image/agent/src/backing-up/helper-protocol.ts',
]

const say = (text: string) => process.stderr.write(`test set-up: ${text}\n`)

/** vitest's way in; what it gives back runs at the end. */
export async function setup({ name }: TestProject): Promise<() => Promise<void>> {
  process.env['DOMICILE_TEST_RUN'] = String(process.pid)
  await prepare({ hosts: name === 'e2e' })
  return () => removeWhatRunsLeft([process.pid])
}

/**
 * Makes sure of everything that the tests need; what is there and up to date stays. Safe to run again.
 * @param hosts whether test hosts, the executable and releases are needed, beside an engine with the system images
 */
export async function prepare({ hosts }: { hosts: boolean }): Promise<void> {
  const { PATH = '' } = process.env
  process.env['PATH'] = [join(ROOT, 'node_modules/.bin'), PATH].join(delimiter)
  await mkdir(workshop.artifacts, { recursive: true })
  await requireEngine()
  await alone(join(workshop.folder, 'lock'), async () => {
    await removeWhatRunsLeft(await endedRuns())
    await bringPrograms('mmdebstrap', 'strip', 'minisign', 'chromium', 'certutil', 'zstd', 'faketime')
    await buildImages({ report: (line) => line.endsWith('up to date') || say(line) })
    if (hosts) await prepareHosts()
  })
}

async function prepareHosts(): Promise<void> {
  await buildHostImages(say)
  await buildExecutable()
  await makeVendorKey()
  // What its image takes from outside of its folder.
  await execa('node', [join(ROOT, 'stacks/desk/build.ts')], { cwd: ROOT })
  for (const stack of STACKS) await buildRelease(stack)
}

/** Two runs at once must not build the same thing; the kernel takes the lock from one that dies. */
async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  const holder = execa('flock', [lock, 'sh', '-c', 'echo held; cat'])
  const ended = holder.catch(() => undefined)
  await Promise.race([once(holder.stdout, 'data'), holder])
  try {
    await work()
  } finally {
    holder.stdin.end()
    await ended
  }
}

async function requireEngine(): Promise<void> {
  const { exitCode, stderr } = await execa('docker', ['version'], { reject: false })
  if (exitCode !== 0) throw new Error(`No Docker Engine answers (${stderr}). \`npm test\` starts one.`)
}

async function buildExecutable(): Promise<void> {
  await unlessMadeFrom(await digestOf(EXECUTABLE_SOURCES, [process.version]), workshop.executable, async () => {
    say('building the executable')
    await execa('node', [join(ROOT, 'cli/dev/build-exe.ts'), workshop.folder], { cwd: ROOT })
  })
}

async function makeVendorKey(): Promise<void> {
  if ((await contentOf(workshop.secretKey)) && (await contentOf(workshop.publicKey))) return
  await Promise.all([workshop.secretKey, workshop.publicKey].map((path) => rm(path, { force: true })))
  await execa(workshop.executable, ['vendor', 'keygen', '--out', join(workshop.folder, 'vendor')])
}

/** A release is made of the stack's folder, the system images, the key and the code that packs. */
async function buildRelease(stack: StackName): Promise<void> {
  const packing = ['cli/src/vendor', 'cli/package.json', 'stacks/src/release', 'stacks/src/stack']
  const images = await execa('docker', ['image', 'inspect', '--format', '{{.Id}}', ...IMAGES.map(imageReference)])
  const input = await digestOf(
    [`stacks/${stack}`, ...packing],
    [images.stdout, await readFile(workshop.publicKey, 'utf8')],
  )
  await unlessMadeFrom(input, workshop.release(stack), async () => {
    say(`building the release of ${stack}`)
    const from = [join(ROOT, 'stacks', stack), '--key', workshop.secretKey, '--build']
    const beside = `${workshop.release(stack)}.new`
    await execa(workshop.executable, ['vendor', 'release', 'build', ...from, '--out', beside])
    await rename(beside, workshop.release(stack))
  })
}

/** Runs `make` unless the file was made from that input; what it was made from stands beside it. */
async function unlessMadeFrom(input: string, path: string, make: () => Promise<void>): Promise<void> {
  const record = `${path}.input`
  if ((await contentOf(record)) === input && (await execa('test', ['-s', path], { reject: false })).exitCode === 0)
    return
  await rm(record, { force: true })
  await make()
  await writeFile(record, input)
}

const contentOf = (path: string) => readFile(path, 'utf8').catch(() => undefined)

/** Runs whose process is gone: they were killed before they could clear up. */
async function endedRuns(): Promise<number[]> {
  const { stdout } = await execa('docker', [
    'ps',
    '-a',
    '--filter',
    `label=${RUN_LABEL}`,
    '--format',
    `{{.Label "${RUN_LABEL}"}}`,
  ])
  const runs = new Set(stdout.split('\n').filter(Boolean).map(Number))
  return [...runs].filter((pid) => !isAlive(pid))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function removeWhatRunsLeft(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    const mine = ['--filter', `label=${runLabel(pid)}`, '--quiet']
    const { stdout: hosts } = await execa('docker', ['ps', '--all', ...mine])
    if (hosts) await execa('docker', ['rm', '--force', '--volumes', ...hosts.split('\n')])
    const { stdout: networks } = await execa('docker', ['network', 'ls', ...mine])
    if (networks) await execa('docker', ['network', 'rm', ...networks.split('\n')])
  }
}
