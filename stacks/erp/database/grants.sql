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

-- What was entered in an hour is counted once an hour: a few kilobytes that spare reading the whole table for it.
DO $$
DECLARE
  entered text;
BEGIN
  FOREACH entered IN ARRAY ARRAY['account_move', 'sale_sale', 'purchase_purchase', 'stock_move', 'timesheet_line', 'project_work', 'ir_email']
  LOOP
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON public.%I USING brin (create_date) WITH (autosummarize = on)',
      entered || '_entered', entered);
  END LOOP;
END
$$;
