#!/bin/sh
# Gives Redis ($REDIS_HOST, REDISCLI_AUTH) what the one dump in $WORK holds, and nothing else, while it
# runs: it becomes for a moment the replica of a Redis here ($OWN_HOST) that has read the dump. REQUEST
# names this restoring, which is done once.
set -eu
port=${REDIS_PORT:-6379}
own_port=${OWN_PORT:-6379}
dump=$(echo "$WORK"/*.rdb)
redis-check-rdb "$dump" >/dev/null

ask() { redis-cli -h "$REDIS_HOST" -p "$port" "$@"; }
own() { redis-cli -p "$own_port" "$@"; }
# Prints what `INFO replication` says of a field.
says() { ask info replication | tr -d '\r' | sed -n "s/^$1://p"; }
wait_for() {
  left=$((${RESTORE_SECONDS:-600} * 5))
  until "$@"; do
    left=$((left - 1))
    if [ "$left" -le 0 ]; then
      echo "gave up waiting for: $*" >&2
      exit 1
    fi
    sleep 0.2
  done
}
loaded() { [ "$(own ping 2>/dev/null)" = PONG ]; }
copied() { [ "$(says master_link_status)" = up ] && [ "$(says master_sync_in_progress)" = 0 ]; }

if [ "$(ask get julia:restored)" = "$REQUEST" ]; then
  echo "'$REQUEST' has been restored already; name another file, or give backup.restore.request another word"
  exit 0
fi

# The password, which both have, comes by standard input, not as an argument.
password=$(printf %s "$REDISCLI_AUTH" | sed 's/[\\"]/\\&/g')
redis-server - <<EOF_OF_CONFIG &
port $own_port
dir $WORK
dbfilename $(basename "$dump")
save ""
appendonly no
protected-mode no
repl-diskless-sync-delay 0
requirepass "$password"
EOF_OF_CONFIG
server=$!
# Whatever happens, Redis is nobody's replica afterwards.
trap 'ask replicaof no one >/dev/null || true; kill "$server" 2>/dev/null || true' EXIT
wait_for loaded

printf 'config set masterauth "%s"\nreplicaof %s %s\n' "$password" "$OWN_HOST" "$own_port" |
  ask >/dev/null
wait_for copied
ask replicaof no one >/dev/null
# The counters of the past are wrong now, and one missing beside its sentinel would read as deleted by
# a person. Without any of them they are rebuilt from the database.
ask del sentinel:rate rate:global:hour rate:global:day >/dev/null
ask set julia:restored "$REQUEST" >/dev/null
echo "restored Redis from $(basename "$dump"): $(ask dbsize) keys"
