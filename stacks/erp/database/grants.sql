-- What the server needs beyond reading and writing rows. Run as the owner after initialize and migrate, any number of times.

-- Each ir.sequence of the kind "incremental" is a sequence of PostgreSQL's, which the server makes and alters when a
-- person does so in the web client.
GRANT CREATE ON SCHEMA public TO erp_app;

DO $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT c.relname FROM pg_class c
    WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace AND c.relname ~ '^ir_sequence_[0-9]+$'
      AND c.relowner <> 'erp_app'::regrole
  LOOP
    EXECUTE format('ALTER SEQUENCE public.%I OWNER TO erp_app', name);
  END LOOP;
END
$$;
