import type { ArchiveSnapshot, BackupSummary, Checked, Place, Source, Status, Subset } from '@domicile/backup/archive'
import * as engine from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Piped } from '../engine/pipe.ts'
import type { Room } from './room.ts'

/** Where the room of an appliance's own archive has it: `archiveMounts` of `archive-room.ts`. */
export const OWN_ARCHIVE: Place = {
  repository: '/repository',
  passwordFile: '/run/secrets/backup_archive_key',
  cache: '/cache',
}

export interface Backed extends BackupSummary {
  /** Files that the engine could not read, as it names them; with some of them missing a snapshot was made all the same. */
  readonly unread: readonly { readonly item: string; readonly message: string }[]
}

/** A repository of the archive engine, worked on in a room that it is mounted into or can be reached from. */
export class Archive {
  readonly #room: Room
  readonly #place: Place

  constructor(room: Room, place: Place = OWN_ARCHIVE) {
    this.#room = room
    this.#place = place
  }

  /**
   * Makes the repository when there is none.
   * @param like whose chunks a new one shall share, so that copies between the two cost no more than what is new
   * @returns whether it was made
   * @throws BackupRefusal ARCHIVE_KEY_WRONG, ARCHIVE_FAILED
   */
  async ensure(like?: Place): Promise<boolean> {
    const { exitCode, stdout, stderr } = await this.#room.exec(engine.list(this.#place))
    if (exitCode === 0) return false
    if (exitCode !== 10) throw engine.failure(exitCode, said(stdout, stderr), 'Opening the backup archive')
    await this.#run(engine.init(this.#place, like), 'Making the backup archive')
    return true
  }

  /** Oldest first. */
  async list(): Promise<ArchiveSnapshot[]> {
    return engine.snapshotsOf(await this.#run(engine.list(this.#place), 'Reading the backup archive'))
  }

  /**
   * What a program prints becomes the one file of a new snapshot.
   * @throws BackupRefusal ARCHIVE_FAILED also when the program failed: there is no snapshot then
   */
  backupCommand(
    source: Source,
    filename: string,
    command: readonly string[],
    seen?: (status: Status) => void,
  ): Promise<Backed> {
    return this.#backup(engine.backupFromCommand(this.#place, source, filename, command), 'Writing the dump', [0], seen)
  }

  /** What could not be read is in `unread`, and not in the snapshot: whether it counts is the caller's to say. */
  backupPaths(
    source: Source,
    paths: readonly string[],
    { from, seen }: { /** What relative paths are relative to. */ from?: string; seen?: (status: Status) => void } = {},
  ): Promise<Backed> {
    const command = engine.backupPaths(this.#place, source, paths)
    return this.#backup(from ? ['env', '-C', from, ...command] : command, 'Writing the files', [0, 3], seen)
  }

  /** For `engine.pipe`: prints one file of a snapshot. */
  readCommand(snapshot: string, path: string): Piped {
    const { container, user } = this.#room
    return { container, user, command: engine.dump(this.#place, snapshot, path), input: '' }
  }

  /** One small file of a snapshot, as it is; far too large for documents. @throws BackupRefusal ARCHIVE_FAILED */
  readFile(snapshot: string, path: string): Promise<string> {
    return this.#run(
      engine.dump(this.#place, snapshot, path),
      `Reading ${path} of the snapshot ${snapshot.slice(0, 8)}`,
    )
  }

  /** @param include absolute paths, or patterns as the engine knows them (`exactly` makes one of a path); none: everything */
  async restoreFiles(
    snapshot: string,
    include: readonly string[],
    target: string,
    seen?: (status: Status) => void,
  ): Promise<void> {
    await this.#run(
      engine.restore(this.#place, snapshot, include, target),
      `Restoring the snapshot ${snapshot.slice(0, 8)}`,
      (line) => report(engine.messageOf(line), seen),
    )
  }

  /**
   * Takes snapshots out of the list; what only they held stays until `prune`.
   * @throws BackupRefusal FORGET_REFUSED when one is still there: the engine itself says nothing of that
   */
  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const output = await this.#run(engine.forget(this.#place, ids), 'Removing old snapshots')
    const there = await this.#there()
    const left = ids.filter((id) => there.has(id))
    if (left.length > 0) throw notForgotten(left, output)
  }

  prune = async (): Promise<void> => void (await this.#run(engine.prune(this.#place), 'Making room in the archive'))

  /**
   * Nothing is thrown for what is found.
   * @param run only what this one of ours needs; none: everything
   * @throws BackupRefusal when it could not be looked at
   */
  async check(subset: Subset, run?: string): Promise<Checked> {
    const { exitCode, stdout, stderr } = await this.#room.exec(engine.check(this.#place, subset, run))
    const found = engine.checkedOf(`${stdout}\n${stderr}`)
    if (found && (exitCode === 0 || exitCode === 1)) return found
    throw engine.failure(exitCode, said(stdout, stderr), 'Checking the backup archive')
  }

  /** Only under our own lock: whoever holds a lock in there is dead then. */
  unlock = async (): Promise<void> => void (await this.#run(engine.unlock(this.#place), 'Unlocking the backup archive'))

  /** @returns the id that the snapshot has now */
  async tag(snapshot: string, change: { add?: readonly string[]; remove?: readonly string[] }): Promise<string> {
    const output = await this.#run(engine.tag(this.#place, snapshot, change), 'Marking a snapshot')
    return engine.retagged(output) ?? snapshot
  }

  /** Copies snapshots from another repository that this room reaches, too. @param limit KiB a second */
  async copyFrom(source: Place, ids: readonly string[], limit?: number): Promise<void> {
    await this.#run(engine.copy(this.#place, source, ids, limit), 'Copying snapshots')
  }

  /** Ids of the snapshots that need something of these packs. */
  async needing(packs: readonly string[]): Promise<ReadonlySet<string>> {
    if (packs.length === 0) return new Set()
    return engine.hitBy(await this.#run(engine.findPacks(this.#place, packs), 'Looking for what is hit'))
  }

  /**
   * After a failed check: what is damaged counts no longer as there, so that the next backup writes it anew.
   * @param packs damaged ones that are still there
   */
  async repair(packs: readonly string[]): Promise<void> {
    // One by one: a copy of each is left behind, and there is not room for many.
    for (const pack of packs) {
      await this.#run(engine.repairPacks(this.#place, [pack], '/tmp'), 'Repairing the backup archive')
      await this.#room.exec(['rm', '-f', `/tmp/pack-${pack}`])
    }
    await this.#run(engine.repairIndex(this.#place), 'Repairing the index of the backup archive')
  }

  /**
   * Ids of all snapshots. In a folder each is a file of that name: no need to ask the engine, which thinks half a second
   * about the key each time.
   */
  async #there(): Promise<ReadonlySet<string>> {
    const folder = engine.snapshotsFolder(this.#place)
    const { exitCode, stdout } = folder === null ? NOT_LISTED : await this.#room.exec(['ls', '-1', folder])
    return new Set(exitCode === 0 ? stdout.split('\n').filter(Boolean) : (await this.list()).map(({ id }) => id))
  }

  async #backup(
    command: readonly string[],
    doing: string,
    fine: readonly number[],
    seen?: (status: Status) => void,
  ): Promise<Backed> {
    const unread: { item: string; message: string }[] = []
    let summary: BackupSummary | undefined
    let last = ''
    const line = (text: string) => {
      const message = engine.messageOf(text)
      if (message?.type === 'summary') summary = message
      if (message?.type === 'error') unread.push({ item: message.item, message: message.message })
      if (message?.type === 'exit') last = message.message
      report(message, seen)
    }
    const { exitCode, stderr } = await this.#room.exec(command, { line })
    // Errors of the engine's `--json` are on its stderr.
    for (const text of stderr.split('\n')) line(text)
    if (!fine.includes(exitCode) || !summary) {
      const complaints = unread.map(({ message }) => message).join('\n')
      throw engine.failure(exitCode === 0 ? 1 : exitCode, [complaints, last || plain(stderr)].join('\n'), doing)
    }
    return { ...summary, unread }
  }

  async #run(command: readonly string[], doing: string, line?: (text: string) => void): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#room.exec(command, line && { line })
    if (exitCode !== 0) throw engine.failure(exitCode, said(stdout, stderr), doing)
    return stdout
  }
}

const NOT_LISTED = { exitCode: 1, stdout: '' }

function report(message: ReturnType<typeof engine.messageOf>, seen?: (status: Status) => void): void {
  if (message?.type === 'status') seen?.(message)
}

/** What it complained about, without its JSON. */
function said(stdout: string, stderr: string): string {
  const messages = `${stdout}\n${stderr}`.split('\n').flatMap((line) => {
    const message = engine.messageOf(line)
    return message?.type === 'exit' || message?.type === 'error' ? [message.message] : []
  })
  return messages.length > 0 ? messages.join('\n') : plain(stderr)
}

const plain = (text: string) =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('{'))
    .join('\n')

const notForgotten = (left: readonly string[], output: string) =>
  new BackupRefusal(`The archive still has ${left.length} snapshots that were removed from it.\n${output.trim()}`, {
    code: 'FORGET_REFUSED',
    hint: 'A place that can only be added to keeps what it has; removing is up to whoever runs it. Otherwise look at the rights of its folder.',
    kind: 'failed',
  })
