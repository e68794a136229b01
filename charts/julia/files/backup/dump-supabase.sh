#!/bin/sh
# Dumps Julia's schemas into $WORK/<time>.dump, and reads it to its end. psql's PG* variables say from
# where; SCHEMAS names them.
set -eu
# A Secret made of a file may end with a newline, which is no part of the password.
[ -z "${PGPASSWORD:-}" ] || PGPASSWORD=$(printf %s "$PGPASSWORD")
file=$WORK/$(date -u +%Y%m%dT%H%M%SZ).dump
set --
for schema in $SCHEMAS; do
  set -- "$@" --schema="$schema"
done
pg_dump --format=custom --no-owner --lock-wait-timeout=60s --file="$file" "$@"
pg_restore --file=/dev/null "$file"
echo "dumped $SCHEMAS: $(wc -c <"$file") bytes"
