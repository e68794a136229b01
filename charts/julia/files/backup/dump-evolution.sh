#!/usr/bin/env bash
# Packs Evolution's sessions (files in $INSTANCES) with its database (DATABASE_CONNECTION_URI), which
# holds the credentials that they belong to, into $WORK/<time>.tar.
set -euo pipefail
. "$(dirname "$0")/evolution-database.sh"
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
# The database first: files that are newer than the credentials still open what comes.
pg_dump --format=custom --no-owner --lock-wait-timeout=60s --file="$parts/database.dump" \
  --dbname="$database"
pg_restore --file=/dev/null "$parts/database.dump"
# A file may change or go while it is read: Evolution goes on working.
tar --create --file="$parts/instances.tar" --directory="$INSTANCES" . || [ $? -eq 1 ]
file=$WORK/$(date -u +%Y%m%dT%H%M%SZ).tar
tar --create --file="$file" --directory="$parts" database.dump instances.tar
echo "packed Evolution: $(wc -c <"$file") bytes"
