#!/usr/bin/env bash
# Puts the sessions and the database of the one pack in $WORK in the place of Evolution's. It must stand
# still meanwhile: the chart scales it to none, and this waits until it answers no more.
set -euo pipefail
. "$(dirname "$0")/evolution-database.sh"
port=${EVOLUTION_PORT:-8080}
until_second=$((SECONDS + ${WAIT_SECONDS:-120}))
while timeout 3 bash -c ": </dev/tcp/$EVOLUTION_HOST/$port" 2>/dev/null; do
  if ((SECONDS < until_second)); then
    sleep 1
    continue
  fi
  echo "Evolution still answers at $EVOLUTION_HOST:$port; scale it to 0 and try again" >&2
  exit 1
done
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
tar --extract --file="$(echo "$WORK"/*.tar)" --directory="$parts"
mkdir "$parts/instances"
tar --extract --file="$parts/instances.tar" --directory="$parts/instances"
pg_restore --no-owner --clean --if-exists --single-transaction --exit-on-error \
  --dbname="$database" "$parts/database.dump"
find "$INSTANCES" -mindepth 1 -delete
# Not by tar, which would change the volume's own folder: that belongs to the cluster, and what is in it
# to the user of Evolution's image, who runs this.
cp --recursive "$parts/instances/." "$INSTANCES"
echo "restored Evolution: $(find "$INSTANCES" -type f | wc -l) files of sessions"
