import type { ContainerSpec, NetworkSpec } from './container-spec.ts'

/** Where an appliance keeps itself on the host. */
export interface Layout {
  /** `/etc/domicile/<name>`: what is wanted. */
  readonly etc: string
  /** `/var/lib/domicile/<name>`: what is. */
  readonly lib: string
}

export const layoutOf = (name: string): Layout => ({ etc: `/etc/domicile/${name}`, lib: `/var/lib/domicile/${name}` })

/** A file that is rendered on the host and mounted into containers or kept beside them. Text, octal mode, numeric owner. */
export interface HostFile {
  readonly path: string
  readonly content: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface HostDirectory {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** A secret made on the host; `length` characters from an alphabet without look-alikes. Never leaves its file. */
export interface SecretSpec {
  readonly name: string
  readonly path: string
  readonly length: number
  readonly uid: number
  readonly gid: number
  /** Path of the secret, earlier in the list, whose text this one has, too: a file belongs to one user. */
  readonly sameAs?: string
  /** What stands before that text: some programs take a secret only in a file of their own form. */
  readonly before?: string
  /** One of the appliance's own: were it lost, another would do. A secret of the stack may be the key to its data. */
  readonly replaceable: boolean
  /** Folder of what was encrypted with this one; while nothing is in there, another would do. */
  readonly encrypts?: string
}

/** A volume: what it is for, and what the engine calls it. */
export interface VolumeSpec {
  /** `postgres`, `agent`, `tls`, or its name in the stack. */
  readonly key: string
  readonly name: string
}

/** Everything one appliance consists of on its host: what install makes, apply compares and uninstall removes. */
export interface Blueprint {
  readonly name: string
  readonly layout: Layout
  readonly directories: readonly HostDirectory[]
  readonly files: readonly HostFile[]
  readonly secrets: readonly SecretSpec[]
  readonly networks: readonly NetworkSpec[]
  readonly volumes: readonly VolumeSpec[]
  /** In start order. */
  readonly containers: readonly ContainerSpec[]
  readonly jobs: {
    readonly initialize?: ContainerSpec
    readonly migrate?: ContainerSpec
    readonly selftest?: ContainerSpec
  }
  readonly database: DatabaseSpec
  readonly url: string
}

/** The agent's role in PostgreSQL, and the database of its own that the application does not see. */
export const AGENT_ROLE = 'domicile_agent'
export const AGENT_DATABASE = 'domicile'

/** The role that asks the stack's meters: it may read the application's tables, and nothing else. */
export const METER_ROLE = 'domicile_meter'

export interface DatabaseSpec {
  readonly name: string
  readonly owner: string
  readonly app: string
  readonly ownerSecret: string
  readonly appSecret: string
  /** Password of `AGENT_ROLE`, which holds guards, seats and read-only standing. */
  readonly agentSecret: string
  /** Password of `METER_ROLE`. */
  readonly meterSecret: string
  /** SQL of the stack, run as the owner after initialize and migrate. */
  readonly grants: string | undefined
  /** PostgreSQL settings by name, as rendered into its configuration file and as `SHOW` must answer. */
  readonly settings: Readonly<Record<string, string>>
}
