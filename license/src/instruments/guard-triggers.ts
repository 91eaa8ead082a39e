import type { GuardedUsers } from '../manifest.ts'
import { identifier, literal } from './database.ts'

/**
 * What counts as an active named user, and the triggers that say when that changes. The conditions stand in the triggers:
 * an update that changes nothing about it never reaches our function.
 */

/** Whether this row is an active user who counts: true or false, never null. `row` is NEW, OLD or an alias. */
export function counted(row: string, { active, except = {} }: GuardedUsers): string {
  const column = (name: string) => `${row}.${identifier(name)}`
  const counts =
    typeof active === 'string'
      ? `${column(active)} IS TRUE`
      : `(${column(active.column)} IN (${active.values.map(literal).join(', ')})) IS TRUE`
  const exceptions = Object.entries(except).flatMap(([name, values]) => {
    const named = values.filter((value) => value !== null)
    return [
      ...(named.length > 0 ? [`(${column(name)} IN (${named.map(literal).join(', ')})) IS NOT TRUE`] : []),
      ...(named.length < values.length ? [`${column(name)} IS NOT NULL`] : []),
    ]
  })
  return [counts, ...exceptions].join(' AND ')
}

/** The columns that decide about a row. */
export const decidingColumns = ({ active, except = {} }: GuardedUsers): string[] => [
  ...new Set([typeof active === 'string' ? active : active.column, ...Object.keys(except)]),
]

/**
 * After the row has changed, because only then it is known what the application's own triggers have made of it and whether
 * an INSERT … ON CONFLICT has inserted anything.
 */
export function guardTriggers(spec: GuardedUsers): readonly { name: string; create: (table: string) => string }[] {
  const [before, after] = [`(${counted('OLD', spec)})`, `(${counted('NEW', spec)})`]
  const row = (what: string, event: string, when: string, does: string) => ({
    name: `domicile_users_${what}`,
    create: (table: string) =>
      `CREATE OR REPLACE TRIGGER domicile_users_${what} AFTER ${event} ON ${table} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION domicile.guard('${does}')`,
  })
  return [
    row('insert', 'INSERT', after, 'take'),
    row('activate', 'UPDATE', `NOT ${before} AND ${after}`, 'take'),
    row('deactivate', 'UPDATE', `${before} AND NOT ${after}`, 'give'),
    row('delete', 'DELETE', before, 'give'),
    {
      name: 'domicile_users_truncate',
      create: (table) =>
        `CREATE OR REPLACE TRIGGER domicile_users_truncate AFTER TRUNCATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION domicile.guard('empty')`,
    },
  ]
}

/**
 * One counter row and a conditional update: exact in READ COMMITTED, where the second waits for the first and looks again,
 * and in REPEATABLE READ, where the second gets 40001 and the application tries again. Counting rows would be neither.
 */
export const GUARD_BODY = `
DECLARE
  held record;
BEGIN
  IF TG_ARGV[0] = 'empty' THEN
    UPDATE domicile.guard SET used = 0 WHERE name = 'users';
    RETURN NULL;
  ELSIF TG_ARGV[0] = 'give' THEN
    UPDATE domicile.guard SET used = used - 1 WHERE name = 'users' AND used > 0;
    RETURN NULL;
  END IF;
  LOOP
    UPDATE domicile.guard SET used = used + 1 WHERE name = 'users' AND (allowed IS NULL OR used < allowed);
    EXIT WHEN FOUND;
    SELECT g.used, g.allowed, g.message INTO held FROM domicile.guard g WHERE g.name = 'users';
    -- Without a counter nobody is held up; that it is gone is noticed elsewhere.
    EXIT WHEN held.used IS NULL;
    IF held.used >= held.allowed THEN
      RAISE EXCEPTION USING ERRCODE = 'DL001', MESSAGE = 'LICENCE_USERS: '
        || replace(replace(held.message, '{used}', held.used::text), '{allowed}', held.allowed::text);
    END IF;
  END LOOP;
  RETURN NULL;
END
`

export const GUARD_CONFIG = 'search_path=pg_catalog, pg_temp'

export const CREATE_GUARD_FUNCTION = `CREATE OR REPLACE FUNCTION domicile.guard() RETURNS pg_catalog.trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $guard$${GUARD_BODY}$guard$`
