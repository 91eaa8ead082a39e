-- Run as the owner in a database that was restored, before anybody works in it: what was bound to the time of the snapshot
-- does not come alive again. Nothing of the books is touched.

-- Whoever was logged in then logs in again; a wizard that was open then is begun anew.
DELETE FROM ir_session;
DELETE FROM ir_session_wizard;

-- A browser that was known then may be in other hands by now, and attempts that were counted then are long over.
DELETE FROM res_user_device;
DELETE FROM res_user_login_attempt;

-- A password for one use, sent by mail then.
UPDATE res_user SET password_reset = NULL, password_reset_expire = NULL WHERE password_reset IS NOT NULL;

-- Scheduled actions go on from now: what was due in between has been done, or is not wanted a second time.
UPDATE ir_cron SET next_call = date_trunc('minute', now() AT TIME ZONE 'UTC') + interval '1 hour'
 WHERE next_call < now() AT TIME ZONE 'UTC';
