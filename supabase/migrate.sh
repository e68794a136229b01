#!/bin/sh
# Makes a database of our own what a Supabase project would be: roles, then each migration that is
# not applied yet, in a transaction of its own. psql's PG* variables say where; AUTHENTICATOR_PASSWORD
# is what PostgREST logs in with; with SEED set, made-up shifts follow. The local stack and the
# Supabase CLI keep the same history table.
set -eu
cd "$(dirname "$0")"

run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --single-transaction "$@"; }

export PGOPTIONS='-c client_min_messages=warning'
run --set password="$AUTHENTICATOR_PASSWORD" --file roles.sql --file - <<'SQL'
alter role authenticator password :'password';
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text primary key, statements text[], name text);
SQL

for file in migrations/*.sql; do
  name=$(basename "$file" .sql)
  version=${name%%_*}
  known=$(run --tuples-only --no-align \
    --command "select 1 from supabase_migrations.schema_migrations where version = '$version'")
  [ "$known" ] && continue
  echo "applying $file"
  run --set version="$version" --set name="${name#*_}" --set content="$(cat "$file")" \
    --file "$file" --file - <<'SQL'
insert into supabase_migrations.schema_migrations (version, name, statements)
values (:'version', :'name', array[:'content']);
SQL
done
[ -z "${SEED:-}" ] || run --file seed.sql
