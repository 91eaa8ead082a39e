import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exactly, PATHS, runsOf, tagsOf } from '@domicile/backup/archive'
import type { Snapshot } from '@domicile/backup/snapshot'
import { layoutOf } from '@domicile/stacks/plan'
import { execa } from 'execa'
import { type Appliance, openAppliance } from '../../appliance/appliance.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue } from '../catalogue.ts'
import type { Room } from '../room.ts'
import { TO_GIVE } from './source.ts'

const ROOT = join(import.meta.dirname, '../../../..')
export const PROGRAM = join(ROOT, 'cli/bin/domicile.ts')

/** Of its own: the one of the stack may be built anew by whoever else tries it at this moment. */
const IMAGE = 'domicile-test/guestbook-drill:1'

/** As the archive's room has it. */
const RESTIC = 'restic --repo /repository --password-file /run/secrets/backup_archive_key --cache-dir /cache --quiet'

/** The guest book with a volume of documents, installed on this machine's own engine, with the program as it is. */
export class Installed implements AsyncDisposable {
  readonly name: string
  readonly tools = { engine: new DockerEngine(), signal: new AbortController().signal }
  #folder = ''

  constructor(name: string) {
    this.name = name
  }

  async start(): Promise<this> {
    this.#folder = await mkdtemp(join(tmpdir(), 'domicile-drill-'))
    const stack = join(this.#folder, 'stack')
    await cp(join(ROOT, 'stacks/guestbook'), stack, { recursive: true })
    await addDocuments(stack)
    const file = (name: string) => join(this.#folder, name)
    await this.must('vendor', 'keygen', '--out', file('vendor'))
    const release = ['vendor', 'release', 'build', stack, '--build', '--key', file('vendor.key')]
    await this.must(...release, '--out', file('guestbook.domicile'))
    const [http, https] = [await freePort(), await freePort()]
    const ports = ['--http-port', String(http), '--https-port', String(https), '--hostname', 'localhost']
    const accepted = ['disk-latency', 'memory', 'disk-size'].flatMap((check) => ['--accept', `${check}=a test`])
    const words = ['--vendor-key', file('vendor.pub'), '--name', this.name, '--yes', ...ports, ...accepted]
    await this.must('install', file('guestbook.domicile'), ...words)
    return this
  }

  program(...words: readonly string[]) {
    return execa('node', [PROGRAM, ...words], { reject: false })
  }

  async must(...words: readonly string[]): Promise<void> {
    const result = await this.program(...words)
    if (result.exitCode !== 0) throw new Error(`${words.join(' ')} ended with ${result.exitCode}: ${result.stderr}`)
  }

  /** With `--name` and `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of a document
  async json(...words: readonly string[]): Promise<{ exitCode: number | undefined; document: any }> {
    const { exitCode, stdout } = await this.program(...words, '--name', this.name, '--json')
    return { exitCode, document: JSON.parse(stdout) }
  }

  open = (): Promise<Appliance> => openAppliance(this.name)

  /** In the running database, as its owner of all. */
  async sql(text: string): Promise<string> {
    const words = ['exec', '-u', '70', `${this.name}-postgres-1`, 'psql', '-XAtq', '-U', 'postgres', '-d', 'guestbook']
    return (await execa('docker', [...words, '-c', text])).stdout
  }

  /** Of a volume of the running appliance, on the host. */
  async documents(): Promise<string> {
    const words = ['volume', 'inspect', '--format', '{{.Mountpoint}}', `${this.name}_files`]
    return (await execa('docker', words)).stdout
  }

  async snapshot(): Promise<Snapshot> {
    await this.must('backup', 'create', '--name', this.name)
    const snapshot = (await readCatalogue(this.name)).at(-1)
    if (!snapshot) throw new Error('no snapshot was made')
    return snapshot
  }

  /** What is there of a drill: containers, networks, files. */
  async remains(): Promise<string[]> {
    const label = `label=io.domicile.appliance=${this.name}`
    const { stdout: containers } = await execa('docker', ['ps', '-a', '--filter', label, '--format', '{{.Names}}'])
    const { stdout: networks } = await execa('docker', ['network', 'ls', '--filter', label, '--format', '{{.Name}}'])
    const { stdout: files } = await execa('find', [
      `${layoutOf(this.name).lib}/backup`,
      '-maxdepth',
      '1',
      '-name',
      'drill',
    ])
    return `${containers}\n${networks}\n${files}`.split('\n').filter((name) => name.includes('drill'))
  }

  /** Puts another dump in the place of a snapshot's: what the command makes of it. */
  replaceDump({ run, kind }: Snapshot, command: string): Promise<void> {
    const tags = tagsOf(run, kind, 'database').map((tag) => `--tag ${tag}`)
    return this.#replace(run, 'database', [], async (_, room, id) => {
      await mustExec(room, `${RESTIC} dump ${id} ${PATHS.database} | ${command} > /tmp/dump.sql`)
      const name = PATHS.database.slice(1)
      await mustExec(
        room,
        `${RESTIC} backup --host ${this.name} ${tags.join(' ')} --stdin-filename ${name} --stdin-from-command -- cat /tmp/dump.sql`,
      )
    })
  }

  /** Puts other files in the place of a snapshot's; the command runs in their folder. */
  async replaceFiles({ run, kind }: Snapshot, command: string): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'domicile-files-'))
    const tags = tagsOf(run, kind, 'files').map((tag) => `--tag ${tag}`)
    const mount = { type: 'bind', source: folder, target: PATHS.files, readOnly: false } as const
    try {
      await this.#replace(run, 'files', [mount], async (archive, room, id) => {
        await archive.restoreFiles(id, [exactly(PATHS.files)], '/')
        await mustExec(room, `cd ${PATHS.files} && ${command}`)
        await mustExec(room, `${RESTIC} backup --host ${this.name} ${tags.join(' ')} ${PATHS.files}`)
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async #replace(
    run: string,
    part: 'database' | 'files',
    mounts: Parameters<typeof withArchive>[1]['mounts'],
    work: (archive: Archive, room: Room, id: string) => Promise<void>,
  ): Promise<void> {
    const room = { service: 'tamper', mounts: mounts ?? [], capabilities: TO_GIVE }
    await withArchive(await this.open(), room, this.tools, async (archive, room) => {
      const id = runsOf(await archive.list()).find((one) => one.run === run)?.parts[part] ?? ''
      await work(archive, room, id)
      await archive.forget([id])
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program('uninstall', '--name', this.name, '--remove-backups', '--yes')
    await execa('docker', ['image', 'rm', IMAGE], { reject: false })
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function mustExec(room: Room, script: string): Promise<void> {
  const { exitCode, stderr } = await room.exec(['bash', '-euo', 'pipefail', '-c', script])
  if (exitCode !== 0) throw new Error(`${script} ended with ${exitCode}: ${stderr}`)
}

async function addDocuments(stack: string): Promise<void> {
  const [compose, manifest] = [join(stack, 'compose.yaml'), join(stack, 'appliance.yaml')]
  const before = await readFile(compose, 'utf8')
  const service = '    secrets: [database_password]\n'
  const after = before
    .replace(/image: \S+/, `image: ${IMAGE}`)
    .replace(service, `${service}    volumes: [files:/var/lib/guestbook]\n`)
    .replace('\nsecrets:\n', '\nvolumes:\n  files:\n\nsecrets:\n')
  await writeFile(compose, after)
  const more = '  restored: database/restored.sql\ndocuments: [{ volume: files }]\n'
  await writeFile(manifest, `${await readFile(manifest, 'utf8')}${more}`)
  await mkdir(join(stack, 'database'), { recursive: true })
  await writeFile(join(stack, 'database/restored.sql'), "DELETE FROM entry WHERE name = 'session';\n")
}

/** Free at this moment. */
const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
