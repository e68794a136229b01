#!/bin/sh
# Makes a database of our own what a Supabase project would be: roles, then the migrations (apply.sh).
# psql's PG* variables say where; AUTHENTICATOR_PASSWORD is what PostgREST logs in with; with SEED set,
# made-up shifts follow.
set -eu
cd "$(dirname "$0")"

run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --single-transaction "$@"; }

export PGOPTIONS='-c client_min_messages=warning'
run --set password="$AUTHENTICATOR_PASSWORD" --file roles.sql --file - <<'SQL'
alter role authenticator password :'password';
SQL
./apply.sh
[ -z "${SEED:-}" ] || run --file seed.sql
