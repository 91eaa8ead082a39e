#!/bin/bash
# serve | cron: the application, as the role that may read and write rows.
# initialize | migrate: makes and changes the tables, as the role that owns them.
# selftest: does on a scratch copy what people do.
set -euo pipefail

export TRYTOND_CONFIG=/etc/tryton/trytond.conf
export PGHOST=postgres PGDATABASE=erp
export HOME=/tmp

# The password stays in files that this user alone reads: in no configuration, argument, log or environment.
log_in_as() {
  export PGUSER=$1 PGPASSFILE=/tmp/pgpass
  (umask 077 && printf '%s:*:%s:%s:%s\n' "$PGHOST" "$PGDATABASE" "$1" "$(<"/run/secrets/$2")" >"$PGPASSFILE")
}

# Processes tell each other at once what changed, over PostgreSQL's NOTIFY, instead of looking every five minutes. Only what
# serves may: while modules are activated, a listener would take the registry away from under the process that does it.
tell_each_other() {
  export TRYTOND_CACHE__CLEAN_TIMEOUT=0
}

# After a reboot of the host the containers start in any order.
wait_for_database() {
  local waited=0
  trap 'exit 0' TERM
  until initialization-state >/dev/null 2>&1; do
    ((waited % 30)) || echo "waiting until $PGUSER can log in to the database ($waited s so far)" >&2
    sleep 1
    waited=$((waited + 1))
  done
}

# The template is an empty ERP with all modules, made when the image was built. It comes in whole or not at all, and what
# is there already stays: run again after an interruption, this ends as if there had been none.
initialize() {
  local state
  state=$(initialization-state)
  if [[ $state == empty ]]; then
    echo 'initialize: restoring the empty ERP'
    pg_restore --dbname="$PGDATABASE" --single-transaction --no-owner --no-privileges /usr/share/erp/template.dump
    state=without-password
  fi
  if [[ $state == without-password ]]; then
    echo 'initialize: setting the password of the user admin'
    TRYTONPASSFILE=/run/secrets/admin_password trytond-admin -d "$PGDATABASE" --password
  fi
  echo 'initialize: done'
}

case ${1:-serve} in
  serve)
    log_in_as erp_app database_password
    tell_each_other
    wait_for_database
    # The workers are forked from a process that has read all modules: they share most of their memory. uWSGI closes each
    # connection after its answer, and says so, or the gateway would use one again that is about to close.
    exec uwsgi --plugin python3 --http-socket :8000 --buffer-size 32768 --socket-timeout 60 --master --need-app --die-on-term \
      --processes "${WORKERS:-2}" --threads 4 --enable-threads --single-interpreter --disable-logging \
      --add-header 'Connection: close' --pythonpath /usr/share/erp --module application:app
    ;;
  cron)
    log_in_as erp_app database_password
    tell_each_other
    wait_for_database
    exec trytond-cron -d "$PGDATABASE"
    ;;
  initialize)
    log_in_as erp database_owner_password
    initialize
    ;;
  migrate)
    log_in_as erp database_owner_password
    exec trytond-admin -d "$PGDATABASE" --all --activate-dependencies -v
    ;;
  selftest)
    log_in_as erp database_owner_password
    exec "$@"
    ;;
  *)
    echo "unknown command $1; there are serve, cron, initialize, migrate and selftest" >&2
    exit 64
    ;;
esac
