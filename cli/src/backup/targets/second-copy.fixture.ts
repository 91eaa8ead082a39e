import { mkdir, rm, writeFile } from 'node:fs/promises'
import { tagsOf } from '@domicile/backup/archive'
import type { Snapshot } from '@domicile/backup/snapshot'
import { layoutOf } from '@domicile/stacks/plan'
import { execa } from 'execa'
import type { Appliance } from '../../appliance/appliance.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue, writeCatalogue } from '../catalogue.ts'
import { backupFolder } from '../folder.ts'

const IMAGES = { backup: 'domicile/backup:0.1.0' }
const KEY = 'aBcDeFgHjKmNpQrStUvWxYz23456789abcdefghjkmn'

/** As much of an appliance as its backups need: folders, keys, a network, and an archive that fills up on demand. */
export class Archived implements AsyncDisposable {
  readonly name: string
  readonly tools = { engine: new DockerEngine(), signal: new AbortController().signal }
  appliance = {} as Pick<Appliance, 'name' | 'state'>

  constructor(name: string) {
    this.name = name
  }

  async start(): Promise<this> {
    const folder = backupFolder(this.name)
    for (const path of [
      folder.archive,
      `${folder.cache}/archive`,
      folder.targets,
      `${layoutOf(this.name).lib}/secrets`,
    ])
      await mkdir(path, { recursive: true, mode: 0o700 })
    await writeFile(folder.archiveKey, KEY, { mode: 0o400 })
    await execa('docker', ['network', 'create', this.network])
    const images = await Promise.all(
      Object.entries(IMAGES).map(async ([role, reference]) => {
        const { stdout } = await execa('docker', ['image', 'inspect', '--format', '{{.Id}}', reference])
        return { role, reference, digest: stdout.trim(), layers: [] }
      }),
    )
    this.appliance = { name: this.name, state: { images } as unknown as Appliance['state'] }
    return this
  }

  get network() {
    return `${this.name}_edge`
  }

  /** A snapshot as the archive has it, of bytes that are nowhere else. */
  async snapshot(run: string, at: Date, { mib = 1 }: { mib?: number } = {}): Promise<Snapshot> {
    const source = { host: this.name, at }
    const write = (part: string, bytes: number) => ['sh', '-c', `echo ${run} ${part}; head -c ${bytes} /dev/urandom`]
    const parts = await withArchive(this.appliance, { service: 'seed' }, this.tools, async (archive) => {
      await archive.ensure()
      const one = async (part: 'database' | 'files' | 'manifest', bytes: number) =>
        (
          await archive.backupCommand(
            { ...source, tags: tagsOf(run, 'scheduled', part) },
            part === 'manifest' ? 'manifest.json' : `${part}.sql`,
            write(part, bytes),
          )
        ).id
      return {
        database: await one('database', mib * 2 ** 20),
        files: await one('files', 2 ** 10),
        manifest: await one('manifest', 2 ** 10),
      }
    })
    const snapshot: Snapshot = {
      ...{ run, at: at.toISOString(), kind: 'scheduled', hold: null, parts, manifest: '0'.repeat(64) },
      release: { name: 'guestbook', version: '1.0.0' },
      ...{ bytes: { dump: 1, documents: 0, added: 1 }, seconds: 1, refused: null, checkedAt: null, provenAt: null },
    }
    await writeCatalogue(this.name, [...(await readCatalogue(this.name)), snapshot])
    return snapshot
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await execa('docker', ['network', 'rm', this.network], { reject: false })
    await rm(layoutOf(this.name).lib, { recursive: true, force: true })
  }
}
