#!/bin/sh
# Puts the one dump in $WORK in the place of Julia's schemas, in one transaction that ends with a pause:
# nobody ever sees the restored database running. psql's PG* variables say where; SCHEMAS as dumped;
# REQUEST names this restoring, which is done once.
set -eu
# A Secret made of a file may end with a newline, which is no part of the password.
[ -z "${PGPASSWORD:-}" ] || PGPASSWORD=$(printf %s "$PGPASSWORD")
file=$(echo "$WORK"/*.dump)
name=$(basename "$file" .dump)

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }

known=$(ask --command "select to_regprocedure('private.was_restored(text)') is not null")
if [ "$known" = t ] &&
  [ "$(echo "select private.was_restored(:'request')" | ask --set request="$REQUEST")" = t ]; then
  echo "'$REQUEST' has been restored already; name another file, or give backup.restore.request another word"
  exit 0
fi
# To its end, before anything is dropped.
pg_restore --file=/dev/null "$file"
{
  cat <<'SQL'
begin;
set local lock_timeout = '60s';
set local client_min_messages = warning;
-- What a dump of schemas leaves out: extensions, and what is said of roles and of functions to come.
create schema if not exists extensions;
create extension if not exists unaccent with schema extensions;
create extension if not exists pg_trgm with schema extensions;
create extension if not exists btree_gist with schema extensions;
create extension if not exists pgcrypto with schema extensions;
alter default privileges revoke execute on functions from public;
SQL
  for schema in $SCHEMAS; do
    echo "drop schema if exists \"$schema\" cascade;"
  done
  # The last lines only come after a whole dump; without them nothing is committed.
  pg_restore --no-owner --file=- "$file" && cat <<'SQL'
-- Taken for granted by dumps, as every new database has it.
grant usage on schema public to public;
select private.after_restore(jsonb_build_object('backup', :'backup', 'request', :'request',
  'em', to_timestamp(:'backup' || '+00', 'YYYYMMDD"T"HH24MISS"Z"TZH')));
notify pgrst, 'reload schema';
commit;
SQL
} | ask --set backup="$name" --set request="$REQUEST" | grep incertas
echo "restored $name; Julia is paused until somebody resumes her"
