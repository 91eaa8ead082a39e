import * as z from 'zod/mini'
import { jsonOf } from '../json.ts'
import { BackupRefusal } from '../refusal.ts'
import type { Manifest } from './manifest.ts'

/**
 * What a database holds, in few words: rows and a sum for every table, the sequences' values. Said by the same SQL of the
 * running database while it is dumped and of a restored one, by psql (`-X -q -A -t`), a document of JSON a line.
 */

/** Texts of values must be the same on every server that the dump is loaded into. */
const SETTINGS = `SET statement_timeout = 0;
SET lock_timeout = '10min';
SET idle_in_transaction_session_timeout = 0;
SET row_security = off;
SET search_path = pg_catalog;
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET timezone = 'UTC';
SET extra_float_digits = 3;
SET bytea_output = 'hex';
SET xmloption = 'content';
SET lc_monetary = 'C';
SET max_parallel_workers_per_gather = 0;
`

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n'

/** The application's own: not PostgreSQL's, not ours, not what an extension brings. */
const OWN = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'domicile')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

/**
 * Types whose own hash says the same of equal values on every server, however they came there. Not so those that hash by
 * an object's number, and arrays and records, which may hold those.
 */
const HASHED = `'int2','int4','int8','bool','text','varchar','bpchar','numeric','date','timestamp','timestamptz','time',
   'timetz','interval','bytea','uuid','float4','float8','jsonb'`

/** A query for every table, which psql sends off at once (\\gexec); a column could be called like any alias but `r.*`. */
const TABLES = `SELECT format(
  CASE WHEN EXISTS (
    SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       AND (t.typnamespace <> 'pg_catalog'::regnamespace OR t.typname NOT IN (${HASHED}) OR l.collisdeterministic IS FALSE)
  ) THEN 'SELECT json_build_object(''table'', %L, ''rows'', count(*), ''sum'', sum(hashtextextended(CAST(ROW(r.*) AS text), 0))::text, ''method'', ''text'') FROM ONLY %I.%I AS r'
  ELSE 'SELECT json_build_object(''table'', %L, ''rows'', count(*), ''sum'', sum(hash_record_extended(ROW(r.*), 0))::text, ''method'', ''record'') FROM ONLY %I.%I AS r'
  END, format('%I.%I', n.nspname, c.relname), n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${OWN} ORDER BY n.nspname, c.relname \\gexec
`

/** They go on while a dump is made: the dump's values are these or later ones. */
const SEQUENCES = `SELECT json_build_object('sequence', format('%I.%I', n.nspname, c.relname),
    'value', pg_sequence_last_value(c.oid)::text)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND ${OWN} ORDER BY n.nspname, c.relname;
`

/** They are in no table of the application's, and a dump has them all the same. */
const LARGE_OBJECTS = `SELECT json_build_object('table', 'pg_catalog.pg_largeobject', 'rows', count(*),
    'sum', sum(hash_record_extended(ROW(m.oid::int8, lo_get(m.oid)), 0))::text, 'method', 'record')
  FROM pg_largeobject_metadata m HAVING count(*) > 0;
`

/** A restored database, or any that stands still. */
export const contentSql = (): string => `${SETTINGS}${BEGIN}${SEQUENCES}${TABLES}${LARGE_OBJECTS}COMMIT;
`

/**
 * The running database: says first under which name others can look at the very same moment of it, then what it holds, and
 * keeps that moment until the file `released` is there.
 */
export const heldContentSql = (released: string): string => `${SETTINGS}${BEGIN}SELECT json_build_object(
  'snapshot', pg_export_snapshot(), 'version', current_setting('server_version'),
  'major', current_setting('server_version_num')::int / 10000, 'bytes', pg_database_size(current_database()));
${SEQUENCES}${TABLES}${LARGE_OBJECTS}\\! until [ -e ${released} ]; do sleep 0.1; done
COMMIT;
`

const table = z.object({
  table: z.string(),
  rows: z.int(),
  sum: z.nullable(z.string()),
  method: z.enum(['record', 'text']),
})
const sequence = z.object({ sequence: z.string(), value: z.nullable(z.string()) })
const moment = z.object({ snapshot: z.string(), version: z.string(), major: z.int(), bytes: z.int() })

export type Content = Pick<Manifest['database'], 'tables' | 'sequences'>

/** @throws BackupRefusal CONTENT_UNREADABLE for a line that is none of what was asked for */
export function contentOf(lines: readonly string[]): Content {
  const tables: Manifest['database']['tables'] = []
  const sequences: Manifest['database']['sequences'] = []
  for (const line of lines.filter((line) => line.trim() !== '')) {
    const value = jsonOf(line)
    const [asTable, asSequence] = [table.safeParse(value), sequence.safeParse(value)]
    if (asTable.success) {
      const { table: name, rows, sum, method } = asTable.data
      tables.push({ name, rows, sum, method })
    } else if (asSequence.success) sequences.push({ name: asSequence.data.sequence, value: asSequence.data.value })
    else throw unreadable(line)
  }
  return { tables, sequences }
}

/** What the held session says first; `bytes` of the database on the disk. @throws BackupRefusal CONTENT_UNREADABLE */
export function momentOf(line: string): { snapshot: string; version: string; major: number; bytes: number } {
  const read = moment.safeParse(jsonOf(line))
  if (!read.success) throw unreadable(line)
  // `17.12 (Debian 17.12-0+deb13u1)`
  return { ...read.data, version: read.data.version.split(' ')[0] ?? '' }
}

const unreadable = (line: string) =>
  new BackupRefusal(`PostgreSQL said something else than was asked of it: ${line.slice(0, 200)}`, {
    code: 'CONTENT_UNREADABLE',
    hint: 'Run it again. When it stays so, send this to the vendor.',
    kind: 'failed',
  })
