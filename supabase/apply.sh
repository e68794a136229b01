#!/bin/sh
# Applies each migration that is not applied yet, in order, each in a transaction of its own, and holds a
# lock meanwhile: of several at once one works, and the others find nothing left to do. psql's PG*
# variables say where; not at a pooler in transaction mode, where a session's lock does not last. The
# local stack and the Supabase CLI keep the same history table.
#
# LOCK_SECONDS: how long to wait for another one that works (300). Fails with the file and the line.
set -eu
cd "$(dirname "$0")"

script() {
  cat <<SQL
set client_min_messages = warning;
set lock_timeout = '${LOCK_SECONDS:-300}s';
select pg_advisory_lock(hashtext('supabase_migrations')) \g /dev/null
-- Migrations do not queue up before those who use a table: they fail, and are tried again.
set lock_timeout = '10s';
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text primary key, statements text[], name text);
SQL
  for file in migrations/*.sql; do
    name=$(basename "$file" .sql)
    cat <<SQL
select not exists (
  select from supabase_migrations.schema_migrations where version = '${name%%_*}') as wanted \gset
\if :wanted
\echo applying $file
\set content \`cat $file\`
begin;
\i $file
insert into supabase_migrations.schema_migrations (version, name, statements)
values ('${name%%_*}', '${name#*_}', array[:'content']);
commit;
\endif
SQL
  done
  printf '%s\n' '\echo all migrations are applied'
}

script | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file -
