import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { exactly, PATHS, version } from '@domicile/backup/archive'
import { compareWithManifest, type Drill, type FoundDocuments, figuresOf } from '@domicile/backup/proof'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Manifest, Snapshot } from '@domicile/backup/snapshot'
import { type Progress, type Stage, sql, type Timed } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type DatabaseSpec, type Mount, type NetworkSpec, UID } from '@domicile/stacks/plan'
import type { Stack } from '@domicile/stacks/stack'
import { type Appliance, readStackAt } from '../../appliance/appliance.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import type { Archive } from '../archive.ts'
import { loadDump, makeSafe } from '../restore/load-database.ts'
import { readManifest } from '../restore/read-manifest.ts'
import type { Room } from '../room.ts'
import { withSidePostgres } from '../side-postgres.ts'
import { tryApplication } from './application.ts'
import { checkIndexes, makeReadOnly, readContent, readInvariants } from './contents.ts'
import { compareDocuments } from './documents.ts'
import {
  clearDrill,
  type DrillFolder,
  drillFolder,
  INSIDE,
  inNetwork,
  makeFolder,
  makeNetwork,
  ROOMS,
} from './place.ts'
import { type Problem, problemOf, problemsOf } from './problems.ts'
import { requireDrillRoom } from './room-needed.ts'
import { type Source, snapshotIn } from './source.ts'

export interface DrillTools {
  readonly engine: DockerEngine
  readonly stage: Stage
  readonly signal: AbortSignal
}

export interface Drilled {
  readonly drill: Drill
  /** Why the snapshot is not proven; empty: it is. */
  readonly problems: readonly Problem[]
  readonly steps: readonly Timed[]
}

/**
 * Restores a snapshot into a throw-away PostgreSQL and a throw-away folder, compares it with its manifest, starts the
 * application's own images against it in a network without a way out, and removes it all, whatever happens. The running
 * appliance is only read. The caller holds the backup lock.
 * @throws UserError and BackupRefusal for what says nothing about the snapshot: NO_ROOM (3), no engine (1), INTERRUPTED (130)
 */
export async function drill(
  appliance: Appliance,
  snapshot: Snapshot,
  source: Source,
  tools: DrillTools,
): Promise<Drilled> {
  await clearDrill(appliance, tools.engine)
  try {
    return await new Drilling(appliance, snapshot, source, tools).run()
  } catch (error) {
    throw tools.signal.aborted ? interrupted(error) : error
  } finally {
    await clearDrill(appliance, tools.engine)
  }
}

/** The two rooms of a drill, and what is restored into them. */
interface Restored {
  /** Its parts are those of the place from which it is restored. */
  readonly snapshot: Snapshot
  readonly manifest: Manifest
  readonly archive: Archive
  readonly room: Room
  readonly postgres: Room
  readonly database: DatabaseSpec
}

/** One drill under way. */
class Drilling {
  readonly #appliance: Appliance
  readonly #snapshot: Snapshot
  readonly #source: Source
  readonly #tools: DrillTools
  readonly #folder: DrillFolder
  readonly #began = new Date()
  readonly #since = performance.now()
  readonly #steps: Timed[] = []
  readonly #problems: Problem[] = []
  readonly #seconds = { load: 0, check: 0, application: 0 }
  #engines = { archive: 'unknown', database: 'unknown' }
  #compared = NOTHING_COMPARED
  #application: Drill['application'] = 'not-tried'
  #recoverySeconds: number | null = null

  constructor(appliance: Appliance, snapshot: Snapshot, source: Source, tools: DrillTools) {
    this.#appliance = appliance
    this.#snapshot = snapshot
    this.#source = source
    this.#tools = tools
    this.#folder = drillFolder(appliance.name)
  }

  async run(): Promise<Drilled> {
    await makeFolder(this.#folder, UID.postgres)
    const mounts: Mount[] = [{ type: 'bind', source: this.#folder.root, target: INSIDE, readOnly: false }]
    await this.#judged(() =>
      this.#source.open(mounts, this.#tools, async (archive, room) => {
        const snapshot = await snapshotIn(archive, this.#snapshot, this.#source.name)
        const manifest = await readManifest(archive, snapshot)
        await requireDrillRoom(this.#appliance, manifest)
        await this.#restore({ snapshot, manifest, archive, room })
      }),
    )
    return { drill: this.#claims(), problems: this.#problems, steps: this.#steps }
  }

  async #restore(parts: Pick<Restored, 'snapshot' | 'manifest' | 'archive' | 'room'>): Promise<void> {
    const { snapshot, archive } = parts
    await this.#timed('load', 'Restore documents, settings and secrets', ({ say }) =>
      archive.restoreFiles(snapshot.parts.files, [exactly(PATHS.files)], INSIDE, ({ done, files }) =>
        say(`${files} files, ${Math.round(done * 100)} %`),
      ),
    )
    const database = this.#database()
    const network = await makeNetwork(this.#appliance.name, this.#tools.engine)
    const side = {
      ...{ service: ROOMS.postgres, scratch: true, yields: true, network: inNetwork(network, 'postgres') },
      data: { type: 'bind', source: this.#folder.postgres, target: '/var/lib/postgresql', readOnly: false } as const,
      settings: { listen_addresses: '*' },
    }
    await withSidePostgres(this.#appliance, side, this.#tools, async (postgres) => {
      const restored = { ...parts, postgres, database }
      await this.#timed('load', 'Load the database', async () => {
        const dump = archive.readCommand(snapshot.parts.database, PATHS.database)
        await loadDump(dump, postgres.container, database, this.#tools)
      })
      // With everything before: whoever restores waits for that, too.
      this.#seconds.load = (performance.now() - this.#since) / 1000
      this.#engines = await enginesOf(restored, this.#tools.engine)
      await this.#compare(restored)
      await this.#judged(() => this.#try(restored, network))
    })
  }

  /** With the secrets of the snapshot: who cannot log in with them has lost them. */
  #database(): DatabaseSpec {
    const { database } = this.#appliance.blueprint
    const restored = (path: string) => `${this.#folder.secrets}/${basename(path)}`
    const secrets = {
      ownerSecret: restored(database.ownerSecret),
      appSecret: restored(database.appSecret),
      agentSecret: restored(database.agentSecret),
      meterSecret: restored(database.meterSecret),
    }
    const missing = Object.values(secrets).filter((path) => !existsSync(path))
    if (missing.length > 0) throw secretsMissing(missing)
    return { ...database, ...secrets }
  }

  async #compare({ snapshot, manifest, archive, room, postgres, database }: Restored): Promise<void> {
    const { engine } = this.#tools
    const { backup } = (await this.#stack()).manifest
    await this.#timed('check', 'Compare with the manifest', async ({ say }) => {
      const content = await readContent(engine, postgres.container, database)
      const invariants = await readInvariants(engine, postgres.container, database, backup)
      const documents: FoundDocuments[] = []
      for (const listed of manifest.documents) {
        say(`documents of ${listed.volume}`)
        documents.push(await compareDocuments(listed, snapshot.parts.manifest, archive, room))
      }
      const found = { ...content, invariants, documents }
      const differences = compareWithManifest(manifest, found)
      this.#compared = figuresOf(manifest, found, differences)
      const titles = Object.fromEntries(Object.entries(backup.invariants).map(([name, { title }]) => [name, title]))
      this.#problems.push(...problemsOf(differences, titles))
    })
    await this.#timed('check', 'Check tables and indexes', async () => {
      const text = await checkIndexes(postgres, database)
      if (text) this.#problems.push({ code: 'INDEX_DAMAGED', text: `PostgreSQL’s own check failed:\n${text}` })
    })
  }

  /** As it was in the snapshot: what must hold was said by that one. */
  async #stack(): Promise<Stack> {
    try {
      return await readStackAt(`${this.#folder.root}${PATHS.state.stack}`)
    } catch (error) {
      this.#problems.push({ code: 'RELEASE_MISSING', text: `The stack cannot be read: ${(error as Error).message}` })
      return this.#appliance.stack
    }
  }

  /** Only the release whose images are here can be tried. */
  async #try({ manifest, postgres, database }: Restored, network: NetworkSpec): Promise<void> {
    const { state, stack } = this.#appliance
    const { name, version } = manifest.release
    if (name !== state.release.name || version !== state.release.version) return
    await this.#timed('application', 'Start the application against it', async (progress) => {
      this.#application = 'failed'
      await makeSafe(postgres.container, database, stack, this.#tools)
      await makeReadOnly(this.#tools.engine, postgres.container, database)
      const tools = { ...progress, engine: this.#tools.engine }
      await tryApplication(this.#appliance, { folder: this.#folder, network }, tools)
      this.#application = 'healthy'
      this.#recoverySeconds = rounded((performance.now() - this.#since) / 1000)
    })
  }

  async #timed(
    part: keyof Drill['seconds'],
    title: string,
    work: (progress: Progress) => Promise<void>,
  ): Promise<void> {
    const { stage, signal } = this.#tools
    const began = performance.now()
    try {
      await stage.show({ title }, (say) => work({ say, signal }))
    } finally {
      const seconds = (performance.now() - began) / 1000
      this.#steps.push({ title, seconds })
      this.#seconds[part] += seconds
    }
  }

  /** What is wrong with the snapshot is a finding, whatever else is thrown an accident. */
  async #judged(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const problem = this.#tools.signal.aborted ? null : problemOf(error)
      if (!problem) throw error
      this.#problems.push(problem)
    }
  }

  #claims(): Drill {
    const { run, manifest, at, release } = this.#snapshot
    const { load, check, application } = this.#seconds
    const codes = [...new Set(this.#problems.map(({ code }) => code))].sort()
    return {
      ...{ run, manifest, snapshotAt: at, from: this.#source.name, release },
      beganAt: this.#began.toISOString(),
      seconds: { load: rounded(load), check: rounded(check), application: rounded(application) },
      recoverySeconds: this.#recoverySeconds,
      compared: this.#compared,
      application: this.#application,
      verdict: codes.length === 0 ? 'proven' : 'failed',
      codes,
      engines: this.#engines,
    }
  }
}

const rounded = (seconds: number) => Math.round(seconds * 100) / 100

const NONE = { compared: 0, differ: 0 }
const NOTHING_COMPARED: Drill['compared'] = {
  tables: NONE,
  rows: 0,
  sequences: NONE,
  invariants: NONE,
  documents: NONE,
}

/** `restic 0.19.1 compiled with …`, `17.12 (Debian …)` */
async function enginesOf({ room, postgres }: Restored, engine: DockerEngine): Promise<Drill['engines']> {
  const [archive, database] = [
    (await room.exec(version())).stdout,
    await sql(engine, postgres.container, 'postgres', 'SHOW server_version;'),
  ]
  return {
    archive: /\d[\w.+~:-]*/.exec(archive)?.[0] ?? 'unknown',
    database: database.split(' ')[0]?.trim() || 'unknown',
  }
}

const secretsMissing = (paths: readonly string[]) =>
  new BackupRefusal(`The snapshot does not hold ${paths.map((path) => basename(path)).join(', ')}.`, {
    code: 'SECRET_MISSING',
    hint: 'A restored appliance would not start with it. Make a new snapshot: domicile backup create',
    kind: 'unverified',
  })

const interrupted = (cause: unknown) =>
  new UserError('The drill was interrupted, and what it had restored was removed.', {
    code: 'INTERRUPTED',
    hint: 'The last proof stands. Run it again: domicile backup drill',
    exitCode: ExitCode.Interrupted,
    cause,
  })
