#!/bin/sh
# Stores what was dumped into $WORK in $TARGET/$KIND (a folder, or a remote of rclone), compares, notes
# the success, and only then lets go what is older than RETENTION_DAYS.
set -eu
folder=$TARGET/$KIND
rclone copy --immutable "$WORK" "$folder"
rclone check --one-way "$WORK" "$folder"
date -u +%Y-%m-%dT%H:%M:%SZ | rclone rcat "$folder/last-success"
rclone delete --min-age "${RETENTION_DAYS}d" "$folder"
echo "stored in $folder: $(rclone lsf --files-only "$folder" | grep -c '^[0-9]') backups"
