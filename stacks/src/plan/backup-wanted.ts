/** What the admin wants of backups; what is left away is as the licence's terms and the defaults say. */
export interface BackupWanted {
  /** When the nightly snapshot is made; times on the wall, in the terms' time zone. */
  readonly window?: { readonly from: string; readonly until: string } | undefined
  /** How long snapshots are kept: never shorter than the terms want. */
  readonly keep?:
    | { readonly days?: number | undefined; readonly weeks?: number | undefined; readonly months?: number | undefined }
    | undefined
  /** A snapshot is restored and compared at least every so many days. */
  readonly drillDays?: number | undefined
  /** Whether every change of the database is archived as well, so that any moment can be gone back to. */
  readonly pointInTime?: 'on' | 'off' | undefined
  /** IANA name of the zone whose days and nights count, in place of the terms’ one. */
  readonly timeZone?: string | undefined
}
