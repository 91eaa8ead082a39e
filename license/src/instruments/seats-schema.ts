/**
 * Seats as PostgreSQL keeps them: one row each, free or held. A pool never has more rows than seats, except that people who
 * sit when a limit is lowered stay; then there is no free row, and what they leave is taken away until it fits ("settling").
 *
 * Each function is one round trip and one transaction. What comes most often, taking and leaving one seat, waits for
 * nobody while it holds a row. Everything else takes turns: first the table of seats is locked as for writing, then comes
 * an advisory lock, and only then rows. So nobody waits in a circle, and a limit, which needs the table for itself, is
 * never changed between looking at `settling` and acting on it.
 */

const IN_TURN = 'LOCK TABLE domicile.seat IN ROW EXCLUSIVE MODE; PERFORM pg_advisory_xact_lock(7276812);'
const IS_SETTLING = 'EXISTS (SELECT FROM domicile.pool o WHERE o.settling)'

const TABLES = [
  'CREATE SCHEMA IF NOT EXISTS domicile',
  `CREATE TABLE IF NOT EXISTS domicile.pool (
    name pg_catalog.text PRIMARY KEY,
    -- Pools of one meter share its limit: the sum of their sizes.
    meter pg_catalog.text NOT NULL,
    size pg_catalog.int4 NOT NULL CHECK (size >= 0),
    -- More sit here than there are seats, since a limit was lowered.
    settling pg_catalog.bool NOT NULL DEFAULT false
  )`,
  // Room in each page for the next version of a row; the table stays in a few pages.
  `CREATE TABLE IF NOT EXISTS domicile.seat (
    pool pg_catalog.text NOT NULL REFERENCES domicile.pool,
    slot pg_catalog.int4 NOT NULL,
    holder pg_catalog.bytea UNIQUE CHECK (pg_catalog.octet_length(holder) = 32),
    since pg_catalog.timestamptz,
    until pg_catalog.timestamptz,
    PRIMARY KEY (pool, slot),
    CHECK ((holder IS NULL) = (since IS NULL) AND (holder IS NULL) = (until IS NULL))
  ) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.2)`,
  'CREATE INDEX IF NOT EXISTS seat_free ON domicile.seat (pool, slot) WHERE holder IS NULL',
]

/** Adds the rows that are missing to the limit. Only in turn, or with the table locked. */
const SETTLE = `CREATE OR REPLACE FUNCTION domicile.settle() RETURNS pg_catalog.void LANGUAGE plpgsql AS $$
DECLARE
  p record;
BEGIN
  -- Where the next statement does not see what others have committed, counting is of no use.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'seats are counted in read committed transactions' USING ERRCODE = 'invalid_transaction_state';
  END IF;
  FOR p IN
    SELECT o.name, o.size, least(
      o.size - (SELECT count(*) FROM domicile.seat s WHERE s.pool = o.name),
      (SELECT sum(q.size) FROM domicile.pool q WHERE q.meter = o.meter)
        - (SELECT count(*) FROM domicile.seat s JOIN domicile.pool q ON q.name = s.pool WHERE q.meter = o.meter)
    )::integer AS missing FROM domicile.pool o
  LOOP
    INSERT INTO domicile.seat (pool, slot)
      SELECT p.name, n FROM generate_series(1, p.size + (SELECT count(*) FROM domicile.seat s WHERE s.pool = p.name)) n
       WHERE NOT EXISTS (SELECT FROM domicile.seat s WHERE s.pool = p.name AND s.slot = n)
       ORDER BY n LIMIT greatest(p.missing, 0);
  END LOOP;
  UPDATE domicile.pool o SET settling = now.settling
    FROM (SELECT q.name, (SELECT count(*) FROM domicile.seat s WHERE s.pool = q.name) > q.size AS settling
            FROM domicile.pool q) AS now
   WHERE now.name = o.name AND now.settling <> o.settling;
END $$`

const SET_POOLS = `CREATE OR REPLACE FUNCTION domicile.set_pools(
  names pg_catalog.text[], meters pg_catalog.text[], sizes pg_catalog.int4[]
) RETURNS pg_catalog.void LANGUAGE plpgsql AS $$
BEGIN
  -- Waits for seats being taken or left, and holds up the next ones.
  LOCK TABLE domicile.seat IN EXCLUSIVE MODE;
  INSERT INTO domicile.pool AS o (name, meter, size) SELECT * FROM unnest(names, meters, sizes)
    ON CONFLICT (name) DO UPDATE SET meter = excluded.meter, size = excluded.size
    WHERE (o.meter, o.size) IS DISTINCT FROM (excluded.meter, excluded.size);
  IF NOT FOUND THEN RETURN; END IF;
  DELETE FROM domicile.seat s WHERE s.holder IS NULL OR s.until <= clock_timestamp();
  PERFORM domicile.settle();
END $$`

const CULL = `CREATE OR REPLACE FUNCTION domicile.cull() RETURNS pg_catalog.int4 LANGUAGE plpgsql AS $$
DECLARE
  moment timestamptz := clock_timestamp();
  freed integer;
BEGIN
  IF NOT EXISTS (SELECT FROM domicile.seat s WHERE s.until <= moment) THEN RETURN 0; END IF;
  ${IN_TURN}
  IF ${IS_SETTLING} THEN
    DELETE FROM domicile.seat s WHERE s.until <= moment;
    GET DIAGNOSTICS freed = ROW_COUNT;
    PERFORM domicile.settle();
  ELSE
    UPDATE domicile.seat s SET holder = NULL, since = NULL, until = NULL WHERE s.until <= moment;
    GET DIAGNOSTICS freed = ROW_COUNT;
  END IF;
  RETURN freed;
END $$`

/** A statement locks its tables before it looks at them: no limit comes between `settling` and the update. */
const RELEASE = `CREATE OR REPLACE FUNCTION domicile.release(gone pg_catalog.bytea) RETURNS pg_catalog.bool LANGUAGE plpgsql AS $$
DECLARE
  freed boolean;
BEGIN
  UPDATE domicile.seat s SET holder = NULL, since = NULL, until = NULL WHERE s.holder = gone AND NOT ${IS_SETTLING};
  IF FOUND THEN RETURN true; END IF;
  IF NOT ${IS_SETTLING} THEN RETURN false; END IF;
  ${IN_TURN}
  DELETE FROM domicile.seat s WHERE s.holder = gone;
  freed := FOUND;
  PERFORM domicile.settle();
  RETURN freed;
END $$`

const seatFunction = (name: string, body: string) => `CREATE OR REPLACE FUNCTION domicile.${name}(
  coming pg_catalog.bytea, pools pg_catalog.text[], idle pg_catalog.float8,
  OUT pool pg_catalog.text, OUT slot pg_catalog.int4, OUT since pg_catalog.timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  place text;
  moment timestamptz := clock_timestamp();
BEGIN
${body}
END $$`

const takeSeat = (where: string, locked: string) => `
    UPDATE domicile.seat s SET holder = coming, since = moment, until = moment + make_interval(secs => idle)
     WHERE (s.pool, s.slot) = (
       SELECT f.pool, f.slot FROM domicile.seat f
        WHERE f.pool = place AND f.holder IS NULL AND NOT EXISTS (SELECT FROM domicile.seat m WHERE m.holder = coming)
          ${where}
        ORDER BY f.slot LIMIT 1 FOR UPDATE ${locked})
     RETURNING s.pool, s.slot, s.since INTO pool, slot, since;
    IF FOUND THEN RETURN; END IF;`

/** Holders begin to look at different seats, so that many who come at once do not all stand at the first. */
const FROM_THEIR_PLACE = `AND f.slot > (
            SELECT get_byte(coming, 0) * o.size::bigint / 256 FROM domicile.pool o WHERE o.name = place)`

/** For the newcomer. Passes by what others are just taking, and so may find nothing where there is something. */
const ACQUIRE = seatFunction(
  'acquire',
  `
  FOREACH place IN ARRAY pools LOOP
    ${takeSeat(FROM_THEIR_PLACE, 'SKIP LOCKED')}
    ${takeSeat('', 'SKIP LOCKED')}
  END LOOP;`,
)

/**
 * Before anybody is refused: whoever has a seat keeps it, what has expired is free, and what somebody has just locked may
 * be. Waits to know.
 */
const ACQUIRE_IN_TURN = seatFunction(
  'acquire_in_turn',
  `
  ${IN_TURN}
  UPDATE domicile.seat s SET until = moment + make_interval(secs => idle) WHERE s.holder = coming
    RETURNING s.pool, s.slot, s.since INTO pool, slot, since;
  IF FOUND THEN RETURN; END IF;
  PERFORM domicile.cull();
  FOREACH place IN ARRAY pools LOOP
    ${takeSeat('', '')}
  END LOOP;`,
)

const RENEW = `CREATE OR REPLACE FUNCTION domicile.renew(
  holders pg_catalog.bytea[], idle pg_catalog.interval
) RETURNS pg_catalog.int4 LANGUAGE plpgsql AS $$
DECLARE
  renewed integer;
BEGIN
  ${IN_TURN}
  UPDATE domicile.seat s SET until = greatest(s.until, clock_timestamp() + idle) WHERE s.holder = ANY (holders);
  GET DIAGNOSTICS renewed = ROW_COUNT;
  RETURN renewed;
END $$`

const EXTEND = `CREATE OR REPLACE FUNCTION domicile.extend(lost pg_catalog.interval) RETURNS pg_catalog.void LANGUAGE plpgsql AS $$
BEGIN
  ${IN_TURN}
  UPDATE domicile.seat s SET until = s.until + lost WHERE s.holder IS NOT NULL;
END $$`

export const SEATS_SCHEMA: readonly string[] = [
  ...TABLES,
  ...[SETTLE, SET_POOLS, CULL, RELEASE, ACQUIRE, ACQUIRE_IN_TURN, RENEW, EXTEND],
]
