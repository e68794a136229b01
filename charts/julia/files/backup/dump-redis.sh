#!/bin/sh
# Has Redis ($REDIS_HOST, REDISCLI_AUTH) save all it holds (BGSAVE), and copies that into
# $WORK/<time>.rdb.
set -eu
port=${REDIS_PORT:-6379}
file=$WORK/$(date -u +%Y%m%dT%H%M%SZ).rdb
# As a replica would get it: Redis runs a BGSAVE for it, and what arrives is of one moment.
redis-cli -h "$REDIS_HOST" -p "$port" --rdb "$file" >/dev/null
redis-check-rdb "$file" >/dev/null
echo "copied Redis: $(wc -c <"$file") bytes"
