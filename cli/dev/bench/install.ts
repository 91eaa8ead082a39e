import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRelease, parsePublicKey, pinKey } from '@domicile/stacks/release'
import { execa } from 'execa'
import { type Host, startHost } from '../../test/support/host.ts'
import { bareBlueprint, bareScript } from './bare-install.ts'
import { EXECUTABLE, installFlags, median, PUBLIC_KEY, prepareBench, RELEASE, seconds, table } from './fixture.ts'

const ROUNDS = 3

/**
 * `domicile install` from a built release on a prepared host without a network, against the bare sequence by hand on the
 * same host: unpack, `docker load`, `docker run` of the same images with the same options, the same questions to the same
 * health checks, the same SQL. And the size of the release against `docker save | zstd` of each image.
 */
export async function benchInstall(): Promise<void> {
  await prepareBench()
  await using release = await openRelease(RELEASE, pinKey(parsePublicKey(await readFile(PUBLIC_KEY, 'utf8'))), {
    now: new Date(),
  })
  await compareSizes([...new Set(release.manifest.images.map(({ reference }) => reference))])

  await using host = await startHost({ name: 'bench' })
  await host.must('apt-get', ['update', '-q'])
  await host.must('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'zstd'])
  await host.copyIn(EXECUTABLE, '/usr/local/bin/domicile')
  await host.copyIn(RELEASE, '/root/erp.domicile')
  await host.copyIn(PUBLIC_KEY, '/root/vendor.pub')
  await copyText(
    host,
    bareScript(bareBlueprint(release.manifest, release.stackFiles, await hostSize(host))),
    '/root/bare.sh',
  )
  await host.cutNetwork()

  const [ours, bare]: [number[], number[]] = [[], []]
  const install = [
    'install',
    '/root/erp.domicile',
    '--vendor-key',
    '/root/vendor.pub',
    '--name',
    'bench',
    ...installFlags,
  ]
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await seconds(() => host.must('domicile', install)))
    await host.must('domicile', ['uninstall', '--yes'])
    await emptyEngine(host)
    bare.push(await seconds(() => host.must('sh', ['-eu', '/root/bare.sh'])))
    await emptyEngine(host)
  }
  const cells = (values: number[]) => [...values, median(values)].map((value) => `${value.toFixed(1)} s`)
  table([
    ['', ...ours.map((_, index) => `round ${index + 1}`), 'median'],
    ['domicile install (preflight, verification, journal)', ...cells(ours)],
    ['tar, zstd, docker load, docker run', ...cells(bare)],
  ])
  console.log(`ratio ${(median(ours) / median(bare)).toFixed(2)} (wanted <= 1.15)`)
}

async function compareSizes(references: readonly string[]): Promise<void> {
  let sum = 0
  for (const reference of references)
    sum += Number((await execa('sh', ['-c', `docker save ${reference} | zstd -q -9 | wc -c`])).stdout)
  const { size } = await stat(RELEASE)
  console.log(
    `release ${(size / 1e6).toFixed(1)} MB; docker save | zstd -9 of each of its ${references.length} images ${(sum / 1e6).toFixed(1)} MB; ratio ${(size / sum).toFixed(2)}`,
  )
}

/** Containers, networks, volumes and images: the next round loads everything again. */
async function emptyEngine(host: Host): Promise<void> {
  await host.must('sh', [
    '-c',
    'docker ps -aq | xargs -r docker rm -fv; docker system prune -af --volumes; docker volume ls -q | xargs -r docker volume rm; rm -rf /srv/bare',
  ])
}

async function hostSize(host: Host) {
  const [memory, cores] = (
    await host.must('sh', ['-c', "awk '/MemTotal/ {print $2 * 1024}' /proc/meminfo; nproc"])
  ).split('\n')
  return { memoryBytes: Number(memory), cpus: Number(cores) }
}

async function copyText(host: Host, text: string, target: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  await writeFile(join(folder, 'file'), text)
  await host.copyIn(join(folder, 'file'), target)
  await rm(folder, { recursive: true })
}
