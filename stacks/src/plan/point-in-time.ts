import type { HostFile, SecretSpec } from './blueprint.ts'
import { layoutOf } from './blueprint.ts'
import type { Mount } from './container-spec.ts'

/**
 * What PostgreSQL's container needs so that any moment of its database can be gone back to. The words of the engine that
 * does it come from outside; here is where they are put.
 */
export interface PointInTimeWanted {
  /** PostgreSQL's settings, by name. */
  readonly settings: Readonly<Record<string, string>>
  /** The engine's configuration, which anybody may read, and where it is in the container. */
  readonly configuration: { readonly content: string; readonly target: string }
  /** The part with the key: what stands before it in its file, and where that is in the container. */
  readonly key: { readonly before: string; readonly target: string }
  /** Where the folders are in the container. */
  readonly repository: string
  readonly spool: string
}

const POINT_IN_TIME_KEY = 'backup_point_in_time_key'
const KEY_FILE = 'backup_point_in_time_conf'

export const pointInTimeFile = (name: string, { configuration }: PointInTimeWanted): HostFile => ({
  path: `${layoutOf(name).lib}/config/pgbackrest.conf`,
  content: configuration.content,
  mode: 0o644,
  uid: 0,
  gid: 0,
})

/** The engine reads its key from its configuration alone: a copy of the key, in that form, as secret as the key. */
export function pointInTimeSecret(name: string, { key }: PointInTimeWanted, uid: number): SecretSpec {
  const folder = `${layoutOf(name).lib}/secrets`
  return {
    ...{ name: KEY_FILE, path: `${folder}/${KEY_FILE}`, length: 0, uid, gid: uid, replaceable: true },
    sameAs: `${folder}/${POINT_IN_TIME_KEY}`,
    before: key.before,
  }
}

/** @param write whether it is PostgreSQL that fills the repository; else it is only read, and needs nothing to wait in */
export function pointInTimeMounts(name: string, wanted: PointInTimeWanted, write: boolean): Mount[] {
  const { lib } = layoutOf(name)
  const bind = (source: string, target: string, readOnly = true) =>
    ({ type: 'bind', source, target, readOnly }) as const
  const folder = (base: string, target: string) => ({
    ...bind(`${lib}/backup/${base}`, target, !write),
    // A disk that is not there, or a new one, must not keep PostgreSQL from starting.
    mayBeMissing: write,
  })
  return [
    folder('point-in-time', wanted.repository),
    ...(write ? [folder('spool', wanted.spool)] : []),
    bind(`${lib}/config/pgbackrest.conf`, wanted.configuration.target),
    bind(`${lib}/secrets/${KEY_FILE}`, wanted.key.target),
  ]
}
