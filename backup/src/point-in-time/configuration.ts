/** Where pgBackRest finds things in every container it runs in, and what it calls the appliance's database. */
export const STANZA = 'appliance'
export const REPOSITORY = '/point-in-time'
export const SPOOL = '/spool'
/** The part of the configuration that anybody may read, and the part with the repository's passphrase. */
export const CONFIGURATION = '/etc/pgbackrest/pgbackrest.conf'
export const KEY_CONFIGURATION = '/etc/pgbackrest/conf.d/key.conf'
/** Stands before the passphrase in the second part. */
export const KEY_PREFIX = '[global]\nrepo1-cipher-pass='

/** How far back one can go, in days. */
const WINDOW_DAYS = 7
/** How much WAL may wait for a repository that takes none, in bytes; beyond it PostgreSQL's disk goes before its past. */
const WAITING_LIMIT = 2 ** 30

/** Made by others as nobody else may read, and there is no place for logs: what is to be said is said on the console. */
export const renderPgBackRest = ({ limitBytes = WAITING_LIMIT } = {}): string => `[global]
repo1-path=${REPOSITORY}
repo1-bundle=y
repo1-block=y
repo1-cipher-type=aes-256-cbc
repo1-retention-full-type=time
repo1-retention-full=${WINDOW_DAYS}
compress-type=zst
compress-level=3
start-fast=y
process-max=2
archive-async=y
spool-path=${SPOOL}
archive-push-queue-max=${limitBytes}B
lock-path=/tmp/pgbackrest
log-level-file=off
log-level-console=warn
log-level-stderr=off

[global:archive-get]
archive-async=n

[${STANZA}]
pg1-path=/var/lib/postgresql/17/data
pg1-socket-path=/run/postgresql
pg1-user=postgres
`

/**
 * PostgreSQL's own settings for it. An image of before there was `archive-wal` loses its past and nothing else: 127 is the
 * shell's word for a program that is not there, and nothing but that.
 */
export const archivingSettings = ({ limitBytes = WAITING_LIMIT } = {}): Record<string, string> => ({
  wal_level: 'replica',
  archive_mode: 'on',
  archive_command: `archive-wal ${limitBytes} pgbackrest --stanza=${STANZA} archive-push "%p" || test $? = 127`,
  archive_timeout: '30s',
})
