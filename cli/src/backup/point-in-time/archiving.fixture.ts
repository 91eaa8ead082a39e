import { join } from 'node:path'
import { archivingSettings } from '@domicile/backup/point-in-time'
import { hostHandlers, sql, waitUntilHealthy } from '@domicile/stacks/apply'
import { layoutOf } from '@domicile/stacks/plan'
import { loadStack, type Stack } from '@domicile/stacks/stack'
import { execa } from 'execa'
import { type Appliance, blueprintOf } from '../../appliance/appliance.ts'
import type { WantedRecord } from '../../appliance/records.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { backupFolder } from '../folder.ts'
import type { Place } from './engine.ts'

const IMAGES = ['postgres', 'backup'] as const
const SUBNETS = { internal: '10.253.77.0/24', edge: '10.253.78.0/24' }

/** An appliance's PostgreSQL as it is installed, with its folders, secrets and network, and nothing else of it. */
export class Archiving implements AsyncDisposable {
  readonly name: string
  readonly said: string[] = []
  readonly tools = {
    engine: new DockerEngine(),
    signal: new AbortController().signal,
    say: (text: string) => void this.said.push(text),
    now: () => new Date(),
  }
  place = {} as Place & { stack: Stack }

  constructor(name: string) {
    this.name = name
  }

  get postgres() {
    return `${this.name}-postgres-1`
  }

  get folder() {
    return backupFolder(this.name)
  }

  /** @param backup as in the record of what is wanted */
  async start(backup: WantedRecord['backup'] = {}): Promise<this> {
    const stack = await loadStack(join(import.meta.dirname, '../../../../stacks/guestbook'))
    const wanted = { ...WANTED, name: this.name, backup } as WantedRecord
    const images = await Promise.all(IMAGES.map(imageOf))
    const state = { images, host: HOST, trust: { keys: [] }, volumes: {} } as unknown as Appliance['state']
    this.place = { name: this.name, wanted, state, stack, blueprint: blueprintOf(wanted, state, stack) }
    const { blueprint } = this.place
    const { directories, files, secrets } = hostHandlers()
    const context = { say: () => undefined, signal: this.tools.signal }
    await directories.run({ kind: 'directories', directories: blueprint.directories }, context)
    await files.run({ kind: 'files', files: blueprint.files }, context)
    await secrets.run({ kind: 'secrets', secrets: blueprint.secrets }, context)
    for (const network of blueprint.networks) await this.tools.engine.createNetwork(network)
    await this.run()
    return this
  }

  /** Makes the container and waits for it. */
  async run(): Promise<void> {
    const [container] = this.place.blueprint.containers
    if (!container) throw new Error('a blueprint has PostgreSQL')
    await this.tools.engine.createContainer(container)
    await this.tools.engine.startContainer(container.name)
    await waitUntilHealthy(this.tools.engine, container.name, 'postgres', this.tools)
  }

  sql = (text: string) => sql(this.tools.engine, this.postgres, 'postgres', text)

  /** As much WAL may wait. */
  async limit(bytes: number): Promise<void> {
    const { archive_command } = archivingSettings({ limitBytes: bytes })
    await this.sql(`alter system set archive_command = '${archive_command}'`)
    await this.sql('select pg_reload_conf()')
  }

  inside = (...command: string[]) => this.tools.engine.exec(this.postgres, command, { user: '70' })

  async [Symbol.asyncDispose]() {
    const { stdout: ours } = await execa('docker', [
      'ps',
      '-aq',
      '--filter',
      `label=io.domicile.appliance=${this.name}`,
    ])
    for (const container of ours.split('\n').filter(Boolean))
      await execa('docker', ['rm', '--force', '--volumes', container], { reject: false })
    const { stdout } = await execa('docker', ['volume', 'ls', '--quiet', '--filter', `name=^${this.name}_`])
    for (const volume of stdout.split('\n').filter(Boolean))
      await execa('docker', ['volume', 'rm', '--force', volume], { reject: false })
    for (const network of ['internal', 'edge'])
      await execa('docker', ['network', 'rm', `${this.name}_${network}`], { reject: false })
    await execa('umount', [this.folder.pointInTime], { reject: false })
    const { etc, lib } = layoutOf(this.name)
    await execa('rm', ['-rf', etc, lib])
  }
}

const HOST = { memoryBytes: 2 ** 31, cpus: 2 }
const WANTED = {
  format: 1,
  settings: { hostname: 'localhost', greeting: 'Hello' },
  ports: { address: '127.0.0.1', http: 8580, https: 8543 },
  subnets: SUBNETS,
  tls: { mode: 'internal' },
  accepted: [],
}

async function imageOf(role: (typeof IMAGES)[number]) {
  const reference = `domicile/${role}:0.1.0`
  const { stdout } = await execa('docker', ['image', 'inspect', '--format', '{{.Id}}', reference])
  return { role, reference, digest: stdout.trim(), layers: [] }
}
