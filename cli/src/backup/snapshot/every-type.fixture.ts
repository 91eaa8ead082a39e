/**
 * Tables that are hard on dumps and sums: every type, odd names, dropped columns, values that are equal and look different,
 * and what the appliance itself puts into the application's database. For the superuser of the guest book's.
 */
export const EVERY_TYPE = `SET ROLE guestbook;
CREATE TYPE mood AS ENUM ('sad','ok','happy');
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE TYPE addr AS (street text, no int);
CREATE TABLE kinds (id serial PRIMARY KEY, i2 int2, i8 int8, t text, v varchar(20), c char(10), b bool, n numeric(20,4), n2 numeric, d date, ts timestamp, tz timestamptz, ti time, iv interval, by bytea, u uuid, f4 float4, f8 float8, j jsonb);
INSERT INTO kinds (i2,i8,t,v,c,b,n,n2,d,ts,tz,ti,iv,by,u,f4,f8,j) SELECT g, g*1e9, repeat('ä\\n',g%50), 'v'||g, 'c', g%2=0, g/7.0, g::numeric*1.10, '2020-01-01'::date+g, '2020-01-01'::timestamp+g*interval '1 min', '2020-01-01'::timestamptz+g*interval '1 min', '10:00', g*interval '1 day 3 hours', sha256(g::text::bytea), gen_random_uuid(), g/3.0, g/3.0, jsonb_build_object('a',g,'b',1.50) FROM generate_series(1,3000) g;
INSERT INTO kinds (t) VALUES (NULL), ('NaN'), ('');
UPDATE kinds SET f8='NaN', f4='-0', n2='NaN' WHERE id=2;
UPDATE kinds SET f8='-0', tz='infinity' WHERE id=3;
CREATE TABLE others (id bigint GENERATED ALWAYS AS IDENTITY, m mood, p posint, a int[], ta text[], ad addr, js json, x xml, ip inet, r int4range, tv tsvector, mo money, bi bit(8), g int GENERATED ALWAYS AS (1+1) STORED, o oid);
INSERT INTO others (m,p,a,ta,ad,js,x,ip,r,tv,mo,bi,o) SELECT 'ok', g, ARRAY[g,g+1], ARRAY['a,"b','{'], ROW('s,t',g::int)::addr, '{"a" : 1}', '<a/>', '10.0.0.1', int4range(1,g+1), to_tsvector('simple','a b'), 12.5, b'10101010', 1 FROM generate_series(1,500) g;
CREATE TABLE "Odd ""name"" |'x" ("r" int, "t.*" text);
INSERT INTO "Odd ""name"" |'x" VALUES (1,'a'),(2,NULL);
CREATE TABLE part (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (10);
CREATE TABLE part2 PARTITION OF part DEFAULT;
INSERT INTO part SELECT g, g FROM generate_series(1,30) g;
CREATE TABLE base (a int);
CREATE TABLE child (b int) INHERITS (base);
INSERT INTO base VALUES (1);
INSERT INTO child VALUES (2,3);
CREATE COLLATION nd (provider=icu, locale='und', deterministic=false);
CREATE TABLE colls (t text COLLATE nd);
INSERT INTO colls VALUES ('ä');
CREATE TABLE dropped (a int, b text, c int);
INSERT INTO dropped VALUES (1,'x',2);
ALTER TABLE dropped DROP COLUMN b;
ALTER TABLE dropped ADD COLUMN d int DEFAULT 7;
CREATE TABLE empty (a int);
CREATE TABLE nocols ();
INSERT INTO nocols DEFAULT VALUES;
CREATE MATERIALIZED VIEW mv AS SELECT count(*) FROM kinds;
CREATE VIEW vw AS SELECT * FROM others;
CREATE SCHEMA extra;
CREATE TABLE extra.t2 (a int PRIMARY KEY, k int REFERENCES kinds(id));
INSERT INTO extra.t2 SELECT g, g FROM generate_series(1,100) g;
CREATE INDEX ON extra.t2 (k);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER own BEFORE UPDATE ON extra.t2 FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE res_user (id serial, login text, active bool);
INSERT INTO res_user (login, active) VALUES ('a', true);
CREATE SEQUENCE never;
CREATE SEQUENCE used; SELECT setval('used', 42);
SELECT lo_from_bytea(0, '\\x010203');
RESET ROLE;
SET ROLE domicile_agent;
CREATE SCHEMA IF NOT EXISTS domicile;
CREATE TABLE domicile.guarded (name text);
CREATE FUNCTION domicile.guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END';
GRANT USAGE ON SCHEMA domicile TO guestbook;
GRANT EXECUTE ON FUNCTION domicile.guard() TO guestbook;
RESET ROLE;
SET ROLE guestbook;
-- As the limit on named users has it, with a condition over two lines.
CREATE TRIGGER domicile_users_insert AFTER INSERT ON res_user FOR EACH ROW WHEN (NEW.active IS TRUE AND NEW.login <> 'x
y') EXECUTE FUNCTION domicile.guard('take');
ALTER TABLE res_user ENABLE ALWAYS TRIGGER domicile_users_insert;
RESET ROLE;
SET ROLE domicile_agent;
REVOKE ALL ON SCHEMA domicile FROM guestbook;
REVOKE ALL ON FUNCTION domicile.guard() FROM PUBLIC, guestbook;
`
