#!/usr/bin/env bash
# Puts the sessions and the database of the one pack in $WORK in the place of Evolution's. It must stand
# still meanwhile: the chart scales it to none, and this waits until it answers no more.
set -euo pipefail
for ((left = 60; left > 0; left--)); do
  timeout 3 bash -c ": </dev/tcp/$EVOLUTION_HOST/8080" 2>/dev/null || break
  sleep 2
done
if ((left == 0)); then
  echo "Evolution still answers at $EVOLUTION_HOST:8080; scale it to 0 and try again" >&2
  exit 1
fi
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
tar --extract --file="$(echo "$WORK"/*.tar)" --directory="$parts"
tar --list --file="$parts/instances.tar" >/dev/null
pg_restore --no-owner --clean --if-exists --single-transaction --exit-on-error \
  --dbname="${DATABASE_CONNECTION_URI%%\?*}" "$parts/database.dump"
find "$INSTANCES" -mindepth 1 -delete
# Folder and files belong to the user of Evolution's image already, who runs this.
tar --extract --no-same-permissions --file="$parts/instances.tar" --directory="$INSTANCES" \
  --no-overwrite-dir
echo "restored Evolution: $(find "$INSTANCES" -type f | wc -l) files of sessions"
