/** How much there is to back up. */
export interface Scale {
  /** pgbench's: 100,000 accounts each. */
  readonly accounts: number
  readonly documents: number
  readonly attachments: number
  /** Files of the application, of `FILE_BYTES` each. */
  readonly files: number
  /** Seconds that the load runs while nothing else does. */
  readonly loadSeconds: number
}

export const FILE_BYTES = 300_000
export const DOCUMENT_BYTES = 7_000
export const ATTACHMENT_BYTES = 230_000

/** 1.6 GB of database and 291 MB of files: a small firm after some years. */
export const WHOLE: Scale = { accounts: 60, documents: 60_000, attachments: 1294, files: 970, loadSeconds: 30 }
/** To try the benchmark itself; its ratios say nothing. */
export const SMALL: Scale = { accounts: 2, documents: 2000, attachments: 40, files: 40, loadSeconds: 5 }
