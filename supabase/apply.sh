#!/bin/sh
# Applies each migration that is not applied yet, in order, each in a transaction of its own, and holds a
# lock meanwhile: of several at once one works, and the others find nothing left to do. psql's PG*
# variables say where; not at a pooler in transaction mode, where a session's lock does not last. The
# local stack and the Supabase CLI keep the same history table.
#
# LOCK_SECONDS: how long to wait for another one that works (300). RESTORE_REQUEST: a backup is restored
# afterwards, unless it was already; nothing is sent until then. PASSWORD_SECRET: the Secret that should
# have given PGPASSWORD. Fails with the file and the line.
set -eu
# A Secret made of a file may end with a newline, which is no part of the password.
[ -z "${PGPASSWORD:-}" ] || PGPASSWORD=$(printf %s "$PGPASSWORD")
cd "$(dirname "$0")"

if [ -n "${PASSWORD_SECRET:-}" ] && [ -z "${PGPASSWORD:-}" ]; then
  echo "no password: the Secret $PASSWORD_SECRET is not there, or lacks the key PGPASSWORD; make it, and repeat" >&2
  exit 1
fi

# A database that is about to be replaced sends nothing that the one that comes would not know of.
pause() {
  cat <<'SQL'
\getenv request RESTORE_REQUEST
insert into public.julia_status (status, motivo, alterado_via)
select 'pausado', 'Restauração do banco pedida: termina com ele pausado', 'sistema'
 where not private.was_restored(:'request');
SQL
}

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
\set content \`cat $file\`
\if :wanted
\echo applying $file
begin;
\i $file
insert into supabase_migrations.schema_migrations (version, name, statements)
values ('${name%%_*}', '${name#*_}', array[:'content']);
commit;
\else
-- Whoever keeps a file by its single statements (the Supabase CLI) has nothing to compare.
select exists (
  select from supabase_migrations.schema_migrations where version = '${name%%_*}'
    and cardinality(statements) = 1 and rtrim(statements[1], E'\n') <> rtrim(:'content', E'\n')) as changed \gset
\if :changed
do 'begin raise exception ''$file was changed after it had been applied to this database'' using hint =
    ''Put the change into a new migration, and the file back as it was.''; end';
\endif
\endif
SQL
  done
  [ -z "${RESTORE_REQUEST:-}" ] || pause
  printf '%s\n' '\echo all migrations are applied'
}

script | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file -
