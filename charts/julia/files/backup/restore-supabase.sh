#!/bin/sh
# Puts the one dump in $WORK in the place of Julia's schemas, in one transaction that ends with a pause:
# nobody ever sees the restored database running. psql's PG* variables say where; SCHEMAS as dumped.
set -eu
file=$(echo "$WORK"/*.dump)
name=$(basename "$file")
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
alter default privileges revoke execute on functions from public;
SQL
  for schema in $SCHEMAS; do
    echo "drop schema if exists \"$schema\" cascade;"
  done
  # Every database has one, so that dumps do not bring it along.
  echo 'create schema public; grant usage on schema public to public;'
  # The last lines only come after a whole dump; without them nothing is committed.
  pg_restore --no-owner --file=- "$file" && cat <<'SQL'
select private.after_restore(:'backup');
notify pgrst, 'reload schema';
commit;
SQL
} | psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --set backup="$name"
echo "restored $name; Julia is paused until somebody resumes her"
