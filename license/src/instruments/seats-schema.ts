/**
 * Seats as PostgreSQL keeps them: one row each, free or held. A pool never has more rows than seats, except that people who
 * sit when a limit is lowered stay; then there is no free row, and what they leave is taken away until it fits.
 *
 * Each function is one round trip and one transaction. Where several rows are locked it is in the order of the primary key.
 */
export const SEATS_SCHEMA: readonly string[] = [
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

  // Adds the rows that are missing to the limit. The caller holds every pool's row or the whole table of seats.
  `CREATE OR REPLACE FUNCTION domicile.settle() RETURNS pg_catalog.void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    p record;
  BEGIN
    FOR p IN
      SELECT o.name, least(
        o.size - (SELECT count(*) FROM domicile.seat s WHERE s.pool = o.name),
        (SELECT sum(q.size) FROM domicile.pool q WHERE q.meter = o.meter)
          - (SELECT count(*) FROM domicile.seat s JOIN domicile.pool q ON q.name = s.pool WHERE q.meter = o.meter)
      )::integer AS missing, o.size FROM domicile.pool o ORDER BY o.name
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
  END $$`,

  // Takes rows that this transaction has just freed away again where more sit than there are seats.
  `CREATE OR REPLACE FUNCTION domicile.vacated(pools pg_catalog.text[], slots pg_catalog.int4[]) RETURNS pg_catalog.void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    -- Read after the seats were locked: from there on no limit changes before this transaction ends.
    IF NOT EXISTS (SELECT FROM domicile.pool o WHERE o.settling) THEN RETURN; END IF;
    PERFORM FROM domicile.pool o ORDER BY o.name FOR UPDATE;
    DELETE FROM domicile.seat s USING unnest(pools, slots) AS v(pool, slot) WHERE s.pool = v.pool AND s.slot = v.slot;
    PERFORM domicile.settle();
  END $$`,

  `CREATE OR REPLACE FUNCTION domicile.cull() RETURNS pg_catalog.int4
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    moment timestamptz := clock_timestamp();
    pools text[];
    slots integer[];
  BEGIN
    WITH expired AS MATERIALIZED (
      SELECT s.pool, s.slot FROM domicile.seat s WHERE s.until <= moment ORDER BY s.pool, s.slot FOR UPDATE
    ), freed AS (
      UPDATE domicile.seat s SET holder = NULL, since = NULL, until = NULL FROM expired e
       WHERE s.pool = e.pool AND s.slot = e.slot RETURNING s.pool, s.slot
    ) SELECT array_agg(f.pool), array_agg(f.slot) INTO pools, slots FROM freed f;
    IF pools IS NULL THEN RETURN 0; END IF;
    PERFORM domicile.vacated(pools, slots);
    RETURN cardinality(pools);
  END $$`,

  `CREATE OR REPLACE FUNCTION domicile.release(gone pg_catalog.bytea) RETURNS pg_catalog.bool
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    freed record;
  BEGIN
    UPDATE domicile.seat s SET holder = NULL, since = NULL, until = NULL WHERE s.holder = gone
      RETURNING s.pool, s.slot INTO freed;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM domicile.vacated(ARRAY[freed.pool], ARRAY[freed.slot]);
    RETURN true;
  END $$`,

  // Whoever has a seat keeps it. A race of one holder with itself ends in 23505 for the second.
  `CREATE OR REPLACE FUNCTION domicile.acquire(
    coming pg_catalog.bytea, pools pg_catalog.text[], idle pg_catalog.interval,
    OUT pool pg_catalog.text, OUT slot pg_catalog.int4, OUT since pg_catalog.timestamptz
  ) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    place text;
    moment timestamptz := clock_timestamp();
  BEGIN
    UPDATE domicile.seat s SET until = moment + idle WHERE s.holder = coming
      RETURNING s.pool, s.slot, s.since INTO pool, slot, since;
    IF FOUND THEN RETURN; END IF;
    FOREACH place IN ARRAY pools LOOP
      UPDATE domicile.seat s SET holder = coming, since = moment, until = moment + idle
       WHERE (s.pool, s.slot) = (
         SELECT f.pool, f.slot FROM domicile.seat f WHERE f.pool = place AND f.holder IS NULL
          ORDER BY f.slot LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING s.pool, s.slot, s.since INTO pool, slot, since;
      IF FOUND THEN RETURN; END IF;
    END LOOP;
    -- Before anybody is refused: seats that have expired are free, and one that somebody else has just locked may be.
    PERFORM domicile.cull();
    FOREACH place IN ARRAY pools LOOP
      UPDATE domicile.seat s SET holder = coming, since = moment, until = moment + idle
       WHERE (s.pool, s.slot) = (
         SELECT f.pool, f.slot FROM domicile.seat f WHERE f.pool = place AND f.holder IS NULL
          ORDER BY f.slot LIMIT 1 FOR UPDATE)
       RETURNING s.pool, s.slot, s.since INTO pool, slot, since;
      IF FOUND THEN RETURN; END IF;
    END LOOP;
  END $$`,

  `CREATE OR REPLACE FUNCTION domicile.set_pools(
    names pg_catalog.text[], meters pg_catalog.text[], sizes pg_catalog.int4[]
  ) RETURNS pg_catalog.void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    -- Waits for seats being taken or left, and holds up the next ones: the counts below stay true.
    LOCK TABLE domicile.seat IN EXCLUSIVE MODE;
    PERFORM domicile.cull();
    INSERT INTO domicile.pool AS o (name, meter, size) SELECT * FROM unnest(names, meters, sizes)
      ON CONFLICT (name) DO UPDATE SET meter = excluded.meter, size = excluded.size
      WHERE (o.meter, o.size) IS DISTINCT FROM (excluded.meter, excluded.size);
    IF NOT FOUND THEN RETURN; END IF;
    DELETE FROM domicile.seat s WHERE s.holder IS NULL;
    PERFORM domicile.settle();
  END $$`,
]
