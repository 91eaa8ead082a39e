/** What is where inside the parts of a snapshot. A restore reads these, so they never change their meaning. */
export const PATHS = {
  /** Part `database`: plain SQL of the application's database, for `psql` and an empty database. */
  database: '/database.sql',
  /** Part `manifest`. */
  manifest: '/manifest.json',
  /** Part `manifest`, one for each document volume that has any: files that were unsettled while they were read, as in its list. */
  unsettled: '/unsettled',
  /** Part `files`: everything below. */
  files: '/snapshot',
  documents: '/snapshot/documents',
  /** By volume: a line for each document, `<SHA-256> <bytes> <mtime> <path>`, as `list-documents` of the image writes it. */
  lists: '/snapshot/lists',
  state: {
    settings: '/snapshot/state/appliance.yaml',
    record: '/snapshot/state/state.json',
    trail: '/snapshot/state/audit.jsonl',
    secrets: '/snapshot/state/secrets',
    stack: '/snapshot/state/release/stack',
    roles: '/snapshot/state/roles.sql',
    /** The agent's volume: licence and its record, ledger, certificates, proofs. */
    agent: '/snapshot/state/agent',
  },
} as const

/** Where the documents of a volume, its list, or what was unsettled in it are. */
export const partPath = (of: 'documents' | 'lists' | 'unsettled', volume: string): string => `${PATHS[of]}/${volume}`
