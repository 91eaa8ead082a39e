import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { buildImages, IMAGES, imageReference } from '../../appliance-image/build-images.ts'
import { buildExecutable } from './build-exe.ts'
import { bringEngine, bringPrograms, removePackages, requireRoot } from './prerequisites.ts'

/**
 * `npm run demo`: the vendor's and the customer's side on this one machine, with nothing taken for granted but root,
 * Node.js, npm and Debian's packages. `--remove` takes everything back that it brought.
 */

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'dist/demo')
const NAME = 'erp'
const MEMORY = join(FOLDER, 'brought.json')

/** What was not on the machine before the demo, so that `--remove` can take it away and nothing else. */
interface Brought {
  packages: string[]
  /** The demo started dockerd by hand (a machine without systemd). */
  engineStarted: boolean
  images: string[]
}

const domicile = (...args: string[]) =>
  execa(join(ROOT, 'dist/domicile'), args, { stdio: ['ignore', 'inherit', 'inherit'], cwd: FOLDER })
const heading = (text: string) => console.error(`\n== ${text}`)

async function install(): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  const brought = await recall()
  heading('What this machine needs')
  brought.packages.push(...(await bringPrograms('mmdebstrap', 'strip')), ...(await bringEngine()))
  await remember(brought)
  await buildExecutable()
  if (!(await engineAnswers())) {
    await domicile('host', 'prepare', '--yes')
    brought.engineStarted = !existsSync('/run/systemd/system')
    await remember(brought)
  }

  heading('Vendor: system images, key, signed release')
  brought.images = [...new Set([...brought.images, ...(await missingImages())])]
  await remember(brought)
  await buildImages({ report: (line) => console.error(line) })
  if (!existsSync(join(FOLDER, 'vendor.key'))) await domicile('vendor', 'keygen', '--out', 'vendor')
  const installed = existsSync(`/var/lib/domicile/${NAME}/state.json`)
  // An installed appliance goes with the file it was installed from.
  if (!installed || !existsSync(join(FOLDER, 'erp.domicile'))) {
    const words = ['--key', 'vendor.key', '--build', '--out', 'erp.domicile']
    await domicile('vendor', 'release', 'build', join(ROOT, 'stacks/erp'), ...words)
  }

  heading('Customer: install')
  const ports = (await isFree(80)) && (await isFree(443)) ? ['80', '443'] : ['8080', '8443']
  const where = installed
    ? []
    : ['--http-port', ports[0] ?? '', '--https-port', ports[1] ?? '', '--hostname', 'localhost']
  await domicile(
    'install',
    'erp.domicile',
    '--vendor-key',
    'vendor.pub',
    '--yes',
    '--name',
    NAME,
    ...where,
    ...accepted(),
  )
  await license()
  await audit()
  await backup()
  await domicile('status', '--name', NAME)
  console.log(`
Try next:
  dist/domicile license show
  dist/domicile license audit --html audit.html
  dist/domicile backup list --explain
  dist/domicile restore --latest --dry-run
  dist/domicile doctor
  dist/domicile apply --dry-run
  dist/domicile tls root > root.pem
  npm run demo -- --remove        takes it all away again`)
}

/** Customer asks, vendor signs, customer applies: once for each installation. */
async function license(): Promise<void> {
  const [request, licence] = ['request.lic', 'licence.lic'] as const
  const { stdout } = await execa(join(ROOT, 'dist/domicile'), ['license', 'show', '--name', NAME, '--json'])
  if (JSON.parse(stdout).licence !== null) return
  heading('Customer asks for a licence, vendor signs it, customer applies it')
  await Promise.all([request, licence].map((file) => rm(join(FOLDER, file), { force: true })))
  await domicile('license', 'request', '--name', NAME, '--purpose', 'test', '--out', request)
  const spec = ['--spec', join(ROOT, 'cli/dev/demo-licence.yaml'), '--terms', 'erp-on-premises', '--seq', '1']
  await domicile('vendor', 'license', 'issue', ...spec, '--request', request, '--key', 'vendor.key', '--out', licence)
  await domicile('license', 'apply', licence, '--name', NAME)
}

/** Customer writes a report of what was used, vendor verifies it with public keys alone. */
async function audit(): Promise<void> {
  heading('Customer writes a report of what was used, vendor verifies it')
  await rm(join(FOLDER, 'audit.jsonl'), { force: true })
  await domicile('license', 'audit', '--name', NAME, '--out', 'audit.jsonl')
  await domicile(
    'vendor',
    'audit',
    'verify',
    'audit.jsonl',
    '--vendor-key',
    'vendor.pub',
    '--installation-key',
    'request.lic',
  )
}

/** A snapshot of everything, restored beside the appliance to see that it is what it was. */
async function backup(): Promise<void> {
  heading('Backup, and the proof that it can be restored')
  await domicile('backup', 'create', '--name', NAME)
  await domicile('backup', 'drill', '--name', NAME)
}

/** A demo is not production: a small or slow machine is good enough to look at it, and the record says who said so. */
const accepted = () =>
  ['cpu-count', 'memory', 'disk-size', 'disk-latency', 'disk-inodes'].flatMap((check) => [
    '--accept',
    `${check}=only a demo`,
  ])

async function removeAll(): Promise<void> {
  const brought = await recall()
  if (existsSync(`/var/lib/domicile/${NAME}`)) await domicile('uninstall', '--name', NAME, '--yes', '--remove-backups')
  for (const image of brought.images) await execa('docker', ['image', 'rm', image], { reject: false })
  // Stages of builds that no tag names any more; the label comes down from the base image.
  await execa('docker', ['image', 'prune', '--force', '--filter', 'label=domicile.input'], { reject: false })
  if (brought.engineStarted) await stopEngine()
  await removePackages(brought.packages)
  await rm(FOLDER, { recursive: true, force: true })
  console.log('The machine is as it was before the demo.')
}

async function stopEngine(): Promise<void> {
  const pid = await readFile('/var/run/docker.pid', 'utf8').catch(() => '')
  if (pid) process.kill(Number(pid), 'SIGTERM')
}

/** Images that the demo will make and that are not there yet. */
async function missingImages(): Promise<string[]> {
  const wanted = [...IMAGES.map(imageReference), 'domicile/erp-app:7.0.30']
  const found = await Promise.all(
    wanted.map((image) => execa('docker', ['image', 'inspect', image], { reject: false })),
  )
  return wanted.filter((_, index) => found[index]?.exitCode !== 0)
}

const engineAnswers = async () => (await execa('docker', ['version'], { reject: false })).exitCode === 0

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const call = connect({ port, host: '127.0.0.1' }, () => {
      call.destroy()
      resolve(false)
    })
    call.on('error', () => resolve(true))
  })
}

const recall = async (): Promise<Brought> =>
  existsSync(MEMORY) ? JSON.parse(await readFile(MEMORY, 'utf8')) : { packages: [], engineStarted: false, images: [] }
const remember = (brought: Brought) => writeFile(MEMORY, JSON.stringify(brought, null, 2))

requireRoot('The demo')
await (process.argv.includes('--remove') ? removeAll() : install()).catch((error: Error & { exitCode?: number }) => {
  console.error(error.exitCode === undefined ? error : `\nThe demo stopped: ${error.message.split('\n')[0]}`)
  process.exitCode = error.exitCode ?? 1
})
