import type { Customer } from './customer.ts'
import { query } from './erp.ts'

/**
 * Rows that the ERP's own clients would make with a hundred calls each: every column that must be filled is, the others stay
 * empty. Keys to other tables are not looked after, and no trigger but the appliance's guard runs.
 */
export const PLANTING = `
create or replace function pg_temp.plant(target regclass, how_many int, at timestamp, words text) returns void
language plpgsql as $$
declare columns text; contents text;
begin
  select string_agg(quote_ident(attname), ','), string_agg(case
      when attname in ('create_date', 'write_date') then quote_literal(at)
      when type ~ 'char|text' then quote_literal(words)
      when type = 'boolean' then 'false'
      when type ~ 'date|timestamp' then quote_literal(at)
      when type ~ 'interval' then 'interval ''1 h'''
      else attnum::text end, ',')
    into columns, contents
    from (select *, format_type(atttypid, null) as type from pg_attribute) as a
    where attrelid = target and attnum > 0 and not attisdropped and attname <> 'id'
      and (attnotnull or attname in ('create_date', 'description', 'comment', 'rec_name', 'reference'))
      and attgenerated = '';
  execute format('insert into %s (%s) select %s from generate_series(1, %s)', target, columns, contents, how_many);
end $$;`

/** So many entries of a module came to be at that instant, with these words wherever there is room for words. */
export async function plantEntries(customer: Customer, table: string, count: number, at: string, words = 'x') {
  const local = at.replace('Z', '')
  await query(
    customer,
    `set session_replication_role = replica; ${PLANTING}
     select pg_temp.plant('${table}', ${count}, '${local}', '${words}')`,
  )
}
