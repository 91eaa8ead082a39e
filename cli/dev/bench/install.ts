import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostHandlers, scramVerifier } from '@domicile/stacks/apply'
import { type Blueprint, type ContainerSpec, makeBlueprint } from '@domicile/stacks/plan'
import { openRelease, parsePublicKey, pinKey } from '@domicile/stacks/release'
import { parseStack } from '@domicile/stacks/stack'
import { execa } from 'execa'
import {
  FOLDER,
  installErp,
  median,
  PUBLIC_KEY,
  prepareBench,
  RELEASE,
  seconds,
  table,
  uninstallErp,
} from './fixture.ts'

const ROUNDS = 3
const NAME = 'bench'

/**
 * `domicile install` from a built release against the bare sequence by hand: unpack, `docker load`, `docker run` of the
 * same images with the same options, the same questions to the same health checks, the same SQL. And the size of the
 * release against `docker save | zstd` of each image.
 */
export async function benchInstall(): Promise<void> {
  await prepareBench()
  const release = await openRelease(RELEASE, pinKey(parsePublicKey(await readFile(PUBLIC_KEY, 'utf8'))), {
    now: new Date(),
  })
  const references = [...new Set(release.manifest.images.map(({ reference }) => reference))]
  await sizes(references)

  const blueprint = bareBlueprint(release)
  const [ours, bare]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    await dropImages(references)
    ours.push(await seconds(() => installErp(NAME)))
    await uninstallErp(NAME)
    await dropImages(references)
    bare.push(await seconds(() => bareInstall(blueprint)))
    await bareRemove(blueprint)
  }
  await release.close()
  const ratio = median(ours) / median(bare)
  table([
    ['', ...ours.map((_, index) => `round ${index + 1}`), 'median'],
    [
      'domicile install (with preflight, verification, journal)',
      ...[...ours, median(ours)].map((value) => `${value.toFixed(1)} s`),
    ],
    ['docker load + docker run', ...[...bare, median(bare)].map((value) => `${value.toFixed(1)} s`)],
  ])
  console.log(`ratio ${ratio.toFixed(2)} (wanted <= 1.15)`)
}

async function sizes(references: readonly string[]): Promise<void> {
  const single = await Promise.all(
    references.map(async (reference) => {
      const { stdout } = await execa('sh', ['-c', `docker save ${reference} | zstd -q -9 -T0 | wc -c`])
      return Number(stdout)
    }),
  )
  const { size } = await stat(RELEASE)
  const sum = single.reduce((total, bytes) => total + bytes, 0)
  console.log(
    `release ${(size / 1e6).toFixed(1)} MB; sum of docker save | zstd -9 of its ${references.length} images ${(sum / 1e6).toFixed(1)} MB; ratio ${(size / sum).toFixed(2)}`,
  )
}

/** The engine keeps layers while an image has any tag; the builds of this machine give theirs up for the measurement. */
async function dropImages(references: readonly string[]): Promise<void> {
  await execa('docker', ['image', 'rm', '--force', ...references], { reject: false })
}

function bareBlueprint(release: Awaited<ReturnType<typeof openRelease>>): Blueprint {
  return makeBlueprint({
    name: NAME,
    stack: parseStack(release.stackFiles),
    settings: { hostname: 'localhost', workers: 2 },
    ports: { address: '0.0.0.0', http: 18_080, https: 18_443 },
    subnets: { internal: '10.204.254.0/24', edge: '10.204.255.0/24' },
    images: Object.fromEntries(release.manifest.images.map(({ role, ...image }) => [role, image])),
    host: { memoryBytes: totalmem(), cpus: cpus().length },
    tls: { mode: 'internal' },
  })
}

async function bareInstall(blueprint: Blueprint): Promise<void> {
  const { directories, files, secrets } = hostHandlers()
  const progress = { say: () => undefined, signal: new AbortController().signal }
  await directories.run({ kind: 'directories', directories: blueprint.directories }, progress)
  await files.run({ kind: 'files', files: blueprint.files }, progress)
  await secrets.run({ kind: 'secrets', secrets: blueprint.secrets }, progress)
  const unpacked = join(FOLDER, 'unpacked')
  await mkdir(unpacked, { recursive: true })
  await execa('tar', ['-xf', RELEASE, '-C', unpacked, 'images.tar.zst'])
  await execa('sh', ['-c', `zstd -dc --long=27 ${unpacked}/images.tar.zst | docker load`])
  for (const { name, internal, subnet } of blueprint.networks) {
    await execa('docker', ['network', 'create', ...(internal ? ['--internal'] : []), '--subnet', subnet, name])
  }
  const [postgres, ...others] = blueprint.containers
  if (!postgres) return
  await bareStart(postgres)
  await psql(postgres.name, 'postgres', await bareRoles(blueprint))
  if (blueprint.jobs.initialize) await execa('docker', ['run', '--rm', ...runArguments(blueprint.jobs.initialize)])
  await psql(postgres.name, blueprint.database.name, bareGrants(blueprint))
  for (const container of others) await bareStart(container)
}

async function bareStart(spec: ContainerSpec): Promise<void> {
  await execa('docker', ['create', ...runArguments(spec)])
  for (const { network, address } of spec.networks.slice(1))
    await execa('docker', ['network', 'connect', '--ip', address, network, spec.name])
  await execa('docker', ['start', spec.name])
  const { stdout } = await execa('docker', ['inspect', '-f', '{{json .Config.Healthcheck}}', spec.name])
  const [kind, ...words] = (JSON.parse(stdout) as { Test: string[] } | null)?.Test ?? []
  if (!kind) return void (await sleep(2000))
  const command = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : words
  while ((await execa('docker', ['exec', spec.name, ...command], { reject: false })).exitCode !== 0) await sleep(250)
}

function runArguments(spec: ContainerSpec): string[] {
  const first = spec.networks[0]
  return [
    ...['--name', spec.name, '--init', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    ...[
      '--memory',
      String(spec.memoryBytes),
      '--pids-limit',
      String(spec.pids),
      '--network',
      first?.network ?? '',
      '--ip',
      first?.address ?? '',
    ],
    ...(first?.aliases ?? []).flatMap((alias) => ['--network-alias', alias]),
    ...(spec.user ? ['--user', spec.user] : []),
    ...(spec.shmBytes ? ['--shm-size', String(spec.shmBytes)] : []),
    ...Object.entries(spec.environment).flatMap(([key, value]) => ['-e', `${key}=${value}`]),
    ...spec.mounts.flatMap(({ source, target, readOnly }) => ['-v', `${source}:${target}${readOnly ? ':ro' : ''}`]),
    ...Object.entries(spec.tmpfs).flatMap(([path, options]) => ['--tmpfs', `${path}:${options}`]),
    ...spec.ports.flatMap(({ address, host, container }) => ['-p', `${address}:${host}:${container}`]),
    ...(spec.health ? ['--health-cmd', shell(spec.health.test), '--health-interval', `${spec.health.interval}ms`] : []),
    spec.image,
    ...(spec.command ?? []),
  ]
}

const shell = ([kind, ...words]: readonly string[]) =>
  kind === 'CMD-SHELL' ? (words[0] ?? '') : words.map((word) => `'${word}'`).join(' ')

async function bareRoles({ database }: Blueprint): Promise<string> {
  const verifier = async (path: string) => scramVerifier((await readFile(path, 'utf8')).trim())
  const { name, owner, app } = database
  return `CREATE ROLE ${owner} LOGIN PASSWORD '${await verifier(database.ownerSecret)}'; CREATE ROLE ${app} LOGIN PASSWORD '${await verifier(database.appSecret)}';
GRANT ${app} TO ${owner};
CREATE DATABASE ${name} OWNER ${owner} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO ${app};`
}

const bareGrants = ({ database: { owner, app, grants } }: Blueprint) => `SET ROLE ${owner};
GRANT USAGE ON SCHEMA public TO ${app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${app};
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO ${app};
${grants ?? ''}`

const psql = (container: string, database: string, input: string) =>
  execa(
    'docker',
    [
      'exec',
      '-i',
      '-u',
      '70',
      container,
      'psql',
      '-X',
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-U',
      'postgres',
      '-d',
      database,
    ],
    { input },
  )

async function bareRemove({ containers, networks, volumes, layout }: Blueprint): Promise<void> {
  for (const { name } of containers) await execa('docker', ['rm', '--force', '--volumes', name], { reject: false })
  for (const { name } of networks) await execa('docker', ['network', 'rm', name], { reject: false })
  for (const volume of volumes) await execa('docker', ['volume', 'rm', volume], { reject: false })
  for (const folder of [layout.etc, layout.lib, join(FOLDER, 'unpacked')])
    await rm(folder, { recursive: true, force: true })
}
