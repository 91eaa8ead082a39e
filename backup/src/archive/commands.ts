/** Every call of the archive engine (restic ≥ 0.19.1) that is made, as arguments. Nothing else in the program knows them. */

/** A repository. Nothing secret may be in `repository`: an address with a password goes into a file (`repositoryFile`). */
export type Place = ({ readonly repository: string } | { readonly repositoryFile: string }) & {
  readonly passwordFile: string
  readonly cache: string
  /** For the engine's `-o`, for example `sftp.command=…`. */
  readonly options?: readonly string[]
  /** Only read from: no lock is left in it, which an append-only place would keep for ever. */
  readonly readOnly?: boolean
}

/** Before everything that takes long: what people do comes first. */
const GENTLY = ['nice', '-n', '10', 'ionice', '-c', '3'] as const

const restic = (place: Place, ...words: readonly string[]): string[] => [
  'restic',
  ...('repository' in place ? ['--repo', place.repository] : ['--repository-file', place.repositoryFile]),
  ...['--password-file', place.passwordFile, '--cache-dir', place.cache],
  ...(place.options ?? []).flatMap((option) => ['-o', option]),
  ...words,
]

const lockless = ({ readOnly }: Place) => (readOnly ? ['--no-lock'] : [])

const from = (place: Place): string[] => [
  ...('repository' in place ? ['--from-repo', place.repository] : ['--from-repository-file', place.repositoryFile]),
  ...['--from-password-file', place.passwordFile],
]

/** Prints one line, its name and version first: `restic 0.19.1 …`. No repository is needed. */
export const version = (): string[] => ['restic', 'version']

/** @param like whose way of cutting into chunks it takes over, so that copies of the same data stay the same */
export const init = (place: Place, like?: Place): string[] =>
  restic(place, 'init', '--json', ...(like ? [...from(like), '--copy-chunker-params'] : []))

/** All snapshots, as one JSON array for `snapshotsOf`. It leaves no lock and waits for none. */
export const list = (place: Place): string[] => restic(place, 'snapshots', '--json', '--no-lock')

/** Where a repository that is a folder has a file for each snapshot, named by its id; null: it is somewhere else. */
export const snapshotsFolder = (place: Place): string | null =>
  'repository' in place && place.repository.startsWith('/') ? `${place.repository}/snapshots` : null

/** What a backup is told besides what it reads. */
export interface Source {
  /** The same in all backups of an appliance, whatever host it is on. */
  readonly host: string
  readonly at: Date
  readonly tags: readonly string[]
}

const told = ({ host, at, tags }: Source): string[] => [
  ...['--json', '--host', host, '--time', at.toISOString().slice(0, 19).replace('T', ' ')],
  ...tags.flatMap((one) => ['--tag', one]),
]

/** What a program prints becomes one file; when the program fails there is no snapshot. */
export const backupFromCommand = (
  place: Place,
  source: Source,
  filename: string,
  command: readonly string[],
): string[] => [
  ...GENTLY,
  ...restic(place, 'backup', ...told(source), '--stdin-filename', filename, '--stdin-from-command', '--', ...command),
]

/** @param paths absolute, or relative to the working directory, under which they are then stored */
export const backupPaths = (place: Place, source: Source, paths: readonly string[]): string[] => [
  ...GENTLY,
  ...restic(place, 'backup', ...told(source), '--', ...paths),
]

/** Prints one file of a snapshot. */
export const dump = (place: Place, snapshot: string, path: string): string[] =>
  restic(place, 'dump', ...lockless(place), '--', snapshot, path)

/** A path as a pattern that means this path alone. */
export const exactly = (path: string): string => path.replaceAll(/[\\*?[\]]/g, '\\$&')

/** @param include patterns as the engine knows them; none: everything */
export const restore = (place: Place, snapshot: string, include: readonly string[], target: string): string[] => [
  ...GENTLY,
  ...restic(
    place,
    ...['restore', '--json', ...lockless(place), '--target', target],
    ...include.flatMap((pattern) => ['--include', pattern]),
    ...['--', snapshot],
  ),
]

/** Nothing is freed by it, and the engine ends well also when it could not remove them. @param snapshots ids */
export const forget = (place: Place, snapshots: readonly string[]): string[] =>
  restic(place, 'forget', '--', ...snapshots)

/** Gives back what no snapshot needs; up to a twentieth may stay, so that fewer packs are written anew. */
export const prune = (place: Place): string[] => [...GENTLY, ...restic(place, 'prune', '--max-unused', '5%')]

/** Which packs are read: none, one part of so many, or all. */
export type Subset = 'structure' | 'all' | { readonly part: number; readonly of: number }

/** @param run only what this run of ours needs; none: everything */
export const check = (place: Place, subset: Subset, run?: string): string[] => [
  ...GENTLY,
  ...restic(place, 'check', '--json', ...lockless(place), ...readData(subset), ...(run ? ['--tag', `run=${run}`] : [])),
]

function readData(subset: Subset): string[] {
  if (subset === 'structure') return ['--with-cache']
  return subset === 'all' ? ['--read-data'] : [`--read-data-subset=${subset.part}/${subset.of}`]
}

/** Locks of a host name that is not this one's are never stale in the engine's eyes; our own lock says that they are. */
export const unlock = (place: Place): string[] => restic(place, 'unlock', '--remove-all')

/** A snapshot gets another id by this. */
export const tag = (
  place: Place,
  snapshot: string,
  { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
): string[] =>
  restic(
    place,
    ...['tag', '--json'],
    ...add.flatMap((one) => ['--add', one]),
    ...remove.flatMap((one) => ['--remove', one]),
    ...['--', snapshot],
  )

/** @param limit KiB a second, up and down; none: as fast as it goes */
export const copy = (to: Place, source: Place, snapshots: readonly string[], limit?: number): string[] => [
  ...GENTLY,
  ...restic(
    to,
    ...['copy', '--json', ...from(source)],
    ...(limit ? ['--limit-upload', String(limit), '--limit-download', String(limit)] : []),
    ...['--', ...snapshots],
  ),
]

/** Says in JSON which snapshots need something of these packs. */
export const findPacks = (place: Place, packs: readonly string[]): string[] =>
  restic(place, 'find', '--json', ...lockless(place), '--pack', '--', ...packs)

/** Forgets what the index says of packs that are damaged or gone: what they held is then written anew by the next backup. */
export const repairIndex = (place: Place): string[] => restic(place, 'repair', 'index')

/** Saves what can still be read of damaged packs, and takes them out of the index; a copy of each is left in `folder`. */
export const repairPacks = (place: Place, packs: readonly string[], folder: string): string[] => [
  ...['env', '-C', folder],
  ...restic(place, 'repair', 'packs', '--', ...packs),
]

/** Keys that open a repository; any one does. @param password file with the new one */
export const keyAdd = (place: Place, password: string): string[] =>
  restic(place, 'key', 'add', '--new-password-file', password)

/** A JSON array with id, host, user and time of each key. */
export const keyList = (place: Place): string[] => restic(place, 'key', 'list', '--json', '--no-lock')

/** The engine refuses the key that it was opened with. @param id as `keyList` says it */
export const keyRemove = (place: Place, id: string): string[] => restic(place, 'key', 'remove', '--', id)
